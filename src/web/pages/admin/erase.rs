//! A former employee is erased: what goes, what stays, and the button.
use entity::staff_member;
use poem::{Response, handler, http::StatusCode};

use super::{near, person::somebody, url_if};
use crate::{
    access::{Action, person::has_left},
    record::erase::{self, By},
    roster::RosterError,
    template::context::{AdminErasePage, PersonLink},
    web::{
        pages::{form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let person = somebody(&reader).await?;
    reader.page(StatusCode::OK, &page(&reader, &person))
}

/// Erases them.
#[handler]
pub(crate) async fn remove(reader: Reader<'_>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let person = somebody(&reader).await?;
    let app = &reader.web.app;
    let by = By {
        actor: &reader.caller.actor,
        at: app.clock.now(),
    };
    let erasing = async {
        let tx = app.db.write().await?;
        erase::erase(&tx, &app.secrets, reader.organisation.id, person.id, by).await?;
        Ok::<_, RosterError>(tx.commit().await?)
    };
    match erasing.await {
        Ok(()) => Ok(reader.see_other(&path(&person), Some("erased"))),
        Err(RosterError::StillHere) => reader.page(StatusCode::CONFLICT, &page(&reader, &person)),
        Err(error) => Err(Failure::from(error).into()),
    }
}

fn path(person: &staff_member::Model) -> String {
    format!("/people/{}/erase", person.id)
}

/// What is to be seen of somebody who is to be erased, or was.
pub(super) fn page(reader: &Reader<'_>, person: &staff_member::Model) -> AdminErasePage {
    let path = path(person);
    let is_to_be = person.erased_at.is_none() && has_left(person, reader.today());
    AdminErasePage {
        page: reader.frame(&path, "people"),
        name: person.full_name(),
        erased: person.erased_at.map(|at| near(reader, at)),
        just_now: reader.has("erased"),
        last_day: person.ends_on.filter(|_| is_to_be),
        person_url: reader.link(&format!("/people/{}", person.id), None),
        confirm_url: reader
            .confirm_url(Action::ERASE_STAFF_MEMBER, &path)
            .filter(|_| is_to_be),
        searches: searches(reader, person),
        action: url_if(reader, Action::ERASE_STAFF_MEMBER, &path).filter(|_| is_to_be),
    }
}

/// By these names customers may have written of them.
fn searches(reader: &Reader<'_>, person: &staff_member::Model) -> Vec<PersonLink> {
    if person.erased_at.is_some() {
        return Vec::new();
    }
    let official = format!("{} {}", person.given_name, person.family_name);
    let mut names = vec![person.full_name(), official.trim().to_owned()];
    names.extend(person.aliases.0.iter().cloned());
    names.dedup();
    let link = |name: String| {
        let words = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
        PersonLink {
            url: reader.link("/search", Some(&format!("q={words}"))),
            name,
        }
    };
    names.into_iter().map(link).collect()
}
