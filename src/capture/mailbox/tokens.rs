//! Access tokens (RFC 6749), for mailboxes whose provider takes no password: asked for with a client's secret alone, or with a
//! refresh token besides, and used until they are about to end.
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use reqwest::{Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{credentials::Credentials, session::shown, settings::Oauth};
use crate::capture::remote::{Networks, ReadError, Resolver, connection_failure};

/// How long the provider may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A token is asked for anew so long before it ends.
const EARLY: Duration = Duration::from_secs(120);
/// Where the provider does not say how long a token lasts.
const LIFE: u64 = 600;
/// Largest answer.
const LARGEST: usize = 256 * 1024;

/// The tokens of one mailbox.
#[derive(Debug)]
pub(super) struct Tokens {
    settings: Oauth,
    networks: Networks,
    held: Mutex<Held>,
    /// One asks at a time: a refresh token may be good for one use.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Held {
    credentials: Credentials,
    access: Option<(SecretString, Instant)>,
    /// The provider made another refresh token, which must be kept.
    is_rotated: bool,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Tokens {
    pub(super) fn new(settings: Oauth, credentials: Credentials, networks: Networks) -> Tokens {
        Tokens {
            settings,
            networks,
            held: Mutex::new(Held {
                credentials,
                access: None,
                is_rotated: false,
            }),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// One that is not about to end, and whether it was asked for just now.
    pub(super) async fn access(&self) -> Result<(SecretString, bool), ReadError> {
        let _asking = self.asking.lock().await;
        let credentials = {
            let held = self.held();
            if let Some((token, until)) = &held.access
                && *until > Instant::now()
            {
                return Ok((token.clone(), false));
            }
            held.credentials.clone()
        };
        let granted = self.ask(&credentials).await?;
        let life = Duration::from_secs(granted.expires_in.unwrap_or(LIFE));
        let token: SecretString = granted.access_token.into();
        let mut held = self.held();
        held.access = Some((token.clone(), Instant::now() + life.saturating_sub(EARLY)));
        if let Some(refresh) = granted.refresh_token
            && let Some(rotated) = credentials.with_refresh_token(&refresh)
        {
            held.credentials = rotated;
            held.is_rotated = true;
        }
        Ok((token, true))
    }

    /// The mail server did not take the token.
    pub(super) fn forget(&self) {
        self.held().access = None;
    }

    /// The secrets to be kept in place of those there are, if the provider changed them.
    pub(super) fn rotated(&self) -> Option<Credentials> {
        let held = self.held();
        held.is_rotated.then(|| held.credentials.clone())
    }

    /// Whether these secrets are those that are held.
    pub(super) fn hold(&self, credentials: &Credentials) -> bool {
        let mut held = self.held();
        let are_held = held.credentials.expose() == credentials.expose();
        held.is_rotated &= !are_held;
        are_held
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, credentials: &Credentials) -> Result<Granted, ReadError> {
        let url: Url = self
            .settings
            .token_url
            .parse()
            .map_err(|_| ReadError::BadQuestion {
                said: "the token address is no address".to_owned(),
            })?;
        self.networks.check(&url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        // Whoever was first to choose ring chose the same: an error here is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("plaudit/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .dns_resolver(Resolver::beside_proxy(self.networks.clone(), &host))
            .build()
            .map_err(|error| connection_failure(Some(&error)))?;
        let body = self.question(credentials);
        let sent = http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let answer = sent.send().await.map_err(broken)?;
        let status = answer.status();
        let body = body_of(answer).await?;
        if status.is_success() {
            let unreadable =
                |_| ReadError::Unreadable("the token address answers without a token".to_owned());
            return serde_json::from_slice(&body).map_err(unreadable);
        }
        Err(refused(status.as_u16(), &body))
    }

    fn question(&self, credentials: &Credentials) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.settings.client_id);
        if let Some(secret) = credentials.client_secret() {
            form.append_pair("client_secret", secret);
        }
        match credentials.refresh_token() {
            Some(token) => form
                .append_pair("grant_type", "refresh_token")
                .append_pair("refresh_token", token),
            None => form.append_pair("grant_type", "client_credentials"),
        };
        if !self.settings.scope.is_empty() {
            form.append_pair("scope", &self.settings.scope);
        }
        form.finish()
    }
}

fn broken(error: reqwest::Error) -> ReadError {
    match connection_failure(Some(&error.without_url())) {
        ReadError::Connection(why) => ReadError::Connection(format!("no token could be asked for: {why}")),
        other => other,
    }
}

async fn body_of(mut answer: reqwest::Response) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(broken)? {
        if body.len() + bytes.len() > LARGEST {
            return Err(ReadError::Oversize { limit: LARGEST });
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

/// RFC 6749, 5.2: what is wrong with the client or its secrets is said with 400 or 401.
fn refused(status: u16, body: &[u8]) -> ReadError {
    let Ok(refused) = serde_json::from_slice::<Refused>(body) else {
        return match status {
            300..400 => ReadError::Moved { status },
            404 => ReadError::NotFound {
                said: "no token address".to_owned(),
            },
            status => ReadError::ServiceFailed { status },
        };
    };
    let said = shown(&format!("{} {}", refused.error, refused.error_description));
    match refused.error.as_str() {
        "invalid_client" | "invalid_grant" | "unauthorized_client" => ReadError::Unauthorized {
            said,
            server_time: None,
            blames_clock: false,
        },
        "temporarily_unavailable" | "server_error" => ReadError::ServiceFailed { status },
        _ if status < 500 => ReadError::BadQuestion { said },
        _ => ReadError::ServiceFailed { status },
    }
}

/// What a mail server is told (Google's and Microsoft's XOAUTH2). It answers a refusal with its reason, which is to be
/// answered with nothing.
pub(super) struct Bearer<'a> {
    user: &'a str,
    token: SecretString,
    is_said: bool,
}

impl<'a> Bearer<'a> {
    pub(super) fn new(user: &'a str, token: SecretString) -> Bearer<'a> {
        Bearer {
            user,
            token,
            is_said: false,
        }
    }
}

impl async_imap::Authenticator for Bearer<'_> {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        if std::mem::replace(&mut self.is_said, true) {
            return String::new();
        }
        let token = self.token.expose_secret();
        format!("user={}\u{1}auth=Bearer {token}\u{1}\u{1}", self.user)
    }
}

#[cfg(test)]
mod tests {
    use poem::{
        EndpointExt, IntoResponse, Response, Route, Server, handler, http::StatusCode, listener::TcpAcceptor,
        web::Data,
    };

    use super::*;

    type Good = std::sync::Arc<Mutex<u32>>;

    /// Takes refresh token 0, then 1, and so on: each once.
    #[handler]
    async fn grant(body: String, good: Data<&Good>) -> Response {
        let mut good = good.lock().unwrap();
        if !body.contains(&format!("refresh_token=token{good}")) {
            let refused = poem::web::Json(serde_json::json!({ "error": "invalid_grant" }));
            return refused.with_status(StatusCode::BAD_REQUEST).into_response();
        }
        *good += 1;
        let granted =
            serde_json::json!({ "access_token": "access", "refresh_token": format!("token{good}") });
        poem::web::Json(granted).into_response()
    }

    #[tokio::test]
    async fn of_those_who_need_a_token_at_once_one_asks() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let good = Good::default();
        let routes = Route::new().at("/token", poem::post(grant).data(good.clone()));
        let server = Server::new_with_acceptor(TcpAcceptor::from_std(listener).unwrap());
        tokio::spawn(server.run(routes));
        let settings = Oauth {
            token_url: format!("http://{address}/token"),
            client_id: "plaudit".to_owned(),
            scope: String::new(),
        };
        let credentials = Credentials::parse(&["-", "token0"]).unwrap();
        let tokens = Tokens::new(
            settings,
            credentials,
            Networks::and(&["127.0.0.0/8".parse().unwrap()]),
        );
        let asked = futures_util::future::join_all((0..8).map(|_| tokens.access())).await;
        let fresh = asked
            .into_iter()
            .filter(|token| token.as_ref().unwrap().1)
            .count();
        assert_eq!((fresh, *good.lock().unwrap()), (1, 1));
        tokens.forget();
        assert!(
            tokens.access().await.unwrap().1,
            "the rotated token is good for the next"
        );
    }
}
