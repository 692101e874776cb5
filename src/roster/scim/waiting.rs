//! Those whose manager the directory named before it brought them.
use entity::{scim_user, staff_member};
use sea_orm::{ColumnTrait, DbErr, QueryFilter};

use super::{ScimError, document::Document, place};
use crate::{
    access::person,
    roster::{Change, people},
};

/// Puts those who wait for somebody below them.
pub(super) async fn settle(
    change: &Change<'_>,
    came: &scim_user::Model,
    person: &staff_member::Model,
) -> Result<(), ScimError> {
    let waiting = of(change, came, person).await?;
    let ids = waiting.iter().map(|one| one.staff_id).collect();
    let below = people::of_ids(change.tx, change.organisation_id(), ids).await?;
    for one in &waiting {
        let Some(theirs) = below.iter().find(|below| below.id == one.staff_id) else {
            continue;
        };
        let (own, today) = (change.organisation_id(), change.today());
        let is_circle = place::is_above(change.tx, own, theirs.id, person.id, today).await?;
        if !is_circle && !person::has_left(theirs, today) {
            let document = Document::stored(&one.document);
            place::settle(change, theirs, &document, &document).await?;
        }
    }
    Ok(())
}

async fn of(
    change: &Change<'_>,
    came: &scim_user::Model,
    person: &staff_member::Model,
) -> Result<Vec<scim_user::Model>, DbErr> {
    let document = Document::stored(&came.document);
    let mut names = vec![came.staff_id.to_string(), person.employee_id.clone()];
    names.extend(came.external_id.clone());
    names.extend(came.user_name.clone());
    names.extend(document.text("userName").map(str::to_owned));
    scim_user::Entity::within(change.organisation_id())
        .filter(scim_user::Column::Manager.is_in(names))
        .filter(scim_user::Column::Active.eq(true))
        .filter(scim_user::Column::StaffId.ne(came.staff_id))
        .all(change.tx)
        .await
}
