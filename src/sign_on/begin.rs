//! The way to a provider.
use std::time::Duration;

use entity::sign_on_provider;
use openidconnect::{
    AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    core::{CoreAuthPrompt, CoreResponseType},
};

use super::{
    SignOnApp, Trouble,
    attempt::{Attempt, Purpose, Wanted},
    discovery, http,
    identity::client_of,
};

/// Where the browser is sent, and what it keeps meanwhile.
#[derive(Debug)]
pub struct Begun {
    /// The provider's page.
    pub address: String,
    /// The attempt, sealed.
    pub cookie: String,
}

/// Begins an attempt. Whoever confirms or links has to prove there who they are, even if they are signed in there.
pub async fn begin(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    wanted: Wanted,
) -> Result<Begun, Trouble> {
    let metadata = http::in_time(discovery::of(app, &provider.issuer)).await?;
    let attempt = Attempt::new(provider.id, wanted, app.clock.now());
    let client = client_of(app, provider, &metadata)?;
    let redirect = RedirectUrl::new(app.redirect_address(provider.id))
        .map_err(|_| Trouble::settings("server.base_url is no address"))?;
    let client = client.set_redirect_uri(redirect);
    let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
    let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
    let mut request = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    if attempt.purpose != Purpose::SignIn {
        // Who is asked for an age has to say it: `auth_time` (OpenID Connect Core, 3.1.2.1).
        request = request
            .add_prompt(CoreAuthPrompt::Login)
            .set_max_age(Duration::ZERO);
    }
    let (address, _, _) = request.url();
    if !http::is_safe(&address) {
        return Err(Trouble::settings(
            "its page for signing in does not begin with https://",
        ));
    }
    Ok(Begun {
        address: address.into(),
        cookie: attempt.sealed(&app.secrets)?,
    })
}
