//! Whether a provider can be reached and what it lacks, in words.
use entity::sign_on_provider;

use super::{SignOnApp, Trouble, app::about, discovery, http, identity::ALGORITHMS};

/// Asks a provider anew, whatever is remembered of it; what is wrong is the error.
pub async fn test(app: &SignOnApp, provider: &sign_on_provider::Model) -> Result<(), Trouble> {
    app.secrets.open(&provider.client_secret, &about(provider))?;
    let metadata = http::in_time(discovery::anew(app, &provider.issuer)).await?;
    let wrong = |key: &'static str, why: &str| Err(Trouble::Settings(key, why.to_owned()));
    let Some(token) = metadata.token_endpoint() else {
        return wrong(
            "sign_on.tested.incomplete",
            "it names no address where codes become tokens",
        );
    };
    if !http::is_safe(token.url()) || !http::is_safe(metadata.authorization_endpoint().url()) {
        return wrong(
            "sign_on.tested.address",
            "one of its addresses does not begin with https://",
        );
    }
    let signs = metadata.id_token_signing_alg_values_supported();
    if !signs.iter().any(|one| ALGORITHMS.contains(one)) {
        return wrong(
            "sign_on.tested.algorithm",
            "it signs in no way that we take: set it to RS256, PS256, ES256 or EdDSA there",
        );
    }
    if metadata.jwks().keys().is_empty() {
        return wrong(
            "sign_on.tested.incomplete",
            "it shows no key by which its tokens could be checked",
        );
    }
    Ok(())
}
