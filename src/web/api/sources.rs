//! `/v1/sources`
use chrono::{DateTime, Utc};
use entity::source;
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    Tag,
    connection_view::{ConnectionView, NewConnection, TestView, UpdateConnection, connection_of},
    hook_view::{HookView, NewHookView, RemovedView, UpdateHook, address_of, hook_of},
    mails::{MailSettings, mail_of},
    page,
};
use crate::{
    access::Action,
    capture::{
        connection::{self, ConnectionPatch},
        source::{self as sources, SourcePatch, health, hook},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on sources.
#[derive(Debug)]
pub struct Sources;

/// A configured way in.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SourceView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `api`, `form`, `import`, …
    pub kind: String,
    /// How long words may still change before they are attributed.
    pub settle_seconds: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it takes nothing in.
    pub paused_at: Option<DateTime<Utc>>,
    /// How it is read, for sources of public networks and mailboxes.
    pub connection: Option<ConnectionView>,
    /// How it is pushed to, for tools that push.
    pub hook: Option<HookView>,
    /// Whose word is taken, for sources of mails.
    pub mail: Option<MailSettings>,
    /// Secrets that Plaudit made (`make_secret`): shown this once, and never again.
    pub secrets: Option<Vec<String>>,
    /// Where the tool pushes to: shown when the source is made or gets another address, and never again.
    pub address: Option<String>,
}

impl From<source::Model> for SourceView {
    fn from(row: source::Model) -> SourceView {
        SourceView {
            id: row.id,
            name: row.name,
            kind: row.kind,
            settle_seconds: row.settle_seconds,
            created_at: row.created_at,
            paused_at: row.paused_at,
            connection: None,
            hook: None,
            mail: None,
            secrets: None,
            address: None,
        }
    }
}

/// A page of sources.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SourcePage {
    /// Sources, in the order in which they were made.
    pub items: Vec<SourceView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// A source to make.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewSource {
    /// Its name; no other source has it.
    #[oai(validator(min_length = 1, max_length = 60))]
    pub name: String,
    /// Its kind: `api`, `form`, `import`, `mail`, `mailbox`, `x`, `mastodon`, or a tool that pushes, such as `typeform` or `generic`.
    #[oai(validator(max_length = 60))]
    pub kind: String,
    /// How long words may still change before they are attributed; at most a week.
    #[oai(validator(minimum(value = "0"), maximum(value = "604800")), default)]
    pub settle_seconds: i32,
    /// How to read it, for `x`, `mastodon` and `mailbox` and for no other kind.
    pub connection: Option<NewConnection>,
    /// How its pushes are checked and read, for tools that push and for no other kind.
    pub hook: Option<NewHookView>,
    /// Whose word is taken, for `mail` and `mailbox` and for no other kind.
    pub mail: Option<MailSettings>,
}

/// What to change; what is left out stays.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateSource {
    /// Its name; no other source has it.
    #[oai(validator(min_length = 1, max_length = 60))]
    pub name: Option<String>,
    /// How long words may still change before they are attributed; at most a week.
    #[oai(validator(minimum(value = "0"), maximum(value = "604800")))]
    pub settle_seconds: Option<i32>,
    /// A paused source takes nothing in. To resume a source of a public network also lets it go on after something
    /// was put right, and marks a reported gap as seen.
    pub paused: Option<bool>,
    /// What to change about how it is read.
    pub connection: Option<UpdateConnection>,
    /// What to change about how its pushes are checked and read.
    pub hook: Option<UpdateHook>,
    /// Whose word is taken instead, for sources of mails.
    pub mail: Option<MailSettings>,
}

/// A source was made.
#[derive(ApiResponse)]
pub enum CreateSource {
    /// It is there now.
    #[oai(status = 201)]
    Created(Json<SourceView>),
}

/// A source was removed.
#[derive(ApiResponse)]
pub enum RemoveSource {
    /// It is gone.
    #[oai(status = 200)]
    Removed(Json<RemovedView>),
}

#[OpenApi(prefix_path = "/sources", tag = "Tag::Sources")]
impl Sources {
    /// List sources
    #[oai(path = "/", method = "get", operation_id = "list_sources")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<SourcePage>, Failure> {
        let caller = auth.permit(Action::LIST_SOURCES)?;
        let query = page::query(after.0.as_deref(), limit.0)?;
        let found = sources::list(web.app.db.read(), caller.organisation, query).await?;
        Ok(Json(SourcePage {
            next: page::next(found.next),
            items: views(web, found.items).await?,
        }))
    }

    /// Make a source
    #[oai(path = "/", method = "post", operation_id = "create_source")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewSource>,
    ) -> Result<CreateSource, Failure> {
        let caller = auth.permit(Action::CREATE_SOURCE)?;
        let new = sources::NewSource {
            name: body.0.name,
            kind: body.0.kind,
            settle_seconds: body.0.settle_seconds,
        };
        let mail = mail_of(&new.kind, body.0.mail)?;
        let tx = web.app.db.write().await?;
        let now = web.app.clock.now();
        let (own, actor, secrets) = (caller.organisation, &caller.actor, &web.app.secrets);
        let (mut address, mut made_secrets) = (None, None);
        let makes_secret = body.0.hook.as_ref().is_some_and(|hook| hook.make_secret);
        let made = if let Some(hook) = hook_of(&new, body.0.hook)? {
            made_secrets = makes_secret.then(|| lines_of(&hook.secrets));
            let (made, secret) = hook::create(&tx, secrets, own, hook, actor, now).await?;
            address = Some(address_of(web, &secret));
            made
        } else if let Some(new) = connection_of(new.clone(), body.0.connection, mail.as_ref())? {
            connection::create(&tx, secrets, own, new, actor, now).await?
        } else if let Some(settings) = mail {
            sources::create_mail(&tx, own, new, settings, actor, now).await?
        } else {
            sources::create(&tx, own, new, actor, now).await?
        };
        tx.commit().await?;
        Ok(CreateSource::Created(Json(SourceView {
            address,
            secrets: made_secrets,
            ..view(web, made).await?
        })))
    }

    /// Get a source
    #[oai(path = "/:id", method = "get", operation_id = "get_source")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
    ) -> Result<Json<SourceView>, Failure> {
        let caller = auth.permit(Action::GET_SOURCE)?;
        let found = sources::by_id(web.app.db.read(), caller.organisation, id.0).await?;
        let found = found.ok_or_else(|| Failure::not_found("source"))?;
        Ok(Json(view(web, found).await?))
    }

    /// Rename, pause or start a source
    #[oai(path = "/:id", method = "patch", operation_id = "update_source")]
    async fn update(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
        body: Json<UpdateSource>,
    ) -> Result<Json<SourceView>, Failure> {
        let caller = auth.permit(Action::UPDATE_SOURCE)?;
        let patch = SourcePatch {
            name: body.0.name,
            settle_seconds: body.0.settle_seconds,
            paused: body.0.paused,
        };
        let has_mail = body.0.mail.is_some();
        let tx = web.app.db.write().await?;
        let found = sources::by_id(&tx, caller.organisation, id.0).await?;
        found.ok_or_else(|| Failure::not_found("source"))?;
        let now = web.app.clock.now();
        let mut saved = sources::update(&tx, caller.organisation, id.0, patch, &caller.actor, now).await?;
        let mut address = None;
        if let Some(change) = body.0.hook {
            if change.new_address {
                address = Some(address_of(
                    web,
                    &hook::renew(&tx, &saved, &caller.actor, now).await?,
                ));
            }
            let patch = change.patch()?;
            saved = hook::update(&tx, &web.app.secrets, &saved, patch, &caller.actor, now).await?;
        }
        let mut mail = mail_of(&saved.kind, body.0.mail)?.filter(|_| has_mail);
        if saved.kind == "mail"
            && let Some(settings) = mail.take()
        {
            saved = sources::update_mail(&tx, &saved, settings, &caller.actor, now).await?;
        }
        let patch = body
            .0
            .connection
            .map(|change| change.patch(&saved.kind))
            .transpose()?;
        if patch.is_some() || mail.is_some() {
            let patch = ConnectionPatch {
                mail,
                ..patch.unwrap_or_default()
            };
            connection::update(&tx, &web.app.secrets, &saved, patch, &caller.actor, now).await?;
            saved = sources::by_id(&tx, caller.organisation, id.0)
                .await?
                .unwrap_or(saved);
        }
        tx.commit().await?;
        web.cache.forget();
        Ok(Json(SourceView {
            address,
            ..view(web, saved).await?
        }))
    }

    /// Test a source of a public network, or of a tool that pushes
    ///
    /// Makes one real call to a network; where it works, reading that was stopped goes on. Of a tool it says whether its
    /// pushes come, are rightly signed and can be read.
    #[oai(path = "/:id/test", method = "post", operation_id = "test_source")]
    async fn test(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
    ) -> Result<Json<TestView>, Failure> {
        let caller = auth.permit(Action::TEST_SOURCE)?;
        let found = sources::by_id(web.app.db.read(), caller.organisation, id.0).await?;
        let source = found.ok_or_else(|| Failure::not_found("source"))?;
        let mut health = health::healths(web.app.db.read(), std::slice::from_ref(&source)).await?;
        if let Some(health) = health.get_mut(&source.id) {
            health::diagnose(web.app.db.read(), &source, health).await?;
            return Ok(Json(TestView::of_hook(health)));
        }
        Ok(Json(TestView::of(
            connection::test(&web.app.capture(), &source).await,
        )?))
    }

    /// Remove a source
    ///
    /// Its secrets go, and with them what was pushed to it, read or not; its comments stay. The address answers 410 from
    /// then on.
    #[oai(path = "/:id", method = "delete", operation_id = "remove_source")]
    async fn remove(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
    ) -> Result<RemoveSource, Failure> {
        let caller = auth.permit(Action::REMOVE_SOURCE)?;
        let tx = web.app.db.write().await?;
        let found = sources::by_id(&tx, caller.organisation, id.0).await?;
        let source = found.ok_or_else(|| Failure::not_found("source"))?;
        let discarded = sources::remove(&tx, &source, &caller.actor, web.app.clock.now()).await?;
        tx.commit().await?;
        web.cache.forget();
        Ok(RemoveSource::Removed(Json(discarded.into())))
    }
}

fn lines_of(secrets: &SecretString) -> Vec<String> {
    secrets.expose_secret().lines().map(str::to_owned).collect()
}

async fn view(web: &Web, source: source::Model) -> Result<SourceView, Failure> {
    let one = views(web, vec![source]).await?.pop();
    one.ok_or_else(|| Failure::not_found("source"))
}

async fn views(web: &Web, sources: Vec<source::Model>) -> Result<Vec<SourceView>, Failure> {
    let now = web.app.clock.now();
    let prices = &web.app.config.x.prices;
    let mut healths = connection::healths(web.app.db.read(), &sources, prices, now).await?;
    let mut hooks = health::healths(web.app.db.read(), &sources).await?;
    let view = |source: source::Model| SourceView {
        hook: hooks
            .remove(&source.id)
            .map(|health| HookView::of(&source, health)),
        mail: MailSettings::of(&source),
        connection: healths
            .remove(&source.id)
            .map(|health| ConnectionView::of(&source, health, now)),
        ..source.into()
    };
    Ok(sources.into_iter().map(view).collect())
}
