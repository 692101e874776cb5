//! How mails leave: not at all, as files, or to a mail server.
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    address::AddressError,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use uuid::Uuid;

use super::smtp::Smtp;
use crate::{
    platform::{
        config::{self, MailTransport},
        secret,
    },
    template::Mail,
};

/// How mails leave, and from whom.
#[derive(Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Off,
    Directory(PathBuf),
    Smtp(Box<Smtp>),
}

/// Settings under which no mail can leave.
#[derive(Debug, thiserror::Error)]
pub enum MailSettingsError {
    /// The sender is no mailbox.
    #[error("mail.from is {0:?}; it must be like: Plaudit <plaudit@example.org>")]
    From(String),
    /// Without protection, to a host that is not this one.
    #[error(
        "mail.smtp_encryption is none, but {0} is not a loopback address; use starttls or tls, or set mail.smtp_allow_plaintext"
    )]
    Plaintext(String),
    /// The name in certificates cannot be checked.
    #[error("mail.smtp_host: {0}")]
    Tls(String),
    /// The authorities to trust cannot be read.
    #[error("mail.smtp_ca_file: {0}: {1}")]
    Authorities(String, String),
}

/// A mail to one reader.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The notice or link it is about: its Message-ID follows from it, however often it is sent.
    pub about: Uuid,
    /// Where it goes.
    pub to: Address,
    /// Subject, text and HTML.
    pub mail: Mail,
    /// Where the reader ends such mails; none for what they asked for themselves.
    pub unsubscribe_url: Option<String>,
    /// Groups mails for filters: the organisation's slug.
    pub list: String,
    /// Now.
    pub at: DateTime<Utc>,
}

/// Why a mail was not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAccepted {
    /// The server refuses the recipient for good. The words are the server's and may hold the address.
    #[error("the server refuses the recipient ({code})")]
    AddressRefused {
        /// Its reply.
        code: u16,
        /// Its words.
        words: String,
    },
    /// The server refuses this message for good.
    #[error("the server refuses the message ({code})")]
    MessageRefused {
        /// Its reply.
        code: u16,
    },
    /// There is no server to talk to.
    #[error("no conversation with the mail server: {0}")]
    Unreachable(String),
    /// It may be accepted later.
    #[error("not accepted for now: {while_doing} {}", code.map(|code| code.to_string()).unwrap_or_default())]
    Later {
        /// Where in the conversation.
        while_doing: &'static str,
        /// The server's reply, if it gave one.
        code: Option<u16>,
    },
    /// The file cannot be written.
    #[error("cannot write the mail: {0}")]
    File(String),
    /// It cannot be put together.
    #[error("the mail cannot be put together: {0}")]
    Message(String),
}

impl Mailer {
    /// Checks the settings; connects to nothing yet.
    pub fn new(settings: &config::Mail) -> Result<Mailer, MailSettingsError> {
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_: AddressError| MailSettingsError::From(settings.from.clone()))?;
        let way = match settings.transport {
            MailTransport::Off => Way::Off,
            MailTransport::Directory => Way::Directory(PathBuf::from(&settings.directory)),
            MailTransport::Smtp => Way::Smtp(Box::new(Smtp::new(settings)?)),
        };
        Ok(Mailer { from, way })
    }

    /// Whether mails leave at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !matches!(self.way, Way::Off)
    }

    /// Writes a mail and hands it over.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), NotAccepted> {
        self.hand_over(letter.about, &letter.to, &self.written(letter)?)
            .await
    }

    /// A mail as it goes over the network.
    pub(super) fn written(&self, letter: &Letter) -> Result<Vec<u8>, NotAccepted> {
        Ok(self.message(letter)?.formatted())
    }

    /// Hands a mail over; when this returns `Ok`, somebody else is responsible for it.
    pub(super) async fn hand_over(
        &self,
        about: Uuid,
        to: &Address,
        message: &[u8],
    ) -> Result<(), NotAccepted> {
        match &self.way {
            Way::Off => Ok(()),
            Way::Directory(folder) => write(folder, about, message).await,
            Way::Smtp(smtp) => smtp.send(&self.from.email, to, message).await,
        }
    }

    /// Connects to the mail server as for a mail, where there is one.
    pub async fn probe(&self) -> Result<(), NotAccepted> {
        match &self.way {
            Way::Smtp(smtp) => smtp.probe().await,
            Way::Off | Way::Directory(_) => Ok(()),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, NotAccepted> {
        let broken = |error: &dyn std::fmt::Display| NotAccepted::Message(error.to_string());
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, letter.to.clone()))
            .subject(letter.mail.subject.clone())
            .date(letter.at.into())
            .message_id(Some(format!("<{}@{domain}>", letter.about)))
            .multipart(MultiPart::alternative_plain_html(
                letter.mail.text.clone(),
                letter.mail.html.clone(),
            ))
            .map_err(|error| broken(&error))?;
        let mut add = |name: &'static str, value: String| {
            let name = HeaderName::new_from_ascii_str(name);
            message.headers_mut().insert_raw(HeaderValue::new(name, value));
        };
        add("Auto-Submitted", "auto-generated".to_owned());
        let Some(unsubscribe_url) = &letter.unsubscribe_url else {
            return Ok(message);
        };
        add("List-Id", format!("<{}.{domain}>", letter.list));
        add("List-Unsubscribe", format!("<{unsubscribe_url}>"));
        // RFC 8058 wants https for one click.
        if unsubscribe_url.starts_with("https://") {
            add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned());
        }
        Ok(message)
    }
}

/// Writes a file named after the notice, whole or not at all; a repeat replaces it.
async fn write(folder: &std::path::Path, notice: Uuid, message: &[u8]) -> Result<(), NotAccepted> {
    let failed = |error: std::io::Error| NotAccepted::File(error.to_string());
    secret::make_private_directory(folder).map_err(failed)?;
    let (unfinished, path) = (
        folder.join(format!(".{notice}.part")),
        folder.join(format!("{notice}.eml")),
    );
    tokio::fs::write(&unfinished, message).await.map_err(failed)?;
    tokio::fs::rename(&unfinished, &path).await.map_err(failed)
}
