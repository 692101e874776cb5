//! Former employees who are erased: what names them goes at once, and a job takes away in sets what there may be much of.
//!
//! Their row of the roster stays without a name, so that counts, boards and the audit log keep what they say. Customers' words
//! stay the customers'.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{
    account::{self, DigestEvery, Frequency},
    alert, among, answer, assignment, capability, comment, comment_revision, credit_objection, delivery,
    grant, half_session, name_answer,
    notice::{self, Kind},
    notice_recognition, passed_on, promise, recognition, recovery_code, rule, scim_user, second_factor,
    session, shift, sign_in_link, sign_on_link, sign_on_policy, sign_on_session, site, spot_check,
    staff_member::{self, FORMER},
    unmet_name, wall_link,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    prelude::Json,
    sea_query::{Expr, SelectStatement},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::{account as accounts, audit, person::has_left, preference::DIGEST_MINUTE},
    ledger::{own, promise as promises},
    platform::{
        db::Tx,
        job::{
            self, Claimed, Job, NewJob, queue,
            worker::{Batch, Failures},
        },
        lock,
        secret::Secrets,
        service::Service,
    },
    roster::{Change, RosterError, erased, erased::Erased, scim::schema::ENTERPRISE, staff},
};

/// Rows that are taken away at once.
const ROWS: u64 = 200;
/// Revisions that are looked through at once.
const REVISIONS: u64 = 2000;
/// What a directory writes of somebody's manager.
const MANAGER: &str = "manager";

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// As the audit log names them.
    pub actor: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Erases somebody whose employment has ended; of whoever was erased already, nothing is left to do.
pub async fn erase(
    tx: &Tx,
    secrets: &Secrets,
    organisation: Uuid,
    id: Uuid,
    by: By<'_>,
) -> Result<(), RosterError> {
    let change = Change::begin(tx, organisation, by.actor, by.at).await?;
    let person = staff::get(tx, organisation, id).await?;
    if person.erased_at.is_some() {
        return Ok(());
    }
    if !has_left(&person, change.today()) {
        return Err(RosterError::StillHere);
    }
    let account = accounts::of_person(tx, organisation, id).await?;
    refuse_the_way_back(tx, account.as_ref()).await?;
    let directory = of_directory(tx, &person).await?;
    let numbers = numbers(&person, directory.as_ref());
    erased::note(tx, secrets, organisation, &numbers, by.at).await?;
    leave_directory(tx, &person, &numbers, directory).await?;
    blank(&change, &person).await?;
    blank_work(&change, &person).await?;
    if let Some(account) = account {
        close(tx, account, by.at).await?;
    }
    own::be_on_boards(tx, organisation, id, false, by.at).await?;
    change
        .record("erase_staff_member", "staff_member", id, json!({}))
        .await?;
    job::enqueue_all(tx, vec![next(organisation, id, None, by.at)]).await?;
    Ok(())
}

/// Where the company's sign-on is the only way, one administrator's mail is the way back.
async fn refuse_the_way_back(tx: &Tx, account: Option<&account::Model>) -> Result<(), RosterError> {
    let Some(account) = account else { return Ok(()) };
    let policy = sign_on_policy::Entity::within(account.organisation_id)
        .filter(sign_on_policy::Column::AccountId.eq(account.id))
        .one(tx)
        .await?;
    match policy {
        None => Ok(()),
        Some(_) => Err(RosterError::invalid(
            "person",
            "they are the administrator who may come past the company's sign-on; choose somebody else on the page /sign-on first",
        )),
    }
}

async fn of_directory(tx: &Tx, person: &staff_member::Model) -> Result<Option<scim_user::Model>, DbErr> {
    scim_user::Entity::within(person.organisation_id)
        .filter(scim_user::Column::StaffId.eq(person.id))
        .one(tx)
        .await
}

/// By what they would be brought in again.
fn numbers(person: &staff_member::Model, directory: Option<&scim_user::Model>) -> HashSet<String> {
    let names = directory.map(|user| [user.user_name.clone(), user.external_id.clone()]);
    let names = names.into_iter().flatten().flatten();
    names.chain([person.employee_id.clone()]).collect()
}

/// Forgets what the directory wrote of them, and of them as the manager of others.
async fn leave_directory(
    tx: &Tx,
    person: &staff_member::Model,
    numbers: &HashSet<String>,
    user: Option<scim_user::Model>,
) -> Result<(), DbErr> {
    use scim_user::Column;
    let called = numbers.iter().cloned().chain([person.id.to_string()]);
    let reports = scim_user::Entity::within(person.organisation_id)
        .filter(among(Column::Manager, called))
        .all(tx)
        .await?;
    for row in reports {
        let mut document = row.document.clone();
        if let Some(Json::Object(work)) = document.get_mut(ENTERPRISE) {
            work.remove(MANAGER);
        }
        let mut row = row.into_active_model();
        row.manager = Set(None);
        row.document = Set(document);
        row.update(tx).await?;
    }
    if let Some(user) = user {
        scim_user::Entity::delete_by_id(user.staff_id).exec(tx).await?;
    }
    Ok(())
}

/// Their row of the roster: that somebody was here, until when.
async fn blank(change: &Change<'_>, person: &staff_member::Model) -> Result<(), DbErr> {
    let row = staff_member::ActiveModel {
        id: Set(person.id),
        employee_id: Set(format!("erased-{}", person.id)),
        given_name: Set(String::new()),
        family_name: Set(String::new()),
        preferred_name: Set(None),
        aliases: Set(entity::json::Words::default()),
        handles: Set(entity::json::Words::default()),
        email: Set(None),
        phone: Set(None),
        starts_on: Set(None),
        changed_in_version: Set(change.version()),
        erased_at: Set(Some(change.at)),
        ..Default::default()
    };
    row.update(change.tx).await?;
    Ok(())
}

/// As what they worked and when, what customers called them, and what bears their name.
async fn blank_work(change: &Change<'_>, person: &staff_member::Model) -> Result<(), DbErr> {
    let (tx, own, id) = (change.tx, person.organisation_id, person.id);
    assignment::Entity::update_many()
        .col_expr(assignment::Column::JobTitle, Expr::value(None::<String>))
        .col_expr(assignment::Column::Shifts, Expr::value(None::<String>))
        .filter(assignment::Column::StaffId.eq(id))
        .exec(tx)
        .await?;
    name_answer::Entity::update_many()
        .col_expr(name_answer::Column::Name, Expr::value(None::<String>))
        .filter(name_answer::Column::OrganisationId.eq(own))
        .filter(name_answer::Column::StaffId.eq(id))
        .exec(tx)
        .await?;
    unmet_name::Entity::update_many()
        .col_expr(unmet_name::Column::ChosenId, Expr::value(None::<Uuid>))
        .filter(unmet_name::Column::OrganisationId.eq(own))
        .filter(unmet_name::Column::ChosenId.eq(id))
        .exec(tx)
        .await?;
    site::Entity::update_many()
        .col_expr(site::Column::LeadId, Expr::value(None::<Uuid>))
        .filter(site::Column::OrganisationId.eq(own))
        .filter(site::Column::LeadId.eq(id))
        .exec(tx)
        .await?;
    let open = Expr::col(rule::Column::EndedAt).is_null();
    let ended = Expr::case(open, Expr::value(change.at)).finally(Expr::col(rule::Column::EndedAt));
    rule::Entity::update_many()
        .col_expr(rule::Column::Name, Expr::value(FORMER))
        .col_expr(rule::Column::EndedAt, ended.into())
        .filter(rule::Column::OrganisationId.eq(own))
        .filter(rule::Column::StaffId.eq(id))
        .exec(tx)
        .await?;
    credit_objection::Entity::delete_by_id(id).exec(tx).await?;
    wall_link::Entity::delete_many()
        .filter(wall_link::Column::OrganisationId.eq(own))
        .filter(wall_link::Column::ManagerId.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Their account without anything that they signed in with or chose.
async fn close(tx: &Tx, account: account::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    let id = account.id;
    let sessions = session::Entity::within(account.organisation_id)
        .filter(session::Column::AccountId.eq(id))
        .select_only()
        .column(session::Column::Id)
        .into_query();
    sign_on_session::Entity::delete_many()
        .filter(sign_on_session::Column::SessionId.in_subquery(sessions))
        .exec(tx)
        .await?;
    macro_rules! delete {
        ($($table:ident),*) => {
            $($table::Entity::delete_many().filter($table::Column::AccountId.eq(id)).exec(tx).await?;)*
        };
    }
    delete!(
        session,
        half_session,
        second_factor,
        recovery_code,
        sign_in_link,
        sign_on_link,
        alert,
        grant
    );
    let closed = account::ActiveModel {
        email: Set(None),
        frequency: Set(Frequency::Off),
        own_praise: Set(false),
        own_praise_frequency: Set(None),
        triage_frequency: Set(None),
        complaint_frequency: Set(None),
        digest_every: Set(DigestEvery::Never),
        digest_weekday: Set(1),
        digest_minute: Set(DIGEST_MINUTE),
        quiet_from: Set(None),
        quiet_until: Set(None),
        quiet_days: Set(0),
        time_zone: Set(None),
        language: Set(None),
        mail_refused_at: Set(None),
        mail_refused_hash: Set(None),
        mail_refused_reason: Set(None),
        closed_at: Set(account.closed_at.or(Some(now))),
        ..account.into_active_model()
    };
    closed.update(tx).await?;
    Ok(())
}

/// Whether something of somebody who was erased is yet to go: a number let in again by then would stay in old messages.
pub async fn is_under_way(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<bool, DbErr> {
    let waiting = entity::job::Entity::find()
        .filter(entity::job::Column::OrganisationId.eq(organisation))
        .filter(entity::job::Column::Kind.eq(job::Kind::ErasePerson.name()));
    Ok(waiting.count(connection).await? > 0)
}

fn next(organisation: Uuid, staff: Uuid, after: Option<Uuid>, now: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation,
        job: Job::ErasePerson { staff, after },
        run_at: now,
        key: None,
    }
}

/// Goes on with each of a batch of people.
pub async fn go_on(service: Service, batch: Batch) -> anyhow::Result<Failures> {
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        take_a_set(&service, &job).await?;
    }
    Ok(Failures::new())
}

/// One set in one transaction, with the job of the next.
async fn take_a_set(service: &Service, claimed: &Claimed) -> anyhow::Result<()> {
    let Job::ErasePerson { staff, after } = claimed.job else {
        return Ok(());
    };
    let (own, now) = (claimed.organisation, service.clock.now());
    let tx = service.db.write().await?;
    if queue::finish(&tx, std::slice::from_ref(claimed))
        .await?
        .is_empty()
    {
        return Ok(());
    }
    let account = accounts::of_person(&tx, own, staff)
        .await?
        .map(|account| account.id);
    let erasing = Erasing {
        tx: &tx,
        own,
        staff,
        account,
        now,
    };
    let goes_on = match after {
        None if erasing.take().await? => Some(None),
        after => {
            let erased = Erased::load(&tx, &service.secrets, own).await?;
            erasing
                .look_through(&erased, after.unwrap_or_default())
                .await?
                .map(Some)
        }
    };
    match goes_on {
        Some(after) => job::enqueue_all(&tx, vec![next(own, staff, after, now)]).await?,
        None => erasing.record().await?,
    }
    Ok(tx.commit().await?)
}

/// Of a revision: its id, the comment's, the number that the source named, and what it was sent with.
type Kept = (Uuid, Uuid, Option<String>, Option<Json>);

async fn some_of<E: EntityTrait>(tx: &Tx, ids: Select<E>) -> Result<Vec<Uuid>, DbErr> {
    ids.limit(ROWS).into_tuple().all(tx).await
}

async fn delete<E: EntityTrait>(tx: &Tx, id: E::Column, some: Vec<Uuid>) -> Result<bool, DbErr> {
    if some.is_empty() {
        return Ok(false);
    }
    E::delete_many().filter(among(id, some)).exec(tx).await?;
    Ok(true)
}

/// Somebody of whom there may be much to take away.
struct Erasing<'a> {
    tx: &'a Tx,
    own: Uuid,
    staff: Uuid,
    account: Option<Uuid>,
    now: DateTime<Utc>,
}

impl Erasing<'_> {
    /// Takes the first set that there is.
    async fn take(&self) -> Result<bool, DbErr> {
        Ok(self.shifts().await?
            || self.answers().await?
            || self.notes().await?
            || self.waiting().await?
            || self.questions().await?
            || self.notices().await?
            || self.links().await?
            || self.told().await?)
    }

    fn recognitions(&self) -> SelectStatement {
        recognition::Entity::within(self.own)
            .filter(recognition::Column::StaffId.eq(self.staff))
            .select_only()
            .column(recognition::Column::Id)
            .into_query()
    }

    async fn shifts(&self) -> Result<bool, DbErr> {
        let some = shift::Entity::within(self.own).filter(shift::Column::StaffId.eq(self.staff));
        let some = some_of(self.tx, some.select_only().column(shift::Column::Id)).await?;
        delete::<shift::Entity>(self.tx, shift::Column::Id, some).await
    }

    /// What they wrote to customers.
    async fn answers(&self) -> Result<bool, DbErr> {
        let theirs = answer::Column::RecognitionId.in_subquery(self.recognitions());
        let some = answer::Entity::within(self.own).filter(theirs);
        let some = some_of(self.tx, some.select_only().column(answer::Column::Id)).await?;
        delete::<answer::Entity>(self.tx, answer::Column::Id, some).await
    }

    /// What whoever told them wrote to customers of it.
    async fn notes(&self) -> Result<bool, DbErr> {
        let theirs = passed_on::Column::RecognitionId.in_subquery(self.recognitions());
        let some = passed_on::Entity::within(self.own)
            .filter(theirs)
            .filter(passed_on::Column::Note.is_not_null());
        let some = some_of(self.tx, some.select_only().column(passed_on::Column::Id)).await?;
        let changed = passed_on::Entity::update_many()
            .col_expr(passed_on::Column::Note, Expr::value(None::<String>))
            .filter(among(passed_on::Column::Id, some))
            .exec(self.tx)
            .await?;
        Ok(changed.rows_affected > 0)
    }

    /// Nobody is asked any more to tell them.
    async fn waiting(&self) -> Result<bool, DbErr> {
        use recognition::Column;
        let rows: Vec<(Uuid, Uuid)> = recognition::Entity::within(self.own)
            .filter(Column::StaffId.eq(self.staff))
            .filter(Column::WaitingSince.is_not_null())
            .select_only()
            .columns([Column::Id, Column::CommentId])
            .limit(ROWS)
            .into_tuple()
            .all(self.tx)
            .await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let comments: Vec<Uuid> = rows.iter().map(|(_, comment)| *comment).collect();
        lock::comments(self.tx, &comments).await?;
        let waiting: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
        recognition::Entity::update_many()
            .col_expr(Column::WaitingSince, Expr::value(None::<DateTime<Utc>>))
            .filter(among(Column::Id, waiting.iter().copied()))
            .exec(self.tx)
            .await?;
        promises::gone(self.tx, waiting, self.now).await?;
        Ok(true)
    }

    /// Whether praise is theirs is asked no more.
    async fn questions(&self) -> Result<bool, DbErr> {
        let some = spot_check::Entity::within(self.own)
            .filter(spot_check::Column::StaffId.eq(self.staff))
            .filter(spot_check::Column::AnsweredAt.is_null());
        let some = some_of(self.tx, some.select_only().column(spot_check::Column::Id)).await?;
        delete::<spot_check::Entity>(self.tx, spot_check::Column::Id, some).await
    }

    /// What they were told of themselves, digests and reminders. That they were told of others' praise stays without their
    /// name, so that nobody is told of it again.
    async fn notices(&self) -> Result<bool, DbErr> {
        let Some(account) = self.account else {
            return Ok(false);
        };
        let some = notice::Entity::within(self.own)
            .filter(notice::Column::ReaderId.eq(account))
            .filter(notice::Column::Kind.is_in([Kind::OwnPraise, Kind::Digest, Kind::Reminder]));
        let some = some_of(self.tx, some.select_only().column(notice::Column::Id)).await?;
        let (tx, of) = (self.tx, || some.iter().copied());
        capability::Entity::delete_many()
            .filter(among(capability::Column::NoticeId, of()))
            .exec(tx)
            .await?;
        delivery::Entity::delete_many()
            .filter(among(delivery::Column::NoticeId, of()))
            .exec(tx)
            .await?;
        notice_recognition::Entity::delete_many()
            .filter(among(notice_recognition::Column::NoticeId, of()))
            .exec(tx)
            .await?;
        delete::<notice::Entity>(tx, notice::Column::Id, some.clone()).await
    }

    /// Links that were mailed to them.
    async fn links(&self) -> Result<bool, DbErr> {
        let Some(account) = self.account else {
            return Ok(false);
        };
        let some = capability::Entity::within(self.own).filter(capability::Column::AccountId.eq(account));
        let some = some_of(self.tx, some.select_only().column(capability::Column::Id)).await?;
        delete::<capability::Entity>(self.tx, capability::Column::Id, some).await
    }

    /// No digest names anything to them, and what they were to tell others goes to somebody else.
    async fn told(&self) -> Result<bool, DbErr> {
        let Some(account) = self.account else {
            return Ok(false);
        };
        notice_recognition::Entity::update_many()
            .col_expr(
                notice_recognition::Column::AwaitsDigestOf,
                Expr::value(None::<Uuid>),
            )
            .filter(notice_recognition::Column::AwaitsDigestOf.eq(account))
            .exec(self.tx)
            .await?;
        promise::Entity::update_many()
            .col_expr(promise::Column::AccountId, Expr::value(None::<Uuid>))
            .filter(promise::Column::AccountId.eq(account))
            .filter(promise::Column::EndedAt.is_not_null())
            .exec(self.tx)
            .await?;
        promises::look_again(self.tx, &[account], self.now).await?;
        Ok(false)
    }

    /// Sources may have named them by their number, and what they wrote down bears their name: looks through some revisions
    /// and answers the last of them, none where there are no more.
    async fn look_through(&self, erased: &Erased, after: Uuid) -> Result<Option<Uuid>, DbErr> {
        use comment_revision::Column;
        let rows: Vec<Kept> = comment_revision::Entity::within(self.own)
            .filter(Column::Id.gt(after))
            .filter(
                Column::StaffReference
                    .is_not_null()
                    .or(Column::Metadata.is_not_null()),
            )
            .select_only()
            .columns([
                Column::Id,
                Column::CommentId,
                Column::StaffReference,
                Column::Metadata,
            ])
            .order_by_asc(Column::Id)
            .limit(REVISIONS)
            .into_tuple()
            .all(self.tx)
            .await?;
        let named = rows
            .iter()
            .filter(|(_, _, number, _)| number.as_ref().is_some_and(|number| erased.knows(number)));
        let named: Vec<Uuid> = named.map(|(id, ..)| *id).collect();
        if !named.is_empty() {
            comment_revision::Entity::update_many()
                .col_expr(Column::StaffReference, Expr::value(None::<String>))
                .filter(among(Column::Id, named))
                .exec(self.tx)
                .await?;
        }
        let comments = rows.iter().map(|(_, comment, ..)| *comment).collect();
        let written = self.written_down(comments).await?;
        let bears_name = |(id, comment, _, kept): &Kept| {
            let kept = kept.clone().filter(|_| written.contains(comment))?;
            Some((*id, kept))
        };
        for (id, mut kept) in rows.iter().filter_map(bears_name) {
            if let Some(name) = kept.get_mut("logged_by") {
                *name = json!(FORMER);
            }
            comment_revision::Entity::update_many()
                .col_expr(Column::Metadata, Expr::value(kept))
                .filter(Column::Id.eq(id))
                .exec(self.tx)
                .await?;
        }
        let last = rows.last().map(|(id, ..)| *id);
        Ok(last.filter(|_| rows.len() as u64 == REVISIONS))
    }

    /// Those of comments that they wrote down.
    async fn written_down(&self, comments: Vec<Uuid>) -> Result<HashSet<Uuid>, DbErr> {
        let Some(account) = self.account else {
            return Ok(HashSet::new());
        };
        let rows: Vec<Uuid> = comment::Entity::named(self.own, comment::Column::Id, comments)
            .filter(comment::Column::LoggedBy.eq(account))
            .select_only()
            .column(comment::Column::Id)
            .into_tuple()
            .all(self.tx)
            .await?;
        Ok(rows.into_iter().collect())
    }

    async fn record(&self) -> Result<(), DbErr> {
        let entry = audit::Entry {
            organisation: self.own,
            at: self.now,
            actor: "system",
            action: "finish_erasure",
            subject_kind: "staff_member",
            subject_id: Some(self.staff.to_string()),
            detail: json!({}),
        };
        audit::record(self.tx, entry).await
    }
}
