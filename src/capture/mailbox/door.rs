//! The way to a mailbox: connection, protection, sign-in.
use std::{net::SocketAddr, sync::Arc};

use async_imap::imap_proto::{Response, Status};
use rustls::{ClientConfig, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{
    client::Limits,
    credentials::Credentials,
    session::{Session, broken, hung_up, said},
    settings::{Encryption, Oauth, Settings},
    tokens::{Bearer, Tokens},
    transport::Transport,
};
use crate::capture::remote::{Hang, Networks, ReadError, connection_failure, within};

/// Where the server is and how one gets in.
#[derive(Clone)]
pub(super) struct Door {
    settings: Settings,
    credentials: Credentials,
    tokens: Option<Arc<Tokens>>,
    networks: Networks,
    tls: Option<Arc<ClientConfig>>,
    limits: Limits,
}

impl Door {
    pub(super) fn new(
        settings: Settings,
        credentials: Credentials,
        networks: Networks,
        limits: Limits,
    ) -> Result<Door, rustls::Error> {
        let tls = match settings.encryption {
            Encryption::None => None,
            Encryption::Tls | Encryption::Starttls => Some(Arc::new(tls()?)),
        };
        let tokens = |oauth: &Oauth| Tokens::new(oauth.clone(), credentials.clone(), networks.clone());
        Ok(Door {
            tokens: settings.oauth.as_ref().map(tokens).map(Arc::new),
            settings,
            credentials,
            networks,
            tls,
            limits,
        })
    }

    /// A conversation in which somebody is signed in.
    pub(super) async fn open(&self) -> Result<Session, ReadError> {
        within(self.limits.opening, Hang::BeforeHead, self.open_session()).await?
    }

    /// The secrets to be kept in place of those there are, if the provider changed them.
    pub(super) fn rotated(&self) -> Option<Credentials> {
        self.tokens.as_ref().and_then(|tokens| tokens.rotated())
    }

    /// With the tokens of an earlier door, if they are those of the same secrets.
    pub(super) fn go_on_from(&mut self, earlier: &Door) {
        let tokens = earlier.tokens.as_ref();
        if let Some(tokens) = tokens.filter(|tokens| tokens.hold(&self.credentials)) {
            self.tokens = Some(tokens.clone());
        }
    }

    async fn open_session(&self) -> Result<Session, ReadError> {
        let stream = self.connect().await?;
        let client = match (&self.tls, self.settings.encryption) {
            (Some(tls), Encryption::Tls) => greeted(self.protected(tls, stream).await?).await?,
            (Some(tls), Encryption::Starttls) => {
                let mut client = greeted(Transport::plain(stream, self.limits.session_bytes)).await?;
                let begun = client.run_command_and_check_ok("STARTTLS", None).await;
                begun.map_err(|error| self.without_tls(&error))?;
                // What the server sent before it was protected is thrown away with the client.
                let stream = client.into_inner().into_plain();
                let stream =
                    stream.ok_or_else(|| ReadError::Connection("it is protected already".to_owned()))?;
                async_imap::Client::new(self.protected(tls, stream).await?)
            }
            _ => greeted(Transport::plain(stream, self.limits.session_bytes)).await?,
        };
        Session::of(self.sign_in(client).await?, self.limits.answer).await
    }

    /// Connects to the first address that may be called and answers.
    async fn connect(&self) -> Result<TcpStream, ReadError> {
        let (host, port) = (self.settings.host.as_str(), self.settings.port);
        let unknown = |error: std::io::Error| {
            ReadError::Connection(format!(
                "the server {host:?} was not found ({error}); look at how it is written"
            ))
        };
        let found = tokio::net::lookup_host((host, port)).await.map_err(unknown)?;
        let permitted = self.networks.only_permitted(host, found.collect())?;
        self.refuse_open_words(&permitted)?;
        let connected = TcpStream::connect(permitted.as_slice()).await;
        let stream = connected.map_err(|error| {
            ReadError::Connection(format!("{host} does not answer on port {port} ({error})"))
        })?;
        stream
            .set_nodelay(true)
            .map_err(|error| connection_failure(Some(&error)))?;
        Ok(stream)
    }

    /// A password goes unprotected through networks that the operator named, and through no other.
    fn refuse_open_words(&self, addresses: &[SocketAddr]) -> Result<(), ReadError> {
        let is_public = |address: &SocketAddr| self.networks.is_public(address.ip());
        if self.settings.encryption == Encryption::None && addresses.iter().any(is_public) {
            let said = format!(
                "{} is on the internet, where a password needs protection; choose tls or starttls",
                self.settings.host
            );
            return Err(ReadError::BadQuestion { said });
        }
        Ok(())
    }

    async fn protected(&self, tls: &Arc<ClientConfig>, stream: TcpStream) -> Result<Transport, ReadError> {
        let host = &self.settings.host;
        let name = ServerName::try_from(host.clone());
        let name = name.map_err(|error| ReadError::Connection(format!("{host}: {error}")))?;
        let shaken = TlsConnector::from(tls.clone()).connect(name, stream).await;
        let stream = shaken.map_err(|error| match connection_failure(Some(&error)) {
            ReadError::Connection(why) if why.contains("certificate") => {
                ReadError::Connection(format!("the certificate of {host} is not trusted: {why}"))
            }
            ReadError::Connection(why) => {
                ReadError::Connection(format!("{host} does not speak TLS on this port: {why}"))
            }
            other => other,
        })?;
        Ok(Transport::tls(stream, self.limits.session_bytes))
    }

    fn without_tls(&self, error: &async_imap::error::Error) -> ReadError {
        match error {
            async_imap::error::Error::No(_) | async_imap::error::Error::Bad(_) => {
                let host = &self.settings.host;
                ReadError::Connection(format!("{host} does not know STARTTLS: {}", said(error)))
            }
            other => broken(other),
        }
    }

    async fn sign_in(
        &self,
        client: async_imap::Client<Transport>,
    ) -> Result<async_imap::Session<Transport>, ReadError> {
        let user = &self.settings.user;
        if let Some(tokens) = &self.tokens {
            return sign_in_with(client, user, tokens).await;
        }
        let password = self.credentials.password();
        let signed_in = match user.is_ascii() && password.is_ascii() {
            true => client.login(user, password).await,
            // LOGIN knows no letters beyond ASCII (RFC 3501, 6.2.3).
            false => client.authenticate("PLAIN", Plain { user, password }).await,
        };
        signed_in.map_err(|(error, _)| refused(&error))
    }
}

/// A token that was kept may be taken back before its time: then one more is asked for.
async fn sign_in_with(
    client: async_imap::Client<Transport>,
    user: &str,
    tokens: &Tokens,
) -> Result<async_imap::Session<Transport>, ReadError> {
    let (token, is_new) = tokens.access().await?;
    let (error, client) = match client.authenticate("XOAUTH2", Bearer::new(user, token)).await {
        Ok(session) => return Ok(session),
        Err(refused) => refused,
    };
    tokens.forget();
    if is_new {
        return Err(refused(&error));
    }
    let (token, _) = tokens.access().await?;
    let signed_in = client.authenticate("XOAUTH2", Bearer::new(user, token)).await;
    signed_in.map_err(|(error, _)| refused(&error))
}

/// Waits for the server to say who it is.
async fn greeted(transport: Transport) -> Result<async_imap::Client<Transport>, ReadError> {
    let mut client = async_imap::Client::new(transport);
    let greeting = client.read_response().await;
    let greeting = greeting.map_err(|error| broken(&error.into()))?;
    match greeting.as_ref().map(|greeting| greeting.parsed()) {
        Some(Response::Data {
            status: Status::Bye,
            outcome,
        }) => Err(hung_up(outcome)),
        Some(_) => Ok(client),
        None => Err(ReadError::Connection(
            "the server hung up without a word".to_owned(),
        )),
    }
}

/// Some servers refuse everybody for a while; whoever is refused for good must not try again, or is locked out.
fn refused(error: &async_imap::error::Error) -> ReadError {
    use async_imap::error::Error;
    match error {
        Error::No(_) | Error::Bad(_) => {
            let said = said(error);
            let words = said.to_lowercase();
            if words.contains("[unavailable]") || words.contains("[inuse]") {
                ReadError::Connection(format!("the server cannot sign anybody in now: {said}"))
            } else if words.contains("simultaneous") || words.contains("[limit]") {
                ReadError::TooManyConnections
            } else {
                ReadError::Unauthorized {
                    said,
                    server_time: None,
                    blames_clock: false,
                }
            }
        }
        other => broken(other),
    }
}

/// RFC 4616.
struct Plain<'a> {
    user: &'a str,
    password: &'a str,
}

impl async_imap::Authenticator for Plain<'_> {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        format!("\0{}\0{}", self.user, self.password)
    }
}

/// Trusts whom the machine trusts, as `SSL_CERT_FILE` and `SSL_CERT_DIR` say.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?;
    Ok(config.with_no_client_auth())
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}@{}:{}",
            self.settings.user, self.settings.host, self.settings.port
        )
    }
}
