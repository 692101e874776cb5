//! A source to which a tool pushes: what to click there, whether something came, its secret, its address.
use entity::source;
use poem::{Response, handler, http::StatusCode};
use secrecy::{ExposeSecret, SecretString};

use super::{fetching, mapping, near};
use crate::{
    access::{Action, Target},
    capture::source::{
        self as sources, SourceError,
        health::{self, HookHealth},
        hook::{self, HookPatch},
        tool::Tool,
    },
    template::context::{
        AdminSourcePage, FormProblemKind as Problem, Made, MadeSecret, MappingForm, SecretField,
        SourceChange, Steps,
    },
    web::{
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// The page. Sources to which nothing is pushed stand in the list alone.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let source = found(&reader).await?;
    if Tool::find(&source.kind).is_none() {
        return Ok(reader.see_other("/sources", None));
    }
    let page = source_page(&reader, &source).await?;
    reader.page(StatusCode::OK, &page)
}

/// Enters secrets that the tool made, or that are to replace others.
#[handler]
pub(crate) async fn enter_secrets(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let source = found(&reader).await?;
    let given = SecretString::from(Fields::read(&body).get("secrets").text);
    let patch = HookPatch {
        secrets: Some(given).filter(|given| !given.expose_secret().trim().is_empty()),
        ..HookPatch::default()
    };
    let is_empty = patch.secrets.is_none();
    let entered = match is_empty {
        true => Err(SourceError::Invalid {
            field: "secrets",
            message: "is empty".to_owned(),
        }),
        false => change(&reader, &source, patch).await,
    };
    match entered {
        Ok(_) => Ok(reader.see_other(&format!("/sources/{}", source.id), None)),
        Err(SourceError::Invalid { field: "secrets", .. }) if Tool::find(&source.kind).is_some() => {
            let mut page = source_page(&reader, &source).await?;
            let secrets = page.change.as_mut().and_then(|change| change.secrets.as_mut());
            if let Some(secrets) = secrets {
                secrets.problem = Some(Problem::Secrets);
            }
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

/// Makes another address, which is shown this once.
#[handler]
pub(crate) async fn renew(reader: Reader<'_>) -> poem::Result<Response> {
    let source = found(&reader).await?;
    let app = &reader.web.app;
    let renew = async {
        let tx = app.db.write().await?;
        let address = hook::renew(&tx, &source, &reader.caller.actor, app.clock.now()).await?;
        tx.commit().await?;
        Ok::<_, SourceError>(address)
    };
    let address = renew.await.map_err(Failure::from)?;
    let tool = Tool::find(&source.kind).ok_or_else(not_found)?;
    let mut page = source_page(&reader, &source).await?;
    page.made = Some(made(&reader, tool, &address, None));
    reader.page(StatusCode::CREATED, &page)
}

/// The source that the address names.
pub(super) async fn found(reader: &Reader<'_>) -> poem::Result<source::Model> {
    let found = sources::by_id(reader.web.app.db.read(), reader.organisation.id, reader.id()?).await;
    found.map_err(Failure::from)?.ok_or_else(not_found)
}

/// Changes how a tool pushes to a source.
pub(super) async fn change(
    reader: &Reader<'_>,
    source: &source::Model,
    patch: HookPatch,
) -> Result<source::Model, SourceError> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let actor = &reader.caller.actor;
    let changed = hook::update(&tx, &app.secrets, source, patch, actor, app.clock.now()).await?;
    tx.commit().await?;
    Ok(changed)
}

/// What is shown this once.
pub(super) fn made(reader: &Reader<'_>, tool: &Tool, address: &str, secrets: Option<&SecretString>) -> Made {
    let lines = secrets.map(|secrets| secrets.expose_secret().lines().collect::<Vec<_>>());
    let named = tool.secrets.iter().zip(lines.unwrap_or_default());
    Made {
        address: format!("{}/hooks/{address}", reader.web.app.config.server.base_url),
        secrets: named
            .map(|(called, secret)| MadeSecret {
                called: called.clone(),
                secret: secret.to_owned(),
            })
            .collect(),
    }
}

/// What to click there, in the reader's language where the tool's file has it.
pub(super) fn steps(reader: &Reader<'_>, tool: &Tool) -> Steps {
    let (language, lines) = tool.steps_in(reader.frame("/sources", "sources").language.code());
    Steps {
        language: language.to_owned(),
        lines: lines.to_vec(),
        template: tool.template.clone(),
    }
}

/// The page of a source, with its mapping as it stands.
pub(super) async fn source_page(
    reader: &Reader<'_>,
    source: &source::Model,
) -> poem::Result<AdminSourcePage> {
    let form = mapping::form(reader, source, &source.settings);
    page_with(reader, source, form).await
}

/// The same with a mapping that is being tried.
pub(super) async fn page_with(
    reader: &Reader<'_>,
    source: &source::Model,
    mapping: MappingForm,
) -> poem::Result<AdminSourcePage> {
    let tool = Tool::find(&source.kind).ok_or_else(not_found)?;
    let health = health(reader, source).await.map_err(Failure::from)?;
    let path = format!("/sources/{}", source.id);
    let below = |name: &str| reader.link(&format!("{path}/{name}"), None);
    let change = SourceChange {
        address_url: below("address"),
        secret_url: below("secret"),
        secrets: (!tool.secrets.is_empty()).then(|| SecretField {
            called: tool.secrets.join(", "),
            problem: None,
        }),
        mapping,
    };
    Ok(AdminSourcePage {
        page: reader.frame(&path, "sources"),
        back_url: reader.link("/sources", None),
        name: source.name.clone(),
        label: tool.label.clone(),
        made: None,
        steps: steps(reader, tool),
        last: health.last_push_at.map(|at| near(reader, at)),
        trouble: trouble(&health),
        refused_why: health.refused_why.clone().filter(|_| is_refused_last(&health)),
        refused: u64::try_from(health.refused).unwrap_or_default(),
        quarantined: health.quarantined,
        quarantine_url: below("quarantine"),
        again_url: reader.link(&path, None),
        fetch: fetching::section(reader, source, &health)
            .await
            .map_err(Failure::from)?,
        change: reader
            .may(Action::UPDATE_SOURCE, &Target::Organisation)
            .then_some(change),
    })
}

async fn health(reader: &Reader<'_>, source: &source::Model) -> Result<HookHealth, sea_orm::DbErr> {
    let db = reader.web.app.db.read();
    let mut healths = health::healths(db, std::slice::from_ref(source)).await?;
    let mut health = healths.remove(&source.id).unwrap_or_default();
    health::diagnose(db, source, &mut health).await?;
    Ok(health)
}

fn is_refused_last(health: &HookHealth) -> bool {
    health.refused > 0 && health.refused_at > health.last_push_at
}

fn trouble(health: &HookHealth) -> Option<&'static str> {
    if health.lacks_secret {
        Some("admin.trouble.no_secret")
    } else if is_refused_last(health) {
        Some("admin.trouble.refused")
    } else if health.says_nothing {
        Some("admin.trouble.no_words")
    } else {
        None
    }
}
