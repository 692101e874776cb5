//! Whom a provider vouches for: the code becomes a token, and the token is believed once everything about it is right.
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::sign_on_provider;
use openidconnect::{
    AccessToken, AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError, Client, ClientId,
    ClientSecret, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdToken, IdTokenClaims, IdTokenFields, IdTokenVerifier, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeVerifier, RedirectUrl, RequestTokenError, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse, UserInfoClaims,
    UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    SignOnApp, Trouble,
    app::about,
    attempt::Attempt,
    discovery::{self, Metadata},
    http::{self, CallError},
};
use crate::platform::config::Config;

/// How far the provider's clock may be from ours.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// Longest subject (OpenID Connect Core, 2).
const LONGEST_SUBJECT: usize = 255;
/// Signed by a key that only the provider has. Nothing unsigned, and nothing that the client's secret could sign.
pub(super) const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// Issuers that say by another claim that an address is verified, and that claim.
const VERIFIED_OTHERWISE: [(&str, &str); 2] = [
    ("https://login.microsoftonline.com/", "xms_edov"),
    ("https://login.microsoftonline.us/", "xms_edov"),
];

/// Somebody for whom a provider vouches.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who vouches.
    pub issuer: String,
    /// As what the issuer knows them, for ever.
    pub subject: String,
    /// Their address, in small letters.
    pub email: Option<String>,
    /// Whether the provider has made sure that it is theirs.
    pub is_verified: bool,
    /// Their groups there; none where it does not say.
    pub groups: Vec<String>,
    /// What it calls the session there.
    pub sid: Option<String>,
    /// When they proved there who they are, where it says so.
    pub proved_at: Option<DateTime<Utc>>,
    /// The token as it came.
    pub id_token: SecretString,
}

/// Claims beside those that every provider has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Further {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Further {}

type Token = IdToken<Further, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<
    Further,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Claims = IdTokenClaims<Further, CoreGenderClaim>;
type Info = UserInfoClaims<Further, CoreGenderClaim>;
type Answer = StandardTokenResponse<Fields, CoreTokenType>;
type Refusal = RequestTokenError<CallError, StandardErrorResponse<CoreErrorResponseType>>;
pub(super) type OurClient = Client<
    Further,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Plaudit as the provider knows it.
pub(super) fn client_of(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    metadata: &Metadata,
) -> Result<OurClient, Trouble> {
    let secret = app.secrets.open(&provider.client_secret, &about(provider))?;
    let client = OurClient::from_provider_metadata(
        metadata.clone(),
        ClientId::new(provider.client_id.clone()),
        Some(ClientSecret::new(secret.expose_secret().to_owned())),
    );
    // Basic is what holds where nothing is said (OpenID Connect Discovery, 3).
    let methods = metadata.token_endpoint_auth_methods_supported();
    let is_basic = methods.is_none_or(|all| all.contains(&CoreClientAuthMethod::ClientSecretBasic));
    Ok(client.set_auth_type(if is_basic {
        AuthType::BasicAuth
    } else {
        AuthType::RequestBody
    }))
}

/// Exchanges the code that came back for what the provider says of whoever brought it.
pub async fn identify(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    attempt: &Attempt,
    code: String,
) -> Result<Identity, Trouble> {
    http::in_time(identified(app, provider, attempt, code)).await
}

async fn identified(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    attempt: &Attempt,
    code: String,
) -> Result<Identity, Trouble> {
    let metadata = discovery::of(app, &provider.issuer).await?;
    let client = client_of(app, provider, &metadata)?;
    let answer = exchange(app, provider, &client, attempt, code).await?;
    let unbelievable = || Trouble::Unbelievable("it sent no ID token".to_owned());
    let token: &Token = answer.id_token().ok_or_else(unbelievable)?;
    let claims = believed(app, provider, metadata, token, &Nonce::new(attempt.nonce.clone())).await?;
    let info = match is_thin(provider, claims) && metadata_has_info(&client) {
        true => Some(ask(app, &client, answer.access_token(), claims.subject()).await?),
        false => None,
    };
    Ok(identity(provider, token, claims, info.as_ref()))
}

async fn exchange(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    client: &OurClient,
    attempt: &Attempt,
    code: String,
) -> Result<Answer, Trouble> {
    let redirect = RedirectUrl::new(app.redirect_address(provider.id));
    let redirect = redirect.map_err(|_| Trouble::settings("server.base_url is no address"))?;
    let client = client.clone().set_redirect_uri(redirect);
    let request = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|_| Trouble::settings("it names no address where codes become tokens"))?
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()));
    let config = app.config.clone();
    let caller = move |request| {
        let config = config.clone();
        async move { answered(&config, request).await }
    };
    request.request_async(&caller).await.map_err(refused)
}

/// An answer that is no fault of its own: whatever stands in those cannot be read as what was asked for.
async fn answered(config: &Config, request: HttpRequest) -> Result<HttpResponse, CallError> {
    let answer = http::call(config, request).await?;
    match answer.status() {
        status if status.is_server_error() => Err(CallError::Away(format!("it answers {status}"))),
        _ => Ok(answer),
    }
}

fn refused(error: Refusal) -> Trouble {
    match error {
        RequestTokenError::Request(error) => Trouble::of_call(&error),
        RequestTokenError::ServerResponse(said) => match said.error() {
            // The code was used already, or is too old.
            CoreErrorResponseType::InvalidGrant => Trouble::Stale,
            code => Trouble::settings(format!("it refuses to turn a code into a token: {code:?}")),
        },
        RequestTokenError::Parse(..) => Trouble::Unbelievable("its answer to a code is no answer".to_owned()),
        RequestTokenError::Other(why) => Trouble::away(format!("its answer to a code cannot be used: {why}")),
    }
}

/// The claims of a token, if it is the provider's, for us, for this attempt, and holds now. Where no key that is known signed
/// it, that key may be new, under the old name or under none: then the keys are asked for once more.
async fn believed<'t>(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    metadata: Arc<Metadata>,
    token: &'t Token,
    nonce: &Nonce,
) -> Result<&'t Claims, Trouble> {
    let now = app.clock.now();
    let claims = match token.claims(&verifier(provider, &metadata, now)?, nonce) {
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
            | SignatureVerificationError::CryptoError(_)
            | SignatureVerificationError::AmbiguousKeyId(_),
        )) => {
            let newer = discovery::again(app, &provider.issuer).await?;
            token.claims(&verifier(provider, &newer, now)?, nonce)
        }
        claims => claims,
    };
    let claims = claims.map_err(|error| Trouble::Unbelievable(cause(&error)))?;
    let party = claims.authorized_party();
    if party.is_some_and(|party| party.as_str() != provider.client_id) {
        return Err(Trouble::Unbelievable(
            "the token was made for another program".to_owned(),
        ));
    }
    let length = claims.subject().len();
    if length == 0 || length > LONGEST_SUBJECT {
        return Err(Trouble::Unbelievable("the token names nobody".to_owned()));
    }
    Ok(claims)
}

fn cause(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(cause) => format!("the token is not signed: {cause}"),
        other => format!("the token does not hold: {other}"),
    }
}

fn verifier(
    provider: &sign_on_provider::Model,
    metadata: &Metadata,
    now: DateTime<Utc>,
) -> Result<IdTokenVerifier<'static, CoreJsonWebKey>, Trouble> {
    let issuer = IssuerUrl::new(provider.issuer.clone());
    let issuer = issuer.map_err(|_| Trouble::settings("the issuer is no address"))?;
    let client = ClientId::new(provider.client_id.clone());
    let not_yet = move |issued: DateTime<Utc>| match issued > now + SKEW {
        true => Err("it was issued in the future: compare the clocks".to_owned()),
        false => Ok(()),
    };
    Ok(
        IdTokenVerifier::new_public_client(client, issuer, metadata.jwks().clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - SKEW)
            .set_issue_time_verifier_fn(not_yet),
    )
}

/// Many providers put little into the token and tell the rest when asked.
fn is_thin(provider: &sign_on_provider::Model, claims: &Claims) -> bool {
    let lacks_groups = provider
        .group_claim
        .as_ref()
        .is_some_and(|claim| !claims.additional_claims().all.contains_key(claim));
    claims.email().is_none() || lacks_groups
}

fn metadata_has_info(client: &OurClient) -> bool {
    client.user_info_url().is_some()
}

/// What the provider says of the same subject; of another one it is not believed.
async fn ask(
    app: &SignOnApp,
    client: &OurClient,
    token: &AccessToken,
    subject: &SubjectIdentifier,
) -> Result<Info, Trouble> {
    let config = app.config.clone();
    let caller = move |request| {
        let config = config.clone();
        async move { answered(&config, request).await }
    };
    let request = client
        .user_info(token.clone(), Some(subject.clone()))
        .map_err(|_| Trouble::settings("it names no address where it tells more of people"))?;
    request.request_async(&caller).await.map_err(|error| match error {
        UserInfoError::Request(error) => Trouble::of_call(&error),
        UserInfoError::ClaimsVerification(error) => Trouble::Unbelievable(cause(&error)),
        other => Trouble::away(format!("what it tells of people cannot be read: {other}")),
    })
}

fn identity(
    provider: &sign_on_provider::Model,
    token: &Token,
    claims: &Claims,
    info: Option<&Info>,
) -> Identity {
    let further = &claims.additional_claims().all;
    let asked = info.map(|info| &info.additional_claims().all);
    let claim = |name: &str| {
        further
            .get(name)
            .or_else(|| asked.and_then(|asked| asked.get(name)))
    };
    // An address and what is said of it are taken from one place.
    let (email, verified) = match (claims.email(), info) {
        (None, Some(info)) => (info.email(), info.email_verified()),
        (email, _) => (email, claims.email_verified()),
    };
    Identity {
        issuer: provider.issuer.clone(),
        subject: claims.subject().to_string(),
        email: email.map(|email| email.trim().to_lowercase()),
        is_verified: verified.unwrap_or_else(|| is_verified_otherwise(&provider.issuer, further)),
        groups: provider
            .group_claim
            .as_deref()
            .and_then(claim)
            .map(groups)
            .unwrap_or_default(),
        sid: further.get("sid").and_then(Value::as_str).map(str::to_owned),
        proved_at: claims.auth_time(),
        id_token: token.to_string().into(),
    }
}

/// Where the provider does not say it as all others do.
fn is_verified_otherwise(issuer: &str, further: &Map<String, Value>) -> bool {
    let says = VERIFIED_OTHERWISE
        .iter()
        .find(|(known, _)| issuer.starts_with(known));
    let claim = says.and_then(|(_, name)| further.get(*name));
    claim.is_some_and(is_true)
}

/// Entra writes it as a number, as text or as it is meant.
fn is_true(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
        || value.as_u64() == Some(1)
        || matches!(value.as_str(), Some("true" | "1"))
}

/// Several, or one as text.
fn groups(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(one) => vec![one.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_entra_verifies_addresses_by_its_own_claim() {
        let entra = "https://login.microsoftonline.com/1/v2.0";
        let says = |issuer: &str, value: Value| {
            is_verified_otherwise(issuer, json!({ "xms_edov": value }).as_object().unwrap())
        };
        for yes in [json!(true), json!(1), json!("1"), json!("true")] {
            assert!(says(entra, yes.clone()), "{yes}");
            assert!(!says("https://login.microsoftonline.com.evil.example/", yes));
        }
        for no in [json!(false), json!(0), json!("false"), json!(null), json!([true])] {
            assert!(!says(entra, no.clone()), "{no}");
        }
    }
}
