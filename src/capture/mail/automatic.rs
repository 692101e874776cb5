//! Mails that no customer wrote: answered automatically they would run in circles, and nobody is praised in them.
use super::open::Mail;
use uuid::Uuid;

/// Why a mail brings no comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// A program answered or sent it (RFC 3834).
    Automatic,
    /// It says that another mail was not delivered, or was read.
    Report,
    /// It came by a list, as newsletters do.
    List,
    /// Plaudit sent it.
    Ours,
    /// Somebody of the staff wrote it, and forwards no customer's words.
    Staff,
    /// No words are left without quotation and signature.
    Blank,
}

impl Skipped {
    /// In logs and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Skipped::Automatic => "automatic",
            Skipped::Report => "report",
            Skipped::List => "list",
            Skipped::Ours => "ours",
            Skipped::Staff => "staff",
            Skipped::Blank => "blank",
        }
    }
}

/// How the mails that Plaudit itself sends are known.
#[derive(Clone, Debug)]
pub struct Own {
    address: Option<String>,
}

impl Own {
    /// Of the sender of every mail, as it is configured.
    #[must_use]
    pub fn of(sender: &str) -> Own {
        Own {
            address: super::correspondent::Correspondent::read(sender).address,
        }
    }

    pub(super) fn is_address(&self, address: &str) -> bool {
        self.address.as_deref() == Some(address)
    }

    /// Made of a row's id and the sender's domain.
    fn is_id(&self, message_id: &str) -> bool {
        let domain = self
            .address
            .as_deref()
            .and_then(|address| address.rsplit('@').next());
        let parts = message_id.trim_matches(['<', '>']).rsplit_once('@');
        parts.is_some_and(|(local, host)| Some(host) == domain && Uuid::parse_str(local).is_ok())
    }
}

/// Why nobody reads a mail for praise, whatever it says; none where a person may have written it.
pub(super) fn why_skipped(mail: &Mail, own: &Own) -> Option<Skipped> {
    let from = mail.from.as_ref().and_then(|from| from.address.as_deref());
    if mail.message_id.as_deref().is_some_and(|id| own.is_id(id))
        || from.is_some_and(|from| own.is_address(from))
    {
        Some(Skipped::Ours)
    } else if is_report(mail, from) {
        Some(Skipped::Report)
    } else if mail.has("list-id")
        || mail.has("list-unsubscribe")
        || mail.has("list-post")
        || mail.has("list-help")
    {
        Some(Skipped::List)
    } else if is_automatic(mail) {
        Some(Skipped::Automatic)
    } else {
        None
    }
}

fn is_report(mail: &Mail, from: Option<&str>) -> bool {
    let local = from.and_then(|from| from.split('@').next());
    mail.media_type.starts_with("multipart/report")
        || local.is_some_and(|local| matches!(local, "mailer-daemon" | "postmaster"))
        || mail
            .fields("return-path")
            .next()
            .is_some_and(|path| path.trim() == "<>")
}

fn is_automatic(mail: &Mail) -> bool {
    let submitted = mail.fields("auto-submitted").next();
    let submitted = submitted.and_then(|value| value.split([';', ' ', '(']).find(|word| !word.is_empty()));
    let precedence = mail
        .fields("precedence")
        .next()
        .map(|value| value.trim().to_lowercase());
    submitted.is_some_and(|submitted| !submitted.eq_ignore_ascii_case("no"))
        || precedence.is_some_and(|kind| matches!(kind.as_str(), "bulk" | "junk" | "list" | "auto_reply"))
        || ["x-autoreply", "x-autorespond", "x-autoresponder"]
            .iter()
            .any(|name| mail.has(name))
        || mail.media_type.starts_with("text/calendar")
        || mail.is_invitation
}
