//! Writes planned notices, with what they tell of and the jobs that deliver them.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    account, channel, delivery,
    notice::{self, Kind, State},
    notice_recognition::{self, Part},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr, IntoActiveModel, sea_query::OnConflict};
use uuid::Uuid;

use super::{
    addressee::Reader,
    plan::Planned,
    reason::{Muted, Reason},
};
use crate::{
    access::{account as accounts, preference},
    platform::{
        db::{Tx, insert_all, insert_or},
        job::{self, Job, NewJob},
    },
};

/// Its name in the outbox.
pub(crate) const MAIL: &str = "mail";

/// Who has to hear of a recognition, as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) recognition: Uuid,
    /// None where nobody was found.
    pub(super) reader: Option<Uuid>,
    /// The absent manager for whom they hear of it.
    pub(super) stands_for: Option<Uuid>,
}

/// Writes the notices of one organisation; `earlier` are those that its comments have already. Answers which praise of
/// whose people they tell.
pub(super) async fn write(
    tx: &Tx,
    organisation: Uuid,
    plans: Vec<Planned>,
    earlier: &[notice::Model],
    now: DateTime<Utc>,
) -> Result<Vec<Told>, DbErr> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    let readers = readers(tx, organisation, &plans, now).await?;
    let mut parts = Vec::new();
    let mut notices = Vec::with_capacity(plans.len());
    let mut told = Vec::new();
    for plan in plans {
        let reader = readers.get(&plan.reader);
        let row = row(&plan, reader, earlier, now);
        if plan.kind == Kind::Praise && row.channel_id.is_none() {
            let of = |id: &Uuid| Told {
                recognition: *id,
                reader: row.reader_id,
                stands_for: plan.stands_for.get(id).copied(),
            };
            let by_first = plan
                .recognitions
                .iter()
                .filter(|id| !plan.by_rule.contains_key(*id));
            told.extend(by_first.map(of));
        }
        parts.extend(
            plan.recognitions
                .iter()
                .map(|id| match plan.by_rule.contains_key(id) {
                    true => part_by_rule(&row, *id),
                    false => part(&row, *id),
                }),
        );
        notices.push(row);
    }
    insert_all(tx, notices.iter().cloned().map(all_set)).await?;
    insert_all(tx, parts).await?;
    let kinds = kinds_of_channels(tx, organisation, &notices).await?;
    let waiting = notices.iter().filter(|notice| notice.state == State::Waiting);
    dispatch(tx, waiting, &kinds, now).await?;
    Ok(told)
}

async fn kinds_of_channels(
    tx: &Tx,
    organisation: Uuid,
    notices: &[notice::Model],
) -> Result<HashMap<Uuid, String>, DbErr> {
    if notices.iter().all(|notice| notice.channel_id.is_none()) {
        return Ok(HashMap::new());
    }
    let rows = channel::Entity::within(organisation).all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.kind)).collect())
}

/// Puts notices into the outbox: by which channel each leaves and to whom, and the jobs that deliver them. `kinds` are
/// those of rooms and endpoints.
pub(crate) async fn dispatch<'a>(
    tx: &Tx,
    notices: impl Iterator<Item = &'a notice::Model>,
    kinds: &HashMap<Uuid, String>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let (mut rows, mut jobs) = (Vec::new(), Vec::new());
    for notice in notices {
        let kind = notice.channel_id.and_then(|channel| kinds.get(&channel));
        rows.push(delivery::ActiveModel {
            id: Set(Uuid::now_v7()),
            organisation_id: Set(notice.organisation_id),
            notice_id: Set(notice.id),
            channel: Set(kind.map_or_else(|| MAIL.to_owned(), Clone::clone)),
            account_id: Set(notice.reader_id),
            channel_id: Set(notice.channel_id),
            state: Set(delivery::State::Waiting),
            attempt: Set(0),
            due_at: Set(notice.due_at),
            code: Set(None),
            created_at: Set(now),
            attempted_at: Set(None),
        });
        jobs.push(job_for(notice));
    }
    insert_or(tx, rows, anew()).await?;
    job::enqueue_all(tx, jobs).await
}

/// A notice that was muted when it fell due, and is to leave after all, stands in the outbox already.
fn anew() -> OnConflict {
    use delivery::Column;
    OnConflict::columns([Column::NoticeId, Column::Channel])
        .update_columns([Column::State, Column::Attempt, Column::DueAt, Column::Code])
        .to_owned()
}

async fn readers(
    tx: &Tx,
    organisation: Uuid,
    plans: &[Planned],
    now: DateTime<Utc>,
) -> Result<HashMap<Reader, account::Model>, DbErr> {
    let mut staff = Vec::new();
    let mut ids = Vec::new();
    for plan in plans {
        match plan.reader {
            Reader::Staff(id) => staff.push(id),
            Reader::Account(id) => ids.push(id),
            Reader::Channel(_) | Reader::Nobody => {}
        }
    }
    let by_staff = accounts::of_staff(tx, organisation, &staff, now).await?;
    let by_id = account::Entity::named(organisation, account::Column::Id, ids)
        .all(tx)
        .await?;
    let of_staff = by_staff
        .into_iter()
        .map(|(staff, row)| (Reader::Staff(staff), row));
    let of_accounts = by_id.into_iter().map(|row| (Reader::Account(row.id), row));
    Ok(of_staff.chain(of_accounts).collect())
}

fn row(
    plan: &Planned,
    reader: Option<&account::Model>,
    earlier: &[notice::Model],
    now: DateTime<Utc>,
) -> notice::Model {
    let reader_id = reader.map(|reader| reader.id);
    let mut reason = plan.reason.clone();
    let state = match plan.reader.channel() {
        Some(_) if reason.muted.is_some() => State::Muted,
        Some(_) => State::Waiting,
        None => state(&mut reason, plan.kind, reader),
    };
    notice::Model {
        id: Uuid::now_v7(),
        organisation_id: plan.comment.organisation_id,
        reader_id,
        channel_id: plan.reader.channel(),
        kind: plan.kind,
        comment_id: Some(plan.comment.id),
        ordinal: 1 + ordinal_of_last(earlier, reader_id, plan),
        rule_id: plan.rule(),
        revision: Some(plan.comment.revision),
        period_start: None,
        first_day: None,
        last_day: None,
        covers_from: None,
        covers_until: None,
        state,
        reason: reason.to_json(),
        due_at: plan.due_at,
        created_at: now,
        sent_at: None,
    }
}

fn ordinal_of_last(earlier: &[notice::Model], reader: Option<Uuid>, plan: &Planned) -> i32 {
    earlier
        .iter()
        .filter(|notice| {
            notice.reader_id == reader
                && notice.channel_id == plan.reader.channel()
                && notice.kind == plan.kind
                && notice.comment_id == Some(plan.comment.id)
        })
        .map(|notice| notice.ordinal)
        .max()
        .unwrap_or(0)
}

fn state(reason: &mut Reason, kind: Kind, reader: Option<&account::Model>) -> State {
    let Some(reader) = reader else {
        reason.muted = None;
        return State::NoRecipient;
    };
    if reason.muted.is_none() && !preference::is_mailed(reader, kind) {
        reason.muted = Some(Muted::Frequency);
    }
    match reason.muted {
        Some(_) => State::Muted,
        None => State::Waiting,
    }
}

/// The job that delivers a notice when it is due. That of a room or endpoint bears its name, so that whoever passes the
/// notice on finds it; that of a digest, so that other preferences of its reader do.
pub(crate) fn job_for(notice: &notice::Model) -> NewJob {
    NewJob {
        organisation: notice.organisation_id,
        job: match notice.channel_id {
            Some(_) => Job::Call { notice: notice.id },
            None => Job::Deliver { notice: notice.id },
        },
        run_at: notice.due_at,
        key: match (notice.channel_id, notice.kind) {
            (Some(_), _) => Some(format!("call:{}", notice.id)),
            (None, Kind::Digest | Kind::Reminder) => Some(preference::digest_key(notice.id)),
            (None, _) => None,
        },
    }
}

/// Ties what a notice tells of to it.
pub(crate) fn part(notice: &notice::Model, recognition: Uuid) -> notice_recognition::ActiveModel {
    let part = match notice.kind {
        _ if notice.channel_id.is_some() => Part::Channel,
        Kind::OwnPraise => Part::OwnPraise,
        _ => Part::Praise,
    };
    notice_recognition::ActiveModel {
        notice_id: Set(notice.id),
        recognition_id: Set(recognition),
        organisation_id: Set(notice.organisation_id),
        reader_id: Set(notice.reader_id),
        awaits_digest_of: Set(notice.reader_id.filter(|_| part == Part::Praise)),
        part: Set(part),
    }
}

/// The same of what a rule tells; rooms are told by rules as they are otherwise.
fn part_by_rule(notice: &notice::Model, recognition: Uuid) -> notice_recognition::ActiveModel {
    let mut tie = part(notice, recognition);
    if notice.channel_id.is_none() {
        tie.part = Set(Part::Rule);
    }
    tie
}

/// Every column of a row that is to be inserted.
pub(crate) fn all_set(row: notice::Model) -> notice::ActiveModel {
    row.into_active_model().reset_all()
}
