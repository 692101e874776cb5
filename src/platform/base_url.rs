//! The address of a service, checked once.

use std::fmt;

use reqwest::Url;
use thiserror::Error;

/// Where a service answers, without a trailing slash: `https://api.x.com`.
///
/// The text is normalised (lower-case host, no default port), because an OAuth 1.0a signature covers it
/// letter by letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// Why an address cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BaseUrlError {
    /// Not an address at all.
    #[error("`{0}` is not an address; it should look like https://example.org")]
    NotAUrl(String),
    /// Secrets would travel readably.
    #[error("`{0}` is not https; http is accepted only for this machine itself (127.0.0.1, ::1, localhost)")]
    NotSecure(String),
    /// A user name, query or fragment has no meaning here.
    #[error("`{0}` must be scheme, host and path alone, without user name, `?` or `#`")]
    Cluttered(String),
}

impl BaseUrl {
    /// Checks and normalises an address.
    ///
    /// # Errors
    /// When it is no address, would carry secrets in the clear, or has parts that make no sense here.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        let not_a_url = || BaseUrlError::NotAUrl(without_credentials(text));
        let url = Url::parse(text).map_err(|_| not_a_url())?;
        let host = url.host_str().ok_or_else(not_a_url)?;
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(BaseUrlError::Cluttered(host.to_owned()));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(host) => {}
            _ => return Err(BaseUrlError::NotSecure(host.to_owned())),
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The host alone.
    pub(crate) fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        url.and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The address, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// A mistyped address may hold `user:password@`; an error message must not repeat it.
fn without_credentials(text: &str) -> String {
    text.rsplit('@').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_normalised_for_signing() {
        let url = BaseUrl::parse(" HTTPS://API.X.com:443/ ").unwrap();
        assert_eq!(url.as_str(), "https://api.x.com");
    }

    #[test]
    fn http_is_accepted_for_this_machine_only() {
        assert!(BaseUrl::parse("http://127.0.0.1:8080").is_ok());
        assert!(BaseUrl::parse("http://[::1]:8080").is_ok());
        assert_eq!(
            BaseUrl::parse("http://api.x.com"),
            Err(BaseUrlError::NotSecure("api.x.com".to_owned()))
        );
        assert!(matches!(
            BaseUrl::parse("ftp://127.0.0.1"),
            Err(BaseUrlError::NotSecure(_))
        ));
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for text in ["https://me:hunter2@x.example", "me:hunter2@x.example"] {
            let error = BaseUrl::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn words_and_half_addresses_are_refused() {
        for text in [
            "",
            "api.x.com",
            "https://",
            "https://x.example/?a=b",
            "https://x.example/#top",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
