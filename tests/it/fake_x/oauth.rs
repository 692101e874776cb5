//! Checks OAuth 1.0a signatures from the text of RFC 5849, without any code of the client's.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::fake_http::{Request, decoded};

/// The four secrets of an application and an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    pub(crate) consumer: &'static str,
    pub(crate) consumer_secret: &'static str,
    pub(crate) token: &'static str,
    pub(crate) token_secret: &'static str,
}

/// Names and values of an `Authorization: OAuth …` header.
pub(crate) fn header_parameters(header: &str) -> Option<BTreeMap<String, String>> {
    let list = header.strip_prefix("OAuth ")?;
    list.split(',')
        .map(|piece| {
            let (name, value) = piece.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            Some((decoded(name), decoded(value)))
        })
        .collect()
}

/// Whether a request bears a signature with these keys, made within five minutes of `now` (Unix seconds).
/// The error says what is wrong, for the test that reads it.
pub(crate) fn check(request: &Request, base_url: &str, keys: Keys, now: i64) -> Result<String, String> {
    let header = request.header("authorization").ok_or("no authorization")?;
    let oauth = header_parameters(header).ok_or("not an OAuth header")?;
    let of = |name: &str| oauth.get(name).map(String::as_str).ok_or(format!("no {name}"));
    let expected = [
        ("oauth_consumer_key", keys.consumer),
        ("oauth_token", keys.token),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_version", "1.0"),
    ];
    for (name, value) in expected {
        if of(name)? != value {
            return Err(format!("wrong {name}"));
        }
    }
    let timestamp: i64 = of("oauth_timestamp")?
        .parse()
        .map_err(|_| "timestamp is no number")?;
    if (timestamp - now).abs() > 300 {
        return Err("timestamp out of bounds".to_owned());
    }
    let parameters = request.query.iter().cloned();
    let parameters: Vec<_> = parameters
        .chain(oauth.clone())
        .filter(|(name, _)| name != "oauth_signature")
        .collect();
    let url = format!("{base_url}{}", request.path);
    let base = base_string(&request.method, &url, &parameters);
    if of("oauth_signature")? == signature(&base, keys) {
        Ok(of("oauth_nonce")?.to_owned())
    } else {
        Err("wrong signature".to_owned())
    }
}

/// RFC 5849, 3.4.1: method, address and sorted parameters, each encoded, joined by `&`.
pub(crate) fn base_string(method: &str, url: &str, parameters: &[(String, String)]) -> String {
    let mut encoded: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    encoded.sort();
    let joined: Vec<_> = encoded
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{}&{}&{}",
        method.to_ascii_uppercase(),
        encode(url),
        encode(&joined.join("&"))
    )
}

/// RFC 5849, 3.4.2: HMAC-SHA1 keyed with both secrets.
pub(crate) fn signature(base_string: &str, keys: Keys) -> String {
    let key = format!("{}&{}", encode(keys.consumer_secret), encode(keys.token_secret));
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(base_string.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// RFC 5849, 3.6: everything but letters, digits and `-._~`.
fn encode(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

#[test]
fn the_signature_printed_in_xs_documentation_is_reproduced() {
    let keys = Keys {
        consumer: "xvz1evFS4wEEPTGEFPHBog",
        consumer_secret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        token_secret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    };
    let parameters = [
        ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
        ("include_entities", "true"),
        ("oauth_consumer_key", keys.consumer),
        ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1318622958"),
        ("oauth_token", keys.token),
        ("oauth_version", "1.0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let base = base_string(
        "post",
        "https://api.twitter.com/1.1/statuses/update.json",
        &parameters,
    );
    assert_eq!(signature(&base, keys), "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
}
