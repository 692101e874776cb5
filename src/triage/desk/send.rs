//! Mailing praise to the person it is about, where nobody reads it out to them. It is told by a notice like any other,
//! tied to the recognition, so that it leaves once; and it leaves late enough for an undo to stop it.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    account::{self, Frequency},
    comment,
    notice::{self, Kind, State},
    notice_recognition::{self, Part},
    recognition, staff_member,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ModelTrait,
    QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::DeskError;
use crate::{
    access::account as accounts,
    platform::db::Tx,
    roster::organisation as organisations,
    route::{
        TIME_TO_UNDO,
        reason::{Code, Reason},
        write,
    },
};

/// Those of the given staff members to whom praise can be mailed: they work here, have an address that takes mail, and
/// have not switched mail off.
pub async fn reachable(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: &[Uuid],
    today: NaiveDate,
) -> Result<HashSet<Uuid>, DbErr> {
    let people = staff_member::Entity::named(organisation, staff_member::Column::Id, staff.iter().copied())
        .all(connection)
        .await?;
    let accounts = accounts::accounts_of(connection, organisation, staff).await?;
    let can = people
        .iter()
        .filter(|person| can_be_mailed(person, accounts.get(&person.id), today));
    Ok(can.map(|person| person.id).collect())
}

fn can_be_mailed(person: &staff_member::Model, account: Option<&account::Model>, today: NaiveDate) -> bool {
    let has_left = person.ends_on.is_some_and(|last| last < today);
    let Some(address) = accounts::address(account, Some(person)) else {
        return false;
    };
    let takes_mail = account.is_none_or(|account| {
        account.closed_at.is_none()
            && account.frequency != Frequency::Off
            && !accounts::is_refused(account, address)
    });
    !has_left && takes_mail
}

/// Writes the notice that tells the person, and the job that delivers it. What the person was mailed before is not
/// mailed again.
pub(super) async fn send(
    tx: &Tx,
    (comment, recognition): (&comment::Model, &recognition::Model),
    now: DateTime<Utc>,
) -> Result<(), DeskError> {
    let (own, staff) = (comment.organisation_id, recognition.staff_id);
    let staff = staff.ok_or(DeskError::NotReachable)?;
    let today = organisations::today(tx, own, now).await?;
    if !reachable(tx, own, &[staff], today).await?.contains(&staff) {
        return Err(DeskError::NotReachable);
    }
    if let Some(tie) = told(tx, recognition.id).await? {
        return Ok(unmute(tx, &tie, now).await?);
    }
    let reader = accounts::for_staff(tx, own, staff, now).await?;
    let notice = notice::Model {
        id: Uuid::now_v7(),
        organisation_id: own,
        reader_id: Some(reader.id),
        channel_id: None,
        kind: Kind::OwnPraise,
        comment_id: Some(comment.id),
        ordinal: 1 + ordinal_of_last(tx, comment, reader.id).await?,
        rule_id: None,
        revision: Some(comment.revision),
        period_start: None,
        first_day: None,
        last_day: None,
        covers_from: None,
        covers_until: None,
        state: State::Waiting,
        reason: Reason::new(Code::PassedOn).to_json(),
        due_at: now + TIME_TO_UNDO,
        created_at: now,
        sent_at: None,
    };
    notice::Entity::insert(write::all_set(notice.clone()))
        .exec_without_returning(tx)
        .await?;
    notice_recognition::Entity::insert(write::part(&notice, recognition.id))
        .exec_without_returning(tx)
        .await?;
    Ok(write::dispatch(tx, [&notice].into_iter(), &HashMap::new(), now).await?)
}

/// A notice of it that no mail told leaves now: it was passed on.
async fn unmute(tx: &Tx, tie: &notice_recognition::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    let muted = notice::Entity::within(tie.organisation_id)
        .filter(notice::Column::Id.eq(tie.notice_id))
        .filter(notice::Column::State.eq(State::Muted))
        .one(tx)
        .await?;
    let Some(muted) = muted else { return Ok(()) };
    let mut row: notice::ActiveModel = muted.into();
    row.state = Set(State::Waiting);
    row.due_at = Set(now + TIME_TO_UNDO);
    row.reason = Set(Reason::new(Code::PassedOn).to_json());
    let notice = row.update(tx).await?;
    write::dispatch(tx, [&notice].into_iter(), &HashMap::new(), now).await
}

/// How often the reader was told of praise of themselves in this comment.
async fn ordinal_of_last(tx: &Tx, comment: &comment::Model, reader: Uuid) -> Result<i32, DbErr> {
    let latest: Option<Option<i32>> = notice::Entity::within(comment.organisation_id)
        .filter(notice::Column::ReaderId.eq(reader))
        .filter(notice::Column::Kind.eq(Kind::OwnPraise))
        .filter(notice::Column::CommentId.eq(comment.id))
        .select_only()
        .column_as(notice::Column::Ordinal.max(), "latest")
        .into_tuple()
        .one(tx)
        .await?;
    Ok(latest.flatten().unwrap_or(0))
}

/// Stops the mail, where it has not left yet.
pub(super) async fn stop(tx: &Tx, recognition: Uuid) -> Result<(), DbErr> {
    let Some(tie) = told(tx, recognition).await? else {
        return Ok(());
    };
    let notice = notice::Entity::within(tie.organisation_id)
        .filter(notice::Column::Id.eq(tie.notice_id))
        .filter(notice::Column::State.is_in([State::Waiting, State::Deferred]))
        .one(tx)
        .await?;
    let Some(notice) = notice else { return Ok(()) };
    tie.delete(tx).await?;
    let mut cancelled: notice::ActiveModel = notice.into();
    cancelled.state = Set(State::Cancelled);
    cancelled.update(tx).await?;
    Ok(())
}

/// What tells the person of the recognition.
async fn told(
    connection: &impl ConnectionTrait,
    recognition: Uuid,
) -> Result<Option<notice_recognition::Model>, DbErr> {
    notice_recognition::Entity::find()
        .filter(notice_recognition::Column::RecognitionId.eq(recognition))
        .filter(notice_recognition::Column::Part.eq(Part::OwnPraise))
        .one(connection)
        .await
}
