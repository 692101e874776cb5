//! Looks at promises that are due. Every replica looks; the comments are locked, and what another one did is not due any more.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    account, among, comment, notice, notice_recognition,
    notice_recognition::Part,
    organisation,
    promise::{self, Column, State},
    recognition, staff_member,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, Query},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    deputies,
    step::{Step, step},
    write,
};
use crate::{
    platform::{db::Tx, lock, service::Service},
    roster::{organisation::day_in, terms},
    route::{
        addressee::{Addressee, Directory, Reader},
        plan::Planned,
        reason::{Asked, Code, Muted, Obstacle},
        write as notices,
    },
};

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Promises of one transaction.
const TOGETHER: u64 = 200;
/// When a promise is looked at again that could not be.
const AFTER_FAILURE: TimeDelta = TimeDelta::minutes(10);
/// How often a promise is looked at in one turn: more than there are levels, each with its hand-over.
const MOST_LOOKS: usize = 12;

/// Looks every minute until it is stopped.
pub async fn run(service: Service, stop: CancellationToken) {
    let mut turns = tokio::time::interval(LOOK_EVERY);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        match run_due(&service).await {
            Ok(0) => {}
            Ok(looked) => info!(looked, "looked at promises"),
            Err(error) => warn!(%error, "could not look at promises that are due; tried again in a minute"),
        }
    }
}

/// Looks at every promise that is due; returns how many.
pub async fn run_due(service: &Service) -> Result<usize, DbErr> {
    let now = service.clock.now();
    wake_those_of_leavers(service, now).await?;
    deputies::wake(service, now).await?;
    let mut looked = 0;
    let mut looks: HashMap<Uuid, usize> = HashMap::new();
    loop {
        let found: Vec<(Uuid, Uuid)> = due(now, TOGETHER).into_tuple().all(service.db.read()).await?;
        if found.is_empty() {
            return Ok(looked);
        }
        let mut by_organisation: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for (organisation, recognition) in found {
            let looks = looks.entry(recognition).or_default();
            *looks += 1;
            if *looks > MOST_LOOKS {
                warn!(%recognition, "a promise goes round; looked at again in ten minutes");
                put_off(service, recognition, now + AFTER_FAILURE).await?;
                continue;
            }
            by_organisation.entry(organisation).or_default().push(recognition);
        }
        for (organisation, promises) in by_organisation {
            looked += look_at_all(service, organisation, &promises, now).await?;
        }
    }
}

/// Organisation and recognition of those that are due, the longest due first.
#[must_use]
pub fn due(now: DateTime<Utc>, limit: u64) -> Select<promise::Entity> {
    promise::Entity::find()
        .filter(Column::NextAt.lte(now))
        .order_by_asc(Column::NextAt)
        .limit(limit)
        .select_only()
        .columns([Column::OrganisationId, Column::RecognitionId])
}

/// Whoever left, or whose account is closed, keeps none: theirs are due now.
async fn wake_those_of_leavers(service: &Service, now: DateTime<Utc>) -> Result<(), DbErr> {
    let has_left = Query::select()
        .expr(Expr::val(1))
        .from(staff_member::Entity)
        .and_where(
            Expr::col((staff_member::Entity, staff_member::Column::Id))
                .equals((account::Entity, account::Column::StaffId)),
        )
        .and_where(staff_member::Column::EndsOn.lt(now.date_naive()))
        .take();
    let holding = promise::Entity::find()
        .filter(Column::NextAt.gt(now))
        .select_only()
        .column(Column::AccountId)
        .distinct()
        .into_query();
    let is_gone = Condition::any()
        .add(account::Column::ClosedAt.is_not_null())
        .add(Expr::exists(has_left));
    let gone: Vec<Uuid> = account::Entity::find()
        .filter(account::Column::Id.in_subquery(holding))
        .filter(is_gone)
        .select_only()
        .column(account::Column::Id)
        .into_tuple()
        .all(service.db.read())
        .await?;
    if gone.is_empty() {
        return Ok(());
    }
    let tx = service.db.write_repeatable().await?;
    promise::Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(now))
        .filter(among(Column::AccountId, gone))
        .filter(Column::NextAt.gt(now))
        .exec(&tx)
        .await?;
    tx.commit().await
}

/// Looks at some of one organisation. Where that fails it halves them until those are alone that cannot be looked at, and goes
/// on without them.
async fn look_at_all(
    service: &Service,
    organisation: Uuid,
    promises: &[Uuid],
    now: DateTime<Utc>,
) -> Result<usize, DbErr> {
    let mut looked = 0;
    let mut open = vec![promises];
    while let Some(some) = open.pop() {
        match look_at(service, organisation, some, now).await {
            Ok(()) => looked += some.len(),
            Err(error @ (DbErr::Conn(_) | DbErr::ConnectionAcquire(_))) => return Err(error),
            Err(error) => match some {
                [one] => {
                    warn!(recognition = %one, %error, "could not look at a promise; tried again in ten minutes");
                    put_off(service, *one, now + AFTER_FAILURE).await?;
                }
                _ => {
                    let (first, second) = some.split_at(some.len() / 2);
                    open.extend([second, first]);
                }
            },
        }
    }
    Ok(looked)
}

async fn put_off(service: &Service, recognition: Uuid, until: DateTime<Utc>) -> Result<(), DbErr> {
    let tx = service.db.write().await?;
    promise::Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(until))
        .filter(Column::RecognitionId.eq(recognition))
        .filter(Column::NextAt.is_not_null())
        .exec(&tx)
        .await?;
    tx.commit().await
}

async fn look_at(
    service: &Service,
    organisation: Uuid,
    recognitions: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let tx = service.db.write_repeatable().await?;
    let found = organisation::Entity::find_by_id(organisation).one(&tx).await?;
    if let Some(organisation) = found {
        let mut look = Look::begin(&tx, &organisation, recognitions, now).await?;
        look.take_steps().await?;
        look.finish().await?;
    }
    tx.commit().await
}

/// Some promises of one organisation, and what is decided about them.
struct Look<'a> {
    tx: &'a Tx,
    organisation: &'a organisation::Model,
    now: DateTime<Utc>,
    directory: Directory<'a>,
    promises: Vec<promise::Model>,
    recognitions: HashMap<Uuid, recognition::Model>,
    comments: HashMap<Uuid, comment::Model>,
    terms: terms::OfSites,
    holders: HashMap<Uuid, account::Model>,
    /// Accounts that were told, by recognition.
    told: HashMap<Uuid, HashSet<Uuid>>,
    reminded: BTreeSet<Uuid>,
    plans: BTreeMap<(Uuid, Reader), Planned>,
}

impl<'a> Look<'a> {
    async fn begin(
        tx: &'a Tx,
        organisation: &'a organisation::Model,
        recognitions: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<Look<'a>, DbErr> {
        let recognitions = recognition::Entity::named(
            organisation.id,
            recognition::Column::Id,
            recognitions.iter().copied(),
        )
        .all(tx)
        .await?;
        let mut comments: Vec<Uuid> = recognitions.iter().map(|one| one.comment_id).collect();
        comments.sort_unstable();
        comments.dedup();
        let comments = lock::comments(tx, &comments).await?;
        lock::rosters(tx, std::iter::once(organisation.id)).await?;
        // As they stand now that nobody else changes them.
        let ids = || recognitions.iter().map(|one| one.id);
        let promises = promise::Entity::named(organisation.id, Column::RecognitionId, ids())
            .filter(Column::NextAt.lte(now))
            .order_by_asc(Column::MadeAt)
            .order_by_asc(Column::RecognitionId)
            .all(tx)
            .await?;
        let recognitions = recognition::Entity::named(organisation.id, recognition::Column::Id, ids())
            .all(tx)
            .await?;
        let holders = promises.iter().filter_map(|promise| promise.account_id);
        let holders = account::Entity::named(organisation.id, account::Column::Id, holders)
            .all(tx)
            .await?;
        let sites = recognitions.iter().filter_map(|one| one.site_id).collect();
        let mut directory = Directory::new(tx, organisation, now);
        directory
            .prepare_upwards(&recognitions.iter().collect::<Vec<_>>())
            .await?;
        directory.read_holders(&holders).await?;
        Ok(Look {
            terms: terms::of_sites(tx, organisation, sites).await?,
            told: told(tx, organisation.id, &promises).await?,
            recognitions: recognitions.into_iter().map(|one| (one.id, one)).collect(),
            comments: comments.into_iter().map(|one| (one.id, one)).collect(),
            holders: holders.into_iter().map(|one| (one.id, one)).collect(),
            promises,
            directory,
            tx,
            organisation,
            now,
            reminded: BTreeSet::new(),
            plans: BTreeMap::new(),
        })
    }

    async fn take_steps(&mut self) -> Result<(), DbErr> {
        for at in 0..self.promises.len() {
            let Some(promise) = self.promises.get(at).cloned() else {
                continue;
            };
            let after = self.take_step(promise).await?;
            if let Some(promise) = self.promises.get_mut(at) {
                *promise = after;
            }
        }
        Ok(())
    }

    async fn take_step(&mut self, mut promise: promise::Model) -> Result<promise::Model, DbErr> {
        let Some(recognition) = self.recognitions.get(&promise.recognition_id).cloned() else {
            return Ok(promise);
        };
        let Some(comment) = self.comments.get(&promise.comment_id).cloned() else {
            return Ok(promise);
        };
        let is_reached = self.is_reached(&promise, &recognition).await?;
        let terms = self.terms.at(recognition.site_id);
        match step(&promise, (&comment, &recognition), is_reached, terms, self.now) {
            Step::Wait(at) => promise.next_at = Some(at),
            Step::Remind(then) => {
                promise.state = State::Reminded;
                promise.next_at = Some(then);
                self.reminded.extend(promise.account_id);
            }
            Step::Pause => {
                promise.state = State::Paused;
                promise.next_at = None;
            }
            Step::GoOn(term) => {
                promise.state = State::Open;
                promise.due_at = term.ends;
                promise.next_at = Some(match is_reached {
                    true => term.last_morning,
                    false => self.now,
                });
            }
            Step::HandOver => self.hand_over(&mut promise, &comment, &recognition).await?,
            Step::GoUp(term) => {
                if self.go_up(&mut promise, &comment, &recognition).await? {
                    promise.due_at = term.ends;
                    promise.next_at = Some(term.last_morning);
                } else {
                    self.end(&mut promise, State::Undeliverable);
                }
            }
            Step::GiveUp => self.end(&mut promise, State::Undeliverable),
            Step::End(state) => self.end(&mut promise, state),
        }
        Ok(promise)
    }

    /// Whether whoever has it can be told still. A manager who is away cannot while somebody else can: their deputy, or who
    /// comes next.
    async fn is_reached(
        &mut self,
        promise: &promise::Model,
        recognition: &recognition::Model,
    ) -> Result<bool, DbErr> {
        let Some(holder) = promise.account_id.and_then(|id| self.holders.get(&id)) else {
            return Ok(false);
        };
        if !self.directory.reaches(holder).await? {
            return Ok(false);
        }
        if self.directory.keeps(holder, promise.stands_for_id).await? {
            return Ok(true);
        }
        let staff = holder.staff_id;
        let but = self.asked_before(promise).await?;
        let found = self.directory.nearest_but(recognition, &but).await?;
        let mut passed_over = found.iter().flat_map(|one| &one.reason.passed_over);
        let is_manager_away = passed_over.any(|one| Some(one.staff) == staff && one.why == Obstacle::Absent);
        let told = self.told.get(&promise.recognition_id);
        // Leads and administrators who are away as well would hand it to each other for ever.
        let is_new = |one: &Addressee| match one.reader {
            Reader::Account(id) => told.is_none_or(|told| !told.contains(&id)),
            _ => true,
        };
        let in_charge = [Code::Manager, Code::ManagerAbove, Code::Deputy];
        let takes = found
            .iter()
            .any(|one| in_charge.contains(&one.reason.code) || is_new(one));
        let goes = !found.is_empty() && (promise.stands_for_id.is_some() || (is_manager_away && takes));
        Ok(!goes)
    }

    /// Who is not asked in place of whoever has it: they themselves, and above the first level those who were told before; but
    /// for whom somebody stood in is asked when they are back.
    async fn asked_before(&mut self, promise: &promise::Model) -> Result<HashSet<Uuid>, DbErr> {
        let told = self.told.get(&promise.recognition_id).cloned();
        let mut but: HashSet<Uuid> = match promise.level {
            0 => HashSet::new(),
            _ => told.unwrap_or_default(),
        };
        if let Some(absent) = promise.stands_for_id
            && let Some(back) = self.directory.account_of(absent).await?
        {
            but.remove(&back);
        }
        but.extend(promise.account_id);
        Ok(but)
    }

    fn end(&self, promise: &mut promise::Model, state: State) {
        promise.state = state;
        promise.next_at = None;
        promise.ended_at = Some(self.now);
    }

    /// Gives it to whoever comes after somebody who cannot be told any more, for the rest of the term.
    async fn hand_over(
        &mut self,
        promise: &mut promise::Model,
        comment: &comment::Model,
        recognition: &recognition::Model,
    ) -> Result<(), DbErr> {
        let but = self.asked_before(promise).await?;
        let found = self.directory.nearest_but(recognition, &but).await?;
        self.ask(promise, comment, found, None);
        // Where nothing is left of the term, the clock looks at it again at once.
        promise.next_at = Some(self.now);
        Ok(())
    }

    /// Asks somebody higher up; `false` where there is nobody who was not asked yet.
    async fn go_up(
        &mut self,
        promise: &mut promise::Model,
        comment: &comment::Model,
        recognition: &recognition::Model,
    ) -> Result<bool, DbErr> {
        let mut told = self.told.get(&recognition.id).cloned().unwrap_or_default();
        told.extend(promise.account_id);
        let found = self.directory.nearest_but(recognition, &told).await?;
        if found.is_empty() {
            return Ok(false);
        }
        let asked = promise.account_id.map(|account| Asked {
            account,
            at: promise.asked_at,
        });
        self.ask(promise, comment, found, asked);
        promise.level += 1;
        Ok(true)
    }

    /// Plans notices; the first of several has it.
    fn ask(
        &mut self,
        promise: &mut promise::Model,
        comment: &comment::Model,
        found: Vec<Addressee>,
        asked: Option<Asked>,
    ) {
        promise.account_id = None;
        promise.stands_for_id = found.first().and_then(|first| first.reason.stands_for);
        promise.state = State::Open;
        promise.asked_at = self.now;
        for (at, mut addressee) in found.into_iter().enumerate() {
            let known = self.told.get(&promise.recognition_id);
            let is_told = match addressee.reader {
                Reader::Account(account) => {
                    if at == 0 {
                        promise.account_id = Some(account);
                    }
                    known.is_some_and(|known| known.contains(&account))
                }
                Reader::Staff(_) | Reader::Channel(_) | Reader::Nobody => false,
            };
            if is_told {
                continue;
            }
            if asked.is_some() {
                addressee.reason.code = Code::Unheard;
                addressee.reason.site = None;
            }
            addressee.reason.asked = asked;
            addressee.reason.muted = (comment.tell == comment::Tell::Digest).then_some(Muted::DigestOnly);
            let key = (comment.id, addressee.reader);
            let plan = self.plans.entry(key).or_insert_with(|| Planned {
                comment: comment.clone(),
                reader: addressee.reader,
                kind: notice::Kind::Praise,
                reason: addressee.reason.clone(),
                recognitions: Vec::new(),
                stands_for: HashMap::new(),
                by_rule: HashMap::new(),
                in_digest: false,
                due_at: self.now,
                is_late: false,
            });
            plan.tell(promise.recognition_id, addressee.reason);
        }
    }

    /// Writes all of it.
    async fn finish(mut self) -> Result<(), DbErr> {
        let comments = self.plans.keys().map(|(comment, _)| *comment);
        let earlier = notice::Entity::find()
            .filter(among(notice::Column::CommentId, comments))
            .all(self.tx)
            .await?;
        let plans = std::mem::take(&mut self.plans).into_values().collect();
        let told = notices::write(self.tx, self.organisation.id, plans, &earlier, self.now).await?;
        // Whoever had no account has one now.
        for promise in &mut self.promises {
            let is_new = promise.account_id.is_none() && promise.asked_at == self.now;
            let own = told
                .iter()
                .find(|told| is_new && told.recognition == promise.recognition_id);
            if let Some(own) = own {
                promise.account_id = own.reader;
                promise.stands_for_id = own.stands_for;
            }
        }
        let today = day_in(self.organisation, self.now);
        write::remind(self.tx, self.organisation.id, self.reminded, (today, self.now)).await?;
        write::changed(self.tx, self.promises).await
    }
}

/// Who was told of praise of their people, by recognition.
async fn told(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    promises: &[promise::Model],
) -> Result<HashMap<Uuid, HashSet<Uuid>>, DbErr> {
    use notice_recognition::Column;
    let ids = promises.iter().map(|promise| promise.recognition_id);
    let ties = notice_recognition::Entity::named(organisation, Column::RecognitionId, ids)
        .filter(Column::Part.eq(Part::Praise))
        .all(connection)
        .await?;
    let mut told: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for tie in ties {
        told.entry(tie.recognition_id).or_default().extend(tie.reader_id);
    }
    Ok(told)
}
