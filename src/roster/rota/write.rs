//! Shifts are written by days: those of a site and day that come in take the place of those that are there.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use entity::{
    among, comment, comment_revision, decision,
    json::{Break, Breaks},
    shift,
};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, QuerySelect,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::NewShift;
use crate::platform::{
    db::{Tx, insert_all},
    job::{self, Job, NewJob},
    lock,
};

/// Days whose shifts one statement reads.
const DAYS_AT_ONCE: usize = 256;
/// Sites whose comments one statement finds.
const SITES_AT_ONCE: usize = 64;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Days of a site whose shifts are others now.
    pub days: u64,
    /// Days of a site that had these shifts already.
    pub same: u64,
    /// Shifts that were written.
    pub shifts: u64,
    /// Comments that are read again.
    pub comments: u64,
}

type Day = (Uuid, NaiveDate);

/// Replaces the shifts of all days and sites that are among these; the rest of the rota stays. Praise said there and then at a
/// post, on which nobody has decided, is read again.
pub async fn replace(
    tx: &Tx,
    organisation: Uuid,
    shifts: Vec<NewShift>,
    now: DateTime<Utc>,
) -> Result<Replaced, DbErr> {
    // Two at the same time would leave the shifts of both.
    lock::roster_changes(tx, organisation).await?;
    let mut wanted: BTreeMap<Day, BTreeSet<NewShift>> = BTreeMap::new();
    for shift in shifts {
        wanted.entry((shift.site, shift.day)).or_default().insert(shift);
    }
    let (mut replaced, mut outdated) = (Replaced::default(), Vec::new());
    let days: Vec<Day> = wanted.keys().copied().collect();
    for some in days.chunks(DAYS_AT_ONCE) {
        let mut there = on_days(tx, organisation, some).await?;
        for day in some {
            let stored = there.remove(day).unwrap_or_default();
            let known: BTreeSet<NewShift> = stored.iter().map(known).collect();
            if wanted.get(day) == Some(&known) {
                replaced.same += 1;
                wanted.remove(day);
            } else {
                outdated.extend(stored.into_iter().map(|row| row.id));
            }
        }
    }
    replaced.days = wanted.len() as u64;
    delete(tx, outdated).await?;
    let changed: Vec<Day> = wanted.keys().copied().collect();
    let rows: Vec<shift::ActiveModel> = wanted
        .into_values()
        .flatten()
        .map(|shift| row(organisation, shift, now))
        .collect();
    replaced.shifts = rows.len() as u64;
    insert_all(tx, rows).await?;
    replaced.comments = read_again(tx, organisation, &changed, now).await?;
    Ok(replaced)
}

async fn on_days(
    tx: &Tx,
    organisation: Uuid,
    days: &[Day],
) -> Result<BTreeMap<Day, Vec<shift::Model>>, DbErr> {
    let rows = shift::Entity::within(organisation)
        .filter(on(days))
        .all(tx)
        .await?;
    let mut found: BTreeMap<Day, Vec<shift::Model>> = BTreeMap::new();
    for row in rows {
        found.entry((row.site_id, row.day)).or_default().push(row);
    }
    Ok(found)
}

/// Of one of these sites and days.
pub(super) fn on(days: &[Day]) -> Condition {
    let mut of_site: BTreeMap<Uuid, BTreeSet<NaiveDate>> = BTreeMap::new();
    for (site, day) in days {
        of_site.entry(*site).or_default().insert(*day);
    }
    let each = of_site.into_iter().map(|(site, days)| {
        let on_days = among(shift::Column::Day, days);
        Condition::all().add(shift::Column::SiteId.eq(site)).add(on_days)
    });
    each.fold(Condition::any(), Condition::add)
}

fn known(row: &shift::Model) -> NewShift {
    NewShift {
        site: row.site_id,
        day: row.day,
        staff: row.staff_id,
        post: row.post.clone(),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        breaks: row.breaks.0.clone(),
    }
}

async fn delete(tx: &Tx, ids: Vec<Uuid>) -> Result<(), DbErr> {
    for some in ids.chunks(DAYS_AT_ONCE) {
        shift::Entity::delete_many()
            .filter(among(shift::Column::Id, some.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

fn row(organisation: Uuid, shift: NewShift, now: DateTime<Utc>) -> shift::ActiveModel {
    let breaks: Vec<Break> = shift.breaks;
    let row = shift::Model {
        id: Uuid::now_v7(),
        organisation_id: organisation,
        site_id: shift.site,
        staff_id: shift.staff,
        post: shift.post,
        day: shift.day,
        starts_at: shift.starts_at,
        ends_at: shift.ends_at,
        breaks: Breaks(breaks),
        created_at: now,
    };
    row.into_active_model().reset_all()
}

/// Has praise read again that was said at a post on one of these days. What people decided stands, so they are not asked twice.
async fn read_again(tx: &Tx, organisation: Uuid, days: &[Day], now: DateTime<Utc>) -> Result<u64, DbErr> {
    let mut sites: BTreeMap<Uuid, (NaiveDate, NaiveDate)> = BTreeMap::new();
    for (site, day) in days {
        let known = sites.entry(*site).or_insert((*day, *day));
        *known = (Ord::min(known.0, *day), Ord::max(known.1, *day));
    }
    let sites: Vec<_> = sites.into_iter().collect();
    let mut jobs = Vec::new();
    for some in sites.chunks(SITES_AT_ONCE) {
        let each = some.iter().map(|(site, days)| said_there(*site, *days));
        let there = each.fold(Condition::any(), Condition::add);
        jobs.extend(
            undecided(organisation)
                .filter(there)
                .into_tuple::<(Uuid, i32)>()
                .all(tx)
                .await?
                .into_iter()
                .map(|(comment, revision): (Uuid, i32)| NewJob {
                    organisation,
                    job: Job::Attribute { comment, revision },
                    run_at: now,
                    key: None,
                }),
        );
    }
    let count = jobs.len() as u64;
    job::enqueue_all(tx, jobs).await?;
    Ok(count)
}

/// A day of a place lies, wherever on earth it is, within these times; a night that begins on it too.
fn said_there(site: Uuid, (first, last): (NaiveDate, NaiveDate)) -> Condition {
    let from = (first - Days::new(1)).and_time(NaiveTime::MIN).and_utc();
    let to = (last + Days::new(3)).and_time(NaiveTime::MIN).and_utc();
    Condition::all()
        .add(comment::Column::SiteId.eq(site))
        .add(comment::Column::OccurredAt.between(from, to))
}

fn undecided(organisation: Uuid) -> sea_orm::Select<comment::Entity> {
    use comment::{Column, State, Tone};
    let own = (comment::Entity, Column::Id);
    let at_a_post = Query::select()
        .expr(Expr::val(1))
        .from(comment_revision::Entity)
        .and_where(Expr::col((comment_revision::Entity, comment_revision::Column::CommentId)).equals(own))
        .and_where(Expr::col((comment_revision::Entity, comment_revision::Column::Post)).is_not_null())
        .take();
    let decided = Query::select()
        .expr(Expr::val(1))
        .from(decision::Entity)
        .and_where(Expr::col((decision::Entity, decision::Column::CommentId)).equals(own))
        .take();
    // A complaint that was put right would wait again.
    let is_praise = Column::Tone
        .is_null()
        .or(Column::Tone.eq(Tone::Praise.to_value()));
    comment::Entity::within(organisation)
        .select_only()
        .columns([Column::Id, Column::Revision])
        .filter(Column::State.is_in([State::Attributing, State::Triage, State::Done]))
        .filter(Column::ErasedAt.is_null())
        .filter(Column::WithdrawnAt.is_null())
        .filter(is_praise)
        .filter(Expr::exists(at_a_post))
        .filter(Expr::exists(decided).not())
}
