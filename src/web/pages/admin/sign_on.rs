//! Where people sign in through their company: providers are added, tested and removed, and links by mail switched off.
use entity::{grant::Role, sign_on_provider};
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{bad_request, near, url_if};
use crate::{
    access::{Action, role},
    roster::SiteIndex,
    sign_on::{
        Trouble,
        policy::{self, PolicyError},
        provider::{self, NewGroupRole, NewProvider, ProviderError},
        trial,
    },
    template::context::{
        AdminSignOnPage, Choice, Field, FormProblemKind as Problem, ProviderForm, ProviderRow, Tested,
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

const PATH: &str = "/sign-on";

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let page = page(&reader).await.map_err(Failure::from)?;
    reader.page(StatusCode::OK, &page)
}

/// Adds a provider.
#[handler]
pub(crate) async fn add(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let text = |name: &str| fields.get(name).text;
    let roles = text("group_roles");
    let lines = roles.lines().filter(|line| !line.trim().is_empty());
    let outcome = match lines.map(NewGroupRole::read).collect::<Option<Vec<_>>>() {
        None => Err(ProviderError::GroupRole(String::new())),
        Some(group_roles) => {
            let new = NewProvider {
                name: text("name"),
                issuer: text("issuer"),
                client_id: text("client_id"),
                client_secret: text("client_secret").into(),
                domains: listed(&text("domains")),
                group_claim: Some(text("group_claim")).filter(|claim| !claim.trim().is_empty()),
                group_roles,
            };
            let (app, own) = (reader.web.app.sign_on(), reader.organisation.id);
            provider::add(&app, own, new, &reader.caller.actor).await
        }
    };
    match outcome {
        Ok(made) => {
            let tested = tested(&reader, &made).await?;
            let mut page = page(&reader).await.map_err(Failure::from)?;
            page.is_added = true;
            tell(&reader, &mut page, made.id, tested);
            reader.page(StatusCode::CREATED, &page)
        }
        Err(error) => {
            let mut page = page(&reader).await.map_err(Failure::from)?;
            page.form = typed(&fields);
            explain(&mut page.form, error)?;
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn listed(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Everything but the secret, which no page shows.
fn typed(fields: &Fields) -> ProviderForm {
    let field = |name: &str| Field {
        value: fields.get(name).text,
        problem: None,
    };
    ProviderForm {
        name: field("name"),
        issuer: field("issuer"),
        client_id: field("client_id"),
        client_secret: Field::default(),
        domains: field("domains"),
        group_claim: field("group_claim"),
        group_roles: field("group_roles"),
    }
}

/// Says at its field what is wrong.
fn explain(form: &mut ProviderForm, error: ProviderError) -> Result<(), Failure> {
    let (field, problem) = match error {
        ProviderError::Name => (&mut form.name, Problem::Needed),
        ProviderError::Issuer => (&mut form.issuer, Problem::Address),
        ProviderError::Private(_) => (&mut form.issuer, Problem::Private),
        ProviderError::Client("client id") => (&mut form.client_id, Problem::Needed),
        ProviderError::Client(_) => (&mut form.client_secret, Problem::Needed),
        ProviderError::Domain(_) => (&mut form.domains, Problem::Domain),
        ProviderError::GroupClaim => (&mut form.group_claim, Problem::Needed),
        ProviderError::GroupRole(_) => (&mut form.group_roles, Problem::GroupRole),
        other => return Err(Failure::from(other)),
    };
    field.problem = Some(problem);
    Ok(())
}

/// Asks a provider, and says what is wrong.
#[handler]
pub(crate) async fn test(reader: Reader<'_>) -> poem::Result<Response> {
    let (app, own, id) = (&reader.web.app, reader.organisation.id, reader.id()?);
    let found = provider::find(app.db.read(), own, id).await.map_err(missing)?;
    let tested = tested(&reader, &found).await?;
    let mut page = page(&reader).await.map_err(Failure::from)?;
    tell(&reader, &mut page, id, tested);
    reader.page(StatusCode::OK, &page)
}

async fn tested(reader: &Reader<'_>, provider: &sign_on_provider::Model) -> Result<Tested, Failure> {
    match trial::test(&reader.web.app.sign_on(), provider).await {
        Ok(()) => Ok(Tested {
            says: "sign_on.tested.works",
            why: String::new(),
        }),
        Err(Trouble::Database(error)) => Err(error.into()),
        Err(trouble) => Ok(Tested {
            says: trouble.tested(),
            why: trouble.to_string(),
        }),
    }
}

/// Says beside a provider what came of its test.
fn tell(reader: &Reader<'_>, page: &mut AdminSignOnPage, id: Uuid, tested: Tested) {
    let path = reader.link(&format!("{PATH}/{id}/test"), None);
    let row = page
        .providers
        .iter_mut()
        .find(|row| row.test_url.as_ref() == Some(&path));
    if let Some(row) = row {
        row.tested = Some(tested);
    }
}

/// Removes a provider.
#[handler]
pub(crate) async fn remove(reader: Reader<'_>) -> poem::Result<Response> {
    let (app, own, id) = (reader.web.app.sign_on(), reader.organisation.id, reader.id()?);
    let refused = match provider::remove(&app, own, id, &reader.caller.actor).await {
        Ok(()) => return Ok(reader.see_other(PATH, None)),
        Err(ProviderError::LastProvider) => "sign_on.refused.last_provider",
        Err(ProviderError::LastAdministrator) => "sign_on.refused.last_administrator",
        Err(error) => return Err(missing(error)),
    };
    conflict(&reader, refused).await
}

/// Lets people in through the company only, or not any more.
#[handler]
pub(crate) async fn only(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let (app, own) = (reader.web.app.sign_on(), reader.organisation.id);
    let chosen = Fields::read(&body).get("but_for").text;
    let but_for = match chosen.as_str() {
        "" => None,
        chosen => Some(Uuid::try_parse(chosen).map_err(|_| bad_request())?),
    };
    let refused = match policy::set(&app, own, but_for, &reader.caller.actor).await {
        Ok(()) => return Ok(reader.see_other(PATH, None)),
        Err(PolicyError::NoProvider) => "sign_on.refused.no_provider",
        Err(PolicyError::Untried) => "sign_on.refused.untried",
        Err(PolicyError::Account) => "sign_on.refused.account",
        Err(PolicyError::Database(error)) => return Err(Failure::from(error).into()),
    };
    conflict(&reader, refused).await
}

async fn conflict(reader: &Reader<'_>, refused: &'static str) -> poem::Result<Response> {
    let mut page = page(reader).await.map_err(Failure::from)?;
    page.refused = Some(refused);
    reader.page(StatusCode::CONFLICT, &page)
}

fn missing(error: ProviderError) -> poem::Error {
    match error {
        ProviderError::NotFound(_) => not_found(),
        error => Failure::from(error).into(),
    }
}

async fn page(reader: &Reader<'_>) -> Result<AdminSignOnPage, sea_orm::DbErr> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let db = app.db.read();
    let all = provider::list(db, own).await?;
    let sites = SiteIndex::load(db, own).await?;
    let rule = policy::of(db, own).await?;
    let next = provider::next_id(db, own).await?;
    Ok(AdminSignOnPage {
        page: reader.frame(PATH, "sign_on"),
        confirm_url: reader.confirm_url(Action::CREATE_SIGN_ON_PROVIDER, PATH),
        providers: all.into_iter().map(|one| row(reader, one, &sites)).collect(),
        action: url_if(reader, Action::CREATE_SIGN_ON_PROVIDER, PATH),
        redirect_address: app.sign_on().redirect_address(next),
        form: ProviderForm::default(),
        refused: None,
        company_only: rule.is_some(),
        is_tried: rule.is_some() || policy::is_tried(db, own).await?,
        is_added: false,
        only_action: url_if(reader, Action::CHANGE_SIGN_ON_POLICY, "/sign-on-only"),
        administrators: administrators(reader, rule.map(|rule| rule.account_id)).await?,
    })
}

/// Who may be let in without; chosen is whoever is, else the reader.
async fn administrators(reader: &Reader<'_>, is: Option<Uuid>) -> Result<Vec<Choice>, sea_orm::DbErr> {
    let app = &reader.web.app;
    let held = role::list(app.db.read(), reader.organisation.id, app.clock.now()).await?;
    let own = is.or_else(|| reader.caller.person().map(|person| person.account));
    let by_hand = held.into_iter().filter(|held| {
        let grant = &held.grant;
        held.is_active && grant.role == Role::Administrator && grant.provider_id.is_none()
    });
    Ok(by_hand
        .filter(|held| held.address.is_some())
        .map(|held| Choice {
            value: held.grant.account_id.to_string(),
            chosen: Some(held.grant.account_id) == own,
            label: held.name,
        })
        .collect())
}

fn row(reader: &Reader<'_>, provider: sign_on_provider::Model, sites: &SiteIndex) -> ProviderRow {
    let app = reader.web.app.sign_on();
    let path = |deed: &str| format!("{PATH}/{}/{deed}", provider.id);
    let role = |one: entity::json::GroupRole| {
        let site = one.site.and_then(|site| sites.path(site));
        let site = site.map(|site| format!(":{site}")).unwrap_or_default();
        format!("{}={}{site}", one.group, one.role.replace('_', "-"))
    };
    ProviderRow {
        redirect_address: app.redirect_address(provider.id),
        logout_address: app.logout_address(provider.id),
        added: near(reader, provider.created_at),
        tested: None,
        test_url: url_if(reader, Action::TEST_SIGN_ON_PROVIDER, &path("test")),
        remove_url: url_if(reader, Action::REMOVE_SIGN_ON_PROVIDER, &path("remove")),
        name: provider.name,
        issuer: provider.issuer,
        domains: provider.domains.0,
        group_roles: provider.group_roles.0.into_iter().map(role).collect(),
    }
}
