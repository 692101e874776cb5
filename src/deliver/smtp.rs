//! Conversations with a mail server: own connections that are kept and used again, each command in one write, without
//! Nagle's delay (lettre's pool waits 44 ms for every message).
use std::{
    error::Error as _,
    future::Future,
    net::IpAddr,
    sync::Mutex,
    time::{Duration, Instant},
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;
use tokio::{net::TcpStream, time::timeout};

use super::mail::{MailSettingsError, NotAccepted};
use crate::config::{self, SmtpEncryption};

/// Servers close connections that are quiet for longer (RFC 5321, 4.5.3.2.7 asks for five minutes; many wait less).
const LONGEST_QUIET: Duration = Duration::from_secs(20);

/// A mail server.
pub(super) struct Smtp {
    host: String,
    port: u16,
    encryption: SmtpEncryption,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    patience: Duration,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// How a step of the conversation failed.
#[derive(Debug)]
enum Trouble {
    /// The server answered no.
    Reply { code: u16, words: String },
    /// It did not answer in time, or the connection was lost.
    Broken,
}

impl Smtp {
    pub(super) fn new(settings: &config::Mail) -> Result<Smtp, MailSettingsError> {
        let host = settings.smtp_host.clone();
        let is_plain = settings.smtp_encryption == SmtpEncryption::None;
        if is_plain && !settings.smtp_allow_plaintext && !is_loopback(&host) {
            return Err(MailSettingsError::Plaintext(host));
        }
        let password = settings.smtp_password.expose_secret();
        Ok(Smtp {
            tls: TlsParameters::new(host.clone())
                .map_err(|error| MailSettingsError::Tls(error.to_string()))?,
            port: settings.smtp_port,
            encryption: settings.smtp_encryption,
            credentials: (!settings.smtp_user.is_empty())
                .then(|| Credentials::new(settings.smtp_user.clone(), password.to_owned())),
            hello: ClientId::default(),
            patience: Duration::from_secs(settings.smtp_timeout_seconds.max(1)),
            idle: Mutex::default(),
            host,
        })
    }

    /// Sends one message to one recipient. A connection that was kept and turns out to be closed is replaced once, as
    /// long as nothing of the message was sent over it.
    pub(super) async fn send(&self, from: &Address, to: &Address, message: &[u8]) -> Result<(), NotAccepted> {
        let mut connection = match self.kept() {
            Some(mut kept) => match self.envelope_sender(&mut kept, from).await {
                Ok(()) => kept,
                Err(_) => self.fresh(from).await?,
            },
            None => self.fresh(from).await?,
        };
        let outcome = self.converse(&mut connection, to, message).await;
        let is_usable = match &outcome {
            Ok(()) => true,
            Err(NotAccepted::AddressRefused { .. } | NotAccepted::Later { code: Some(_), .. }) => {
                self.step(connection.command(Rset)).await.is_ok()
            }
            Err(_) => false,
        };
        if is_usable && !connection.has_broken() {
            self.keep(connection);
        }
        outcome
    }

    async fn fresh(&self, from: &Address) -> Result<AsyncSmtpConnection, NotAccepted> {
        let mut connection = self.connect().await?;
        self.envelope_sender(&mut connection, from)
            .await
            .map_err(|trouble| trouble.later("the sender"))?;
        Ok(connection)
    }

    async fn envelope_sender(
        &self,
        connection: &mut AsyncSmtpConnection,
        from: &Address,
    ) -> Result<(), Trouble> {
        self.step(connection.command(Mail::new(Some(from.clone()), Vec::new())))
            .await
    }

    /// Recipient and content, after the sender was taken.
    async fn converse(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: &Address,
        message: &[u8],
    ) -> Result<(), NotAccepted> {
        self.step(connection.command(Rcpt::new(to.clone(), Vec::new())))
            .await
            .map_err(Trouble::of_recipient)?;
        self.step(connection.command(Data))
            .await
            .map_err(|trouble| trouble.of_message("the announcement of the message"))?;
        self.step(connection.command(content(message)))
            .await
            .map_err(|trouble| trouble.of_message("the message"))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, NotAccepted> {
        let unreachable = |_| NotAccepted::Unreachable("no connection");
        let mut connection = match self.encryption {
            SmtpEncryption::Tls => {
                let server = (self.host.as_str(), self.port);
                let tls = Some(self.tls.clone());
                let connecting =
                    AsyncSmtpConnection::connect_tokio1(server, Some(self.patience), &self.hello, tls, None);
                self.within(connecting).await.map_err(unreachable)?
            }
            SmtpEncryption::Starttls | SmtpEncryption::None => {
                let socket = self.socket().await?;
                let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(socket), &self.hello);
                self.within(connecting)
                    .await
                    .map_err(|_| NotAccepted::Unreachable("no greeting"))?
            }
        };
        if self.encryption == SmtpEncryption::Starttls {
            self.within(connection.starttls(self.tls.clone(), &self.hello))
                .await
                .map_err(|_| NotAccepted::Unreachable("STARTTLS failed; is the certificate valid?"))?;
        }
        if let Some(credentials) = &self.credentials {
            self.within(connection.auth(DEFAULT_MECHANISMS, credentials))
                .await
                .map_err(|_| NotAccepted::Unreachable("user or password refused"))?;
        }
        Ok(connection)
    }

    async fn socket(&self) -> Result<TcpStream, NotAccepted> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let socket = match timeout(self.patience, connecting).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(_)) => return Err(NotAccepted::Unreachable("no connection")),
            Err(_) => return Err(NotAccepted::Unreachable("no connection in time")),
        };
        socket
            .set_nodelay(true)
            .map_err(|_| NotAccepted::Unreachable("no connection"))?;
        Ok(socket)
    }

    async fn within<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        match timeout(self.patience, step).await {
            Ok(answer) => answer.map_err(|error| Trouble::of(&error)),
            Err(_) => Err(Trouble::Broken),
        }
    }

    async fn step<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<(), Trouble> {
        self.within(step).await.map(|_| ())
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().ok()?;
        idle.retain(|kept| kept.since.elapsed() < LONGEST_QUIET);
        idle.pop().map(|kept| kept.connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
        }
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({}:{})", self.host, self.port)
    }
}

impl Trouble {
    fn of(error: &Error) -> Trouble {
        match error.status() {
            Some(code) => Trouble::Reply {
                code: code.into(),
                words: error.source().map(ToString::to_string).unwrap_or_default(),
            },
            None => Trouble::Broken,
        }
    }

    fn later(self, while_doing: &'static str) -> NotAccepted {
        let code = match self {
            Trouble::Reply { code, .. } => Some(code),
            Trouble::Broken => None,
        };
        NotAccepted::Later { while_doing, code }
    }

    /// A refusal of a recipient is for good, unless the server says that the fault is a policy (5.7), a full mailbox
    /// (5.2.2) or something of its own (5.3, 5.4): RFC 3463.
    fn of_recipient(self) -> NotAccepted {
        match self {
            Trouble::Reply { code, words } if code >= 500 && !is_about_something_else(&words) => {
                NotAccepted::AddressRefused { code, words }
            }
            other => other.later("the recipient"),
        }
    }

    fn of_message(self, while_doing: &'static str) -> NotAccepted {
        match self {
            Trouble::Reply { code, .. } if code >= 500 => NotAccepted::MessageRefused { code },
            other => other.later(while_doing),
        }
    }
}

fn is_about_something_else(words: &str) -> bool {
    ["5.7.", "5.2.2", "5.3.", "5.4."]
        .iter()
        .any(|code| words.trim_start().starts_with(code))
}

/// The message as it is sent: lines that begin with a dot get another one (RFC 5321, 4.5.2), and a dot ends it.
fn content(message: &[u8]) -> String {
    // lettre encodes every part so that only ASCII is left.
    let mut text = String::from_utf8_lossy(message).replace("\r\n.", "\r\n..");
    if text.starts_with('.') {
        text.insert(0, '.');
    }
    text.push_str(if text.ends_with("\r\n") {
        ".\r\n"
    } else {
        "\r\n.\r\n"
    });
    text
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &str) -> NotAccepted {
        let words = words.to_owned();
        Trouble::Reply { code: 550, words }.of_recipient()
    }

    #[test]
    fn a_dot_at_the_start_of_a_line_is_doubled_and_a_dot_ends_the_message() {
        assert_eq!(content(b".a\r\n..b\r\nc."), "..a\r\n...b\r\nc.\r\n.\r\n");
        assert_eq!(content(b"a\r\n"), "a\r\n.\r\n");
    }

    #[test]
    fn an_unknown_user_is_refused_for_good_but_a_full_mailbox_or_a_policy_is_not() {
        assert!(matches!(
            refused("5.1.1 no such user"),
            NotAccepted::AddressRefused { .. }
        ));
        assert!(matches!(
            refused("No such user here"),
            NotAccepted::AddressRefused { .. }
        ));
        assert!(matches!(
            refused("5.7.1 relaying denied"),
            NotAccepted::Later { .. }
        ));
        assert!(matches!(refused("5.2.2 over quota"), NotAccepted::Later { .. }));
    }

    #[test]
    fn mail_without_protection_goes_to_this_machine_only() {
        let settings = |host: &str| {
            let toml = format!("[mail]\nsmtp_encryption = \"none\"\nsmtp_host = {host:?}");
            config::Config::from_toml(&toml).unwrap().mail
        };
        assert!(Smtp::new(&settings("127.0.0.1")).is_ok());
        assert!(Smtp::new(&settings("::1")).is_ok());
        let error = Smtp::new(&settings("mail.example.org")).unwrap_err().to_string();
        assert!(error.contains("starttls"), "{error}");
    }
}
