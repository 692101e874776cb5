//! The one place that names egg-mode: signing, building requests, opening sockets.

use chrono::{DateTime, Utc};
use egg_mode::{
    KeyPair, Token,
    raw::{
        self, ParamList,
        auth::{Method, RequestBuilder},
    },
};
use futures_util::{Stream, StreamExt};

use super::Credentials;
use crate::capture::remote::{
    BaseUrl, CallLimits, Hang, RateLimit, ReadError, Secret, connection_failure, within,
};

const USER_AGENT: &str = concat!("plaudit/", env!("CARGO_PKG_VERSION"));

/// Sends signed GET requests and takes whatever comes back within its limits.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    base: BaseUrl,
    credentials: Credentials,
    limits: CallLimits,
}

/// An answer with any status, unread.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) rate: RateLimit,
    pub(super) server_time: Option<DateTime<Utc>>,
    pub(super) body: Vec<u8>,
}

/// Names and values of a query. No name may be another's beginning followed by a character below `=`,
/// since egg-mode sorts the joined pairs when it signs (`media` beside `media.fields` would be such).
pub(super) type Query = Vec<(&'static str, String)>;

impl Transport {
    pub(super) fn new(base: BaseUrl, credentials: Credentials, limits: CallLimits) -> Self {
        Self {
            base,
            credentials,
            limits,
        }
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Asks for a path, which callers build from constants, ids and checked names only: egg-mode panics at
    /// a path that is not one.
    pub(super) async fn get(&self, path: &str, query: Query) -> Result<Answer, ReadError> {
        within(self.limits.call, Hang::Altogether, self.exchange(path, query)).await?
    }

    async fn exchange(&self, path: &str, query: Query) -> Result<Answer, ReadError> {
        let (mut answer, mut pieces) =
            within(self.limits.head, Hang::BeforeHead, self.open(path, query)).await??;
        while let Some(piece) = within(self.limits.piece, Hang::InBody, pieces.next()).await? {
            let piece = piece?;
            if answer.body.len() + piece.len() > self.limits.body_bytes {
                return Err(ReadError::Oversize {
                    limit: self.limits.body_bytes,
                });
            }
            answer.body.extend_from_slice(&piece);
        }
        Ok(answer)
    }

    /// Sends the request and reads the answer's head; the body follows in pieces.
    async fn open(
        &self,
        path: &str,
        query: Query,
    ) -> Result<(Answer, impl Stream<Item = Result<Vec<u8>, ReadError>> + Unpin), ReadError> {
        let url = format!("{}{path}", self.base);
        let token = token(&self.credentials);
        let send = move || {
            let parameters = query.into_iter().fold(ParamList::new(), |list, (name, value)| {
                list.add_param(name, value)
            });
            let builder = RequestBuilder::new(Method::GET, &url).with_query_params(&parameters);
            let mut request = builder.request_token(&token);
            if let Ok(user_agent) = USER_AGENT.parse() {
                request.headers_mut().insert("user-agent", user_agent);
            }
            raw::response_future(request)
        };
        // For every call egg-mode parses the machine's whole certificate store: not on an async thread.
        let response = tokio::task::spawn_blocking(send)
            .await
            .map_err(|e| connection_failure(Some(&e)))?;
        let response = response.await.map_err(|e| connection_failure(Some(&e)))?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let rate = RateLimit::from_headers(header);
        let server_time = header("date").and_then(|text| DateTime::parse_from_rfc2822(text).ok());
        let answer = Answer {
            status,
            rate,
            server_time: server_time.map(|time| time.to_utc()),
            body: Vec::new(),
        };
        let pieces = response.into_body();
        Ok((
            answer,
            pieces.map(|piece| {
                piece
                    .map(|bytes| bytes.to_vec())
                    .map_err(|e| connection_failure(Some(&e)))
            }),
        ))
    }
}

/// egg-mode's own type shows its secrets in `Debug`, so it lives only as long as a call.
fn token(credentials: &Credentials) -> Token {
    match credentials {
        Credentials::Account {
            api_key,
            api_key_secret,
            access_token,
            access_token_secret,
        } => Token::Access {
            consumer: pair(api_key, api_key_secret),
            access: pair(access_token, access_token_secret),
        },
        Credentials::App { bearer_token } => Token::Bearer(bearer_token.expose().to_owned()),
    }
}

fn pair(key: &Secret, secret: &Secret) -> KeyPair {
    KeyPair::new(key.expose().to_owned(), secret.expose().to_owned())
}
