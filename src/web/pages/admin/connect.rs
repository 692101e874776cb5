//! Connecting a tool that pushes: it is chosen, gets an address, and says what to click on the other side.
use poem::{Response, handler, http::StatusCode};
use secrecy::SecretString;

use super::source::{made, source_page, steps};
use crate::{
    capture::source::{
        NewSource, SourceError,
        hook::{self, KEPT_DAYS, NewHook},
        tool::{SecretsFrom, Tool},
    },
    template::context::{
        AdminConnectPage, ConnectForm, Field, FormProblemKind as Problem, SecretField, ToolLink,
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

const PATH: &str = "/connect";

/// The tools, or the form of the one that is named.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let query = reader.request.uri().query().unwrap_or_default();
    let kind = Fields::read(query.as_bytes()).get("kind").text;
    let form = match kind.is_empty() {
        true => None,
        false => Some(form(&reader, Tool::find(&kind).ok_or_else(not_found)?)),
    };
    reader.page(StatusCode::OK, &page(&reader, form))
}

/// Makes the source. The answer is the only time that its address, and a secret of ours, are shown.
#[handler]
pub(crate) async fn make(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let tool = Tool::find(&fields.get("kind").text).ok_or_else(not_found)?;
    let ours = hook::new_secrets(tool);
    let theirs = || SecretString::from(fields.get("secrets").text);
    let new = NewHook {
        plain: NewSource {
            name: fields.get("name").text,
            kind: tool.kind.clone(),
            settle_seconds: 0,
        },
        settings: serde_json::json!({}),
        secrets: ours.clone().unwrap_or_else(theirs),
        retention_days: KEPT_DAYS,
    };
    match create(&reader, new).await {
        Ok((source, address)) => {
            let mut page = source_page(&reader, &source).await?;
            page.made = Some(made(&reader, tool, &address, ours.as_ref()));
            reader.page(StatusCode::CREATED, &page)
        }
        Err(error) => {
            let mut form = form(&reader, tool);
            form.name.value = fields.get("name").text;
            note(&mut form, error)?;
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page(&reader, Some(form)))
        }
    }
}

async fn create(reader: &Reader<'_>, new: NewHook) -> Result<(entity::source::Model, String), SourceError> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let (own, actor) = (reader.organisation.id, &reader.caller.actor);
    let made = hook::create(&tx, &app.secrets, own, new, actor, app.clock.now()).await?;
    tx.commit().await?;
    Ok(made)
}

/// Says beside the field what is wrong with it.
fn note(form: &mut ConnectForm, error: SourceError) -> poem::Result<()> {
    match error {
        SourceError::Taken(_) => form.name.problem = Some(Problem::Taken),
        SourceError::Invalid { field: "name", .. } if form.name.value.trim().is_empty() => {
            form.name.problem = Some(Problem::Needed);
        }
        SourceError::Invalid { field: "name", .. } => form.name.problem = Some(Problem::NameTooLong),
        SourceError::Invalid { field: "secrets", .. } if form.secrets.is_some() => {
            if let Some(secrets) = &mut form.secrets {
                secrets.problem = Some(Problem::Secrets);
            }
        }
        other => return Err(Failure::from(other).into()),
    }
    Ok(())
}

fn page(reader: &Reader<'_>, form: Option<ConnectForm>) -> AdminConnectPage {
    let link = |(kind, tool): (&'static str, &'static Tool)| ToolLink {
        label: tool.label.clone(),
        url: reader.link(PATH, Some(&format!("kind={kind}"))),
    };
    let mut tools: Vec<ToolLink> = match form {
        Some(_) => Vec::new(),
        None => Tool::all().map(link).collect(),
    };
    tools.sort_by_key(|tool| tool.label.to_lowercase());
    let mailbox_url = tools.first().map(|_| reader.link("/connect/mailbox", None));
    AdminConnectPage {
        page: reader.frame(PATH, "sources"),
        mailbox_url,
        tools,
        form,
    }
}

fn form(reader: &Reader<'_>, tool: &Tool) -> ConnectForm {
    let are_theirs = tool.secrets_from != SecretsFrom::Here && !tool.secrets.is_empty();
    ConnectForm {
        kind: tool.kind.clone(),
        label: tool.label.clone(),
        action: reader.link(PATH, None),
        back_url: reader.link(PATH, None),
        name: Field {
            value: tool.label.clone(),
            problem: None,
        },
        secrets: are_theirs.then(|| SecretField {
            called: tool.secrets.join(", "),
            problem: None,
        }),
        steps: steps(reader, tool),
    }
}
