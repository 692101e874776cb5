//! `/v1/mails`
use entity::source;
use poem::{Body, web::Data};
use poem_openapi::{
    ApiRequest, ApiResponse, Enum, Object, OpenApi,
    param::Query,
    payload::{Binary, Json},
};
use uuid::Uuid;

use super::Tag;
use crate::{
    access::{Action, Caller},
    capture::{
        mail::{self, Mail, Own, People, Settings, Skipped, Taken},
        source::SourceError,
        store::Stored,
    },
    platform::blocking::blocking,
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on mails.
#[derive(Debug)]
pub struct Mails;

/// A mail as it was sent (RFC 5322), with its head.
#[derive(ApiRequest)]
pub(super) enum RawMail {
    /// The bytes of the mail
    #[oai(content_type = "message/rfc822")]
    Mail(Binary<Body>),
    /// The bytes of the mail
    #[oai(content_type = "application/octet-stream")]
    Bytes(Binary<Body>),
}

/// Whose word a source of mails takes, and who is no customer.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct MailSettings {
    /// Mail servers of yours whose `Authentication-Results` are believed, by the name that they give there.
    #[oai(validator(max_items = 20), default)]
    pub trusted_servers: Vec<String>,
    /// Domains from which no customer writes; beside the addresses of the roster.
    #[oai(validator(max_items = 20), default)]
    pub own_domains: Vec<String>,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum MailOutcome {
    /// A comment
    New,
    /// Nothing new: it was here already
    Known,
    /// Nothing: it brings no customer's words
    Skipped,
}

/// Why a mail brings no customer's words.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum SkippedFor {
    /// A program answered or sent it
    Automatic,
    /// It says that another mail was not delivered, or was read
    Report,
    /// It came by a list, as newsletters do
    List,
    /// Plaudit sent it
    Ours,
    /// Somebody of the staff wrote it, and forwards no customer's words
    Staff,
    /// No words are left without quotation and signature
    Blank,
}

/// A mail that was taken.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct MailView {
    /// What became of it.
    pub outcome: MailOutcome,
    /// The comment, where it is one.
    pub id: Option<Uuid>,
    /// Why it is none.
    pub skipped_for: Option<SkippedFor>,
}

/// What became of a mail that was sent.
#[derive(ApiResponse)]
pub enum CreateMail {
    /// It is a comment, which will be attributed.
    #[oai(status = 201)]
    New(Json<MailView>),
    /// It brought nothing new; do not send it again.
    #[oai(status = 200)]
    Nothing(Json<MailView>),
}

#[OpenApi(prefix_path = "/mails", tag = "Tag::Comments")]
impl Mails {
    /// Pass a mail on
    ///
    /// The customer's words are taken out of it: forwarded mails are unwrapped, quotations and signatures cut, attachments
    /// passed over. Automatic answers, reports, lists and what staff write themselves are skipped. Within a source
    /// the same `Message-ID` is the same comment.
    #[oai(path = "/", method = "post", operation_id = "create_mail")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Name of the source, of the kind `mail`; `mail` where none is named.
        #[oai(validator(max_length = 60))]
        source: Query<Option<String>>,
        body: RawMail,
    ) -> Result<CreateMail, Failure> {
        let caller = auth.permit(Action::CREATE_MAIL)?;
        let source = source_of(web, &caller, source.0.as_deref().unwrap_or("mail")).await?;
        let mail = body.open().await?;
        let now = web.app.clock.now();
        let own = Own::of(&web.app.config.mail.from);
        let mails = [mail];
        let people = People::load(web.app.db.read(), caller.organisation, &mails).await?;
        let taken = mails
            .first()
            .map(|mail| mail::take(mail, &source, &people, &own, now));
        let draft = match taken {
            Some(Taken::Said(draft)) => *draft,
            Some(Taken::Skipped(why)) => return Ok(nothing(MailOutcome::Skipped, None, Some(why.into()))),
            None => return Ok(nothing(MailOutcome::Skipped, None, Some(SkippedFor::Blank))),
        };
        draft.check()?;
        Ok(match web.comments.store(draft).await? {
            Stored::New(id) => CreateMail::New(Json(MailView {
                outcome: MailOutcome::New,
                id: Some(id),
                skipped_for: None,
            })),
            known => nothing(MailOutcome::Known, Some(known.id()), None),
        })
    }
}

fn nothing(outcome: MailOutcome, id: Option<Uuid>, skipped_for: Option<SkippedFor>) -> CreateMail {
    CreateMail::Nothing(Json(MailView {
        outcome,
        id,
        skipped_for,
    }))
}

async fn source_of(web: &Web, caller: &Caller, name: &str) -> Result<source::Model, Failure> {
    let source = web.cache.source(&web.app.db, caller.organisation, name).await?;
    if source.kind != "mail" {
        return Err(Failure::invalid(format!(
            "source: {name:?} is of the kind {}; mails are sent through a source of the kind mail",
            source.kind
        )));
    }
    if source.paused_at.is_some() {
        return Err(Failure::conflict(format!("the source {name:?} is paused")));
    }
    Ok(source)
}

impl RawMail {
    async fn open(self) -> Result<Mail, Failure> {
        let (RawMail::Mail(body) | RawMail::Bytes(body)) = self;
        let bytes = body.0.into_bytes().await.map_err(|_| unread())?;
        let opened = blocking(move || mail::open(&bytes)).await;
        opened.map_err(|error| Failure::invalid(format!("the mail cannot be read: {error}")))
    }
}

/// `web::body` answers why where it stopped.
fn unread() -> Failure {
    Failure::invalid("the mail was not sent to its end".to_owned())
}

impl MailSettings {
    pub(super) fn of(source: &source::Model) -> Option<MailSettings> {
        let settings = is_of_mails(&source.kind).then(|| Settings::of(source))?;
        Some(MailSettings {
            trusted_servers: settings.trusted_servers,
            own_domains: settings.own_domains,
        })
    }
}

fn is_of_mails(kind: &str) -> bool {
    matches!(kind, "mail" | "mailbox")
}

/// The settings of a source of mails; none for other kinds.
pub(super) fn mail_of(kind: &str, given: Option<MailSettings>) -> Result<Option<Settings>, Failure> {
    let is_mail = is_of_mails(kind);
    if !is_mail && given.is_some() {
        let message = format!("is not for a source of kind {kind}");
        return Err(SourceError::Invalid {
            field: "mail",
            message,
        }
        .into());
    }
    let settings = given.map(|given| Settings {
        trusted_servers: given.trusted_servers,
        own_domains: given.own_domains,
    });
    Ok(is_mail.then(|| settings.unwrap_or_default()))
}

impl From<Skipped> for SkippedFor {
    fn from(why: Skipped) -> SkippedFor {
        match why {
            Skipped::Automatic => SkippedFor::Automatic,
            Skipped::Report => SkippedFor::Report,
            Skipped::List => SkippedFor::List,
            Skipped::Ours => SkippedFor::Ours,
            Skipped::Staff => SkippedFor::Staff,
            Skipped::Blank => SkippedFor::Blank,
        }
    }
}
