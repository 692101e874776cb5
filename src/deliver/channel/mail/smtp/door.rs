//! The way to a mail server: connection, protection, user and password.
use std::{net::IpAddr, time::Duration};

use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use secrecy::ExposeSecret;
use tokio::{net::TcpStream, time::timeout};

use super::trouble::within;
use crate::{
    deliver::channel::mail::{MailSettingsError, NotAccepted},
    platform::config::{self, SmtpEncryption},
};

/// Where the server is and how one gets in.
pub(super) struct Door {
    host: String,
    port: u16,
    encryption: SmtpEncryption,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    /// How long the server may take for one answer.
    pub(super) timeout: Duration,
}

impl Door {
    pub(super) fn new(settings: &config::Mail) -> Result<Door, MailSettingsError> {
        let host = settings.smtp_host.clone();
        let is_plain = settings.smtp_encryption == SmtpEncryption::None;
        if is_plain && !settings.smtp_allow_plaintext && !is_loopback(&host) {
            return Err(MailSettingsError::Plaintext(host));
        }
        let password = settings.smtp_password.expose_secret();
        Ok(Door {
            tls: tls(settings)?,
            port: settings.smtp_port,
            encryption: settings.smtp_encryption,
            credentials: (!settings.smtp_user.is_empty())
                .then(|| Credentials::new(settings.smtp_user.clone(), password.to_owned())),
            hello: ClientId::default(),
            timeout: Duration::from_secs(settings.smtp_timeout_seconds.max(1)),
            host,
        })
    }

    /// A connection over which mails may be sent.
    pub(super) async fn open(&self) -> Result<AsyncSmtpConnection, NotAccepted> {
        let mut connection = match self.encryption {
            SmtpEncryption::Tls => self.encrypted().await?,
            SmtpEncryption::Starttls | SmtpEncryption::None => self.plain().await?,
        };
        if self.encryption == SmtpEncryption::Starttls {
            within(self.timeout, connection.starttls(self.tls.clone(), &self.hello))
                .await
                .map_err(|trouble| trouble.unreachable("STARTTLS failed"))?;
        }
        if let Some(credentials) = &self.credentials {
            within(self.timeout, connection.auth(DEFAULT_MECHANISMS, credentials))
                .await
                .map_err(|trouble| trouble.unreachable("user and password are not taken"))?;
        }
        Ok(connection)
    }

    async fn encrypted(&self) -> Result<AsyncSmtpConnection, NotAccepted> {
        let server = (self.host.as_str(), self.port);
        let tls = Some(self.tls.clone());
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &self.hello, tls, None);
        within(self.timeout, connecting)
            .await
            .map_err(|trouble| trouble.unreachable("no connection"))
    }

    async fn plain(&self) -> Result<AsyncSmtpConnection, NotAccepted> {
        let socket = self.socket().await?;
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(socket), &self.hello);
        within(self.timeout, connecting)
            .await
            .map_err(|trouble| trouble.unreachable("no greeting"))
    }

    async fn socket(&self) -> Result<TcpStream, NotAccepted> {
        let failed = |words: String| NotAccepted::Unreachable(format!("no connection: {words}"));
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let socket = timeout(self.timeout, connecting)
            .await
            .map_err(|_| failed("no answer in time".to_owned()))?
            .map_err(|error| failed(error.to_string()))?;
        socket
            .set_nodelay(true)
            .map_err(|error| failed(error.to_string()))?;
        Ok(socket)
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Whom to trust: the authorities that browsers know, and those of the settings.
fn tls(settings: &config::Mail) -> Result<TlsParameters, MailSettingsError> {
    let mut tls = TlsParameters::builder(settings.smtp_host.clone());
    if !settings.smtp_ca_file.is_empty() {
        let unreadable = |error: String| MailSettingsError::Authorities(settings.smtp_ca_file.clone(), error);
        let pem = std::fs::read(&settings.smtp_ca_file).map_err(|error| unreadable(error.to_string()))?;
        if !pem.windows(5).any(|bytes| bytes == b"-----") {
            return Err(unreadable("it holds no certificate in the form PEM".to_owned()));
        }
        let authorities = Certificate::from_pem(&pem).map_err(|error| unreadable(error.to_string()))?;
        tls = tls.add_root_certificate(authorities);
    }
    tls.build()
        .map_err(|error| MailSettingsError::Tls(error.to_string()))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_without_protection_goes_to_this_machine_only() {
        let settings = |host: &str| {
            let toml = format!("[mail]\nsmtp_encryption = \"none\"\nsmtp_host = {host:?}");
            config::Config::from_toml(&toml).unwrap().mail
        };
        assert!(Door::new(&settings("127.0.0.1")).is_ok());
        assert!(Door::new(&settings("::1")).is_ok());
        let error = Door::new(&settings("mail.example.org")).unwrap_err().to_string();
        assert!(error.contains("starttls"), "{error}");
    }

    #[test]
    fn a_file_of_authorities_that_cannot_be_read_is_named() {
        let toml = "[mail]\nsmtp_ca_file = \"Cargo.toml\"";
        let settings = config::Config::from_toml(toml).unwrap().mail;
        let error = Door::new(&settings).err().unwrap().to_string();
        assert!(
            error.contains("mail.smtp_ca_file: Cargo.toml") && error.contains("PEM"),
            "{error}"
        );
    }
}
