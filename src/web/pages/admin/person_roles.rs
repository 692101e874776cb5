//! The roles of somebody on the roster: seen and given on their page.
use entity::staff_member;
use poem::{Response, handler, http::StatusCode};

use super::{
    give_role::{self, Given},
    person::{known, somebody},
    roles::row,
    url_if,
};
use crate::{
    access::{Action, account as accounts, key as keys, role, second_factor},
    template::context::PersonRoles,
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

/// Gives somebody a role, or shows what is wrong and gives none.
#[handler]
pub(crate) async fn give(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let person = somebody(&reader).await?;
    let path = format!("/people/{}/roles", person.id);
    let form = give_role::form(&reader, &path, false).await?;
    match give_role::take(&reader, form, &Fields::read(&body), Some(person.id)).await? {
        Given::To(_) => Ok(reader.see_other(&format!("/people/{}", person.id), Some("given"))),
        Given::Wrong(form) => {
            let mut page = known(&reader, &person).await?;
            if let Some(roles) = &mut page.roles {
                roles.give = Some(form);
            }
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What somebody holds, with the form for more.
pub(super) async fn of(reader: &Reader<'_>, person: &staff_member::Model) -> poem::Result<PersonRoles> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let now = reader.web.app.clock.now();
    let account = accounts::of_person(db, own, person.id)
        .await
        .map_err(Failure::from)?;
    let mut held = role::list(db, own, now).await.map_err(Failure::from)?;
    held.retain(|held| Some(held.grant.account_id) == account.as_ref().map(|account| account.id));
    let all = keys::list(db, own).await.map_err(Failure::from)?;
    let path = format!("/people/{}/roles", person.id);
    let is_here = person.ends_on.is_none_or(|last| last >= reader.today());
    let form = match url_if(reader, Action::GRANT_ROLE, &path).filter(|_| is_here) {
        Some(_) => Some(give_role::form(reader, &path, false).await?),
        None => None,
    };
    let given = match account.filter(|_| reader.has("given")) {
        Some(account) => Some(give_role::mailed_to(reader, &account).await?),
        None => None,
    };
    let holders = held.iter().map(|held| held.grant.account_id).collect();
    let with_factor = second_factor::having(db, own, &holders)
        .await
        .map_err(Failure::from)?;
    Ok(PersonRoles {
        held: held
            .into_iter()
            .map(|held| row(reader, held, &all, &with_factor))
            .collect(),
        person: person.id.to_string(),
        given: given.filter(|address| !address.is_empty()),
        give: form,
    })
}
