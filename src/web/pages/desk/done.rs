//! What was just done, so that it can be undone.
use std::collections::HashMap;

use entity::{account, recognition, staff_member, verdict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use crate::{
    access::{Action, Target},
    ledger::verdict as verdicts,
    roster::staff::full_name,
    template::context::Done,
    triage::desk::pass_on,
    web::{pages::reader::Reader, problem::Failure},
};

/// What can be done on the desk: its name in addresses, the sentence, and whether undoing is by recognition.
const DEEDS: &[(&str, &str, &str)] = &[
    ("passed_on", "desk.done.passed_on", "/desk/praise/:id/undo"),
    ("sent", "desk.done.sent", "/desk/praise/:id/undo"),
    ("credited", "desk.done.credited", "/desk/comment/:id/undo"),
    ("nobody", "desk.done.nobody", "/desk/comment/:id/undo"),
    ("not_staff", "desk.done.not_staff", "/desk/comment/:id/undo"),
    ("not_praise", "desk.done.not_praise", "/desk/comment/:id/undo"),
    ("not_them", "desk.done.not_them", "/desk/comment/:id/undo"),
    ("handled", "desk.done.handled", "/desk/comment/:id/handled/undo"),
];

/// What the address says was done; nothing where it says nothing that can be done.
pub(super) async fn done(
    reader: &Reader<'_>,
    deed: Option<&str>,
    of: Option<Uuid>,
) -> poem::Result<Option<Done>> {
    let (Some(deed), Some(of)) = (deed, of) else {
        return Ok(None);
    };
    let Some((deed, key, undo)) = DEEDS.iter().find(|(known, _, _)| *known == deed) else {
        return Ok(None);
    };
    if !may_undo(reader, deed, of).await.map_err(Failure::from)? {
        return Ok(None);
    }
    let people = people(reader, deed, of).await.map_err(Failure::from)?;
    Ok(Some(Done {
        key,
        names: people,
        undo_url: Some(reader.link(&undo.replace(":id", &of.to_string()), None)),
    }))
}

/// An address can be typed by anybody; names are told, and undoing is offered, to those only whose deed it can be.
async fn may_undo(reader: &Reader<'_>, deed: &str, of: Uuid) -> Result<bool, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let target = match deed {
        "passed_on" | "sent" => match pass_on::of_id(db, own, of).await? {
            Some(praise) => Target::praise(db, own, &praise, reader.today()).await?,
            None => None,
        },
        _ => Target::said(db, own, of, reader.today()).await?,
    };
    Ok(target.is_some_and(|target| reader.may(Action::UNDO_DECISION, &target)))
}

/// The people in the sentence.
async fn people(reader: &Reader<'_>, deed: &str, of: Uuid) -> Result<Vec<String>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let staff: Vec<Uuid> = match deed {
        "passed_on" | "sent" => pass_on::of_id(db, own, of)
            .await?
            .and_then(|row| row.staff_id)
            .into_iter()
            .collect(),
        "credited" => credited(db, own, of).await?,
        _ => Vec::new(),
    };
    let people = staff_member::Entity::named(own, staff_member::Column::Id, staff)
        .all(db)
        .await?;
    Ok(people.iter().map(full_name).collect())
}

async fn credited(connection: &impl ConnectionTrait, own: Uuid, comment: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let is_ours = recognition::Entity::within(own).filter(recognition::Column::CommentId.eq(comment));
    let is_ours = !is_ours.all(connection).await?.is_empty();
    let current = verdicts::current(connection, &[comment]).await?;
    let credited = current
        .into_iter()
        .filter(|verdict| is_ours && verdict.state == verdict::State::Credited);
    Ok(credited.filter_map(|verdict| verdict.staff_id).collect())
}

/// The names of accounts' staff members.
pub(in crate::web::pages) async fn names(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    accounts: Vec<Uuid>,
) -> Result<HashMap<Uuid, String>, DbErr> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let accounts = account::Entity::named(organisation, account::Column::Id, accounts)
        .all(connection)
        .await?;
    let staff = accounts.iter().filter_map(|account| account.staff_id);
    let staff = staff_member::Entity::named(organisation, staff_member::Column::Id, staff)
        .all(connection)
        .await?;
    let name = |account: account::Model| {
        let person = staff.iter().find(|person| Some(person.id) == account.staff_id);
        let name = person.map(full_name).or(account.email)?;
        Some((account.id, name))
    };
    Ok(accounts.into_iter().filter_map(name).collect())
}
