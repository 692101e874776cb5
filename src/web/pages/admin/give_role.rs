//! The form that gives somebody a role, on the page of roles and on that of a person.
use entity::{account, grant::Role};
use uuid::Uuid;

use super::{people::paths, person::meant};
use crate::{
    access::{
        account as accounts,
        invite::{self, Wanted, Whom},
        role::{self, RoleError},
    },
    platform::config::MailTransport,
    roster::people::Meant,
    template::context::{Choice, Field, FormProblemKind as Problem, GiveRole},
    web::{
        pages::{fields::Fields, reader::Reader},
        problem::Failure,
    },
};

const ROLES: [Role; 4] = [
    Role::SiteLead,
    Role::SafeReader,
    Role::Auditor,
    Role::Administrator,
];

/// What is posted where a site lead is to lead all places: nobody gets them all by leaving the choice alone.
const ALL_PLACES: &str = "all";

/// Who has the role now, or the form with what is wrong.
pub(super) enum Given {
    To(account::Model),
    Wrong(GiveRole),
}

/// The empty form.
pub(super) async fn form(reader: &Reader<'_>, action: &str, asks_who: bool) -> poem::Result<GiveRole> {
    let sites = paths(reader).await?.into_iter();
    Ok(GiveRole {
        action: reader.link(action, None),
        asks_who,
        who: Field::default(),
        role: Field::default(),
        roles: ROLES.iter().map(|role| choice(*role)).collect(),
        site: Field::default(),
        sites: sites
            .map(|(id, path)| Choice {
                value: id.to_string(),
                label: path,
                chosen: false,
            })
            .collect(),
        all_places: false,
        mail_is_off: reader.web.app.config.mail.transport == MailTransport::Off,
    })
}

fn choice(role: Role) -> Choice {
    Choice {
        value: role::name(role).to_owned(),
        label: format!("admin.role.{}", role::name(role)),
        chosen: false,
    }
}

/// Gives what was typed to whoever was typed, or to `person`.
pub(super) async fn take(
    reader: &Reader<'_>,
    mut form: GiveRole,
    fields: &Fields,
    person: Option<Uuid>,
) -> poem::Result<Given> {
    let (role, site) = typed(&mut form, fields);
    let who = fields.get("who").text;
    form.who.value.clone_from(&who);
    let whom = match person {
        Some(person) => Some(Whom::Staff(person)),
        None if who.contains('@') => Some(Whom::Address(&who)),
        None => somebody(reader, &who, &mut form.who).await?,
    };
    let (Some(role), Some(whom), None) = (role, whom, form.site.problem) else {
        return Ok(Given::Wrong(form));
    };
    match give(reader, &Wanted { whom, role, site }).await {
        Ok(account) => Ok(Given::To(account)),
        Err(error) => complain(form, error).map(Given::Wrong),
    }
}

fn typed(form: &mut GiveRole, fields: &Fields) -> (Option<Role>, Option<Uuid>) {
    let (role, site) = (fields.get("role").text, fields.get("site").text);
    for choice in &mut form.roles {
        choice.chosen = choice.value == role;
    }
    for choice in &mut form.sites {
        choice.chosen = choice.value == site;
    }
    form.all_places = site == ALL_PLACES;
    let role = ROLES.into_iter().find(|one| role::name(*one) == role);
    if role.is_none() {
        form.role.problem = Some(Problem::Role);
    }
    let chosen = form.sites.iter().any(|choice| choice.chosen);
    let is_missing = site.is_empty() && role == Some(Role::SiteLead);
    let is_unknown = !site.is_empty() && !chosen && !form.all_places;
    if is_missing || is_unknown {
        form.site.problem = Some(Problem::Site);
    }
    if chosen && role.is_some_and(|role| role != Role::SiteLead) {
        form.site.problem = Some(Problem::HoldsEverywhere);
    }
    (role, site.parse().ok().filter(|_| chosen))
}

async fn somebody(
    reader: &Reader<'_>,
    written: &str,
    field: &mut Field,
) -> poem::Result<Option<Whom<'static>>> {
    let problem = match written.trim() {
        "" => Problem::Needed,
        written => match meant(reader, written).await? {
            Meant::One(id) => return Ok(Some(Whom::Staff(id))),
            Meant::Several => Problem::Namesakes,
            Meant::Nobody => Problem::Unknown,
        },
    };
    field.problem = Some(problem);
    Ok(None)
}

async fn give(reader: &Reader<'_>, wanted: &Wanted<'_>) -> Result<account::Model, RoleError> {
    let (app, own, actor) = (&reader.web.app, reader.organisation.id, &reader.caller.actor);
    let (tx, now) = (app.db.write().await?, app.clock.now());
    let invited = invite::invite_by_mail(&tx, &app.secrets, own, wanted, actor, now).await?;
    tx.commit().await?;
    reader.web.cache.forget();
    Ok(invited.account)
}

/// Says beside the field what is wrong; where nothing asks whom, beside the role.
fn complain(mut form: GiveRole, error: RoleError) -> poem::Result<GiveRole> {
    let problem = match error {
        RoleError::HoldsEverywhere => {
            form.site.problem = Some(Problem::HoldsEverywhere);
            return Ok(form);
        }
        RoleError::NoSuchSite => {
            form.site.problem = Some(Problem::Site);
            return Ok(form);
        }
        RoleError::NotAnAddress(_) => Problem::Email,
        RoleError::SeveralAtAddress(_) => Problem::SharedAddress,
        RoleError::NoAddress => Problem::NoAddress,
        RoleError::HasLeft => Problem::HasLeft,
        other => return Err(Failure::from(other).into()),
    };
    let field = if form.asks_who {
        &mut form.who
    } else {
        &mut form.role
    };
    field.problem = Some(problem);
    Ok(form)
}

/// Where a link to sign in was mailed to.
pub(super) async fn mailed_to(reader: &Reader<'_>, account: &account::Model) -> poem::Result<String> {
    let address = accounts::address_of(reader.web.app.db.read(), account).await;
    Ok(address.map_err(Failure::from)?.unwrap_or_default())
}
