//! Recognitions by conditions, newest first.
use chrono::{DateTime, Utc};
use entity::{among, comment, recognition};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    QueryTrait, Select, sea_query::Expr,
};
use uuid::Uuid;

use super::{comments::Looking, reach::Reach, shown::Place};
use crate::{
    access::{Action, Person, Target, permit},
    ledger::{
        feed::{self, Shown},
        scope,
    },
    platform::paging::newest,
};

/// What is looked for; everything that is given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Whose.
    pub person: Option<Uuid>,
    /// Where it counts, or at a site below.
    pub site: Option<Uuid>,
    /// When it was said, at the earliest.
    pub from: Option<DateTime<Utc>>,
    /// Before when it was said.
    pub until: Option<DateTime<Utc>>,
    /// Only what was recognised, withdrawn, taken back or erased since. Without it, what was withdrawn is not found.
    pub changed_since: Option<DateTime<Utc>>,
}

/// A page of what is found, and where the next one begins. It may be shorter than `limit` though more follows.
pub async fn page(
    connection: &impl ConnectionTrait,
    looking: Looking<'_>,
    wanted: &Wanted,
    after: Option<Place>,
    limit: u64,
) -> Result<(Vec<Shown>, Option<Place>), DbErr> {
    let own = looking.caller.organisation;
    let reach = Reach::of(looking.caller, Action::LIST_RECOGNITIONS);
    let select = match &reach {
        Reach::Everything => recognition::Entity::within(own),
        Reach::Below(person) => recognition::Entity::within(own).filter(below(person)),
        Reach::Nothing => return Ok((Vec::new(), None)),
    };
    let order = (recognition::Column::RecognisedAt, recognition::Column::Id);
    let select = newest(conditions(select, own, wanted), order, after, limit + 1);
    let mut rows = select.all(connection).await?;
    let has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows
        .last()
        .filter(|_| has_more)
        .map(|row| (row.recognised_at, row.id));
    if !matches!(reach, Reach::Everything) {
        rows = permitted(connection, looking, rows).await?;
    }
    Ok((feed::with_words(connection, own, rows).await?, next))
}

fn below(person: &Person) -> Condition {
    use recognition::Column;
    let mut any = Condition::any();
    if let Some(manager) = person.staff {
        any = any.add(Column::ManagerId.eq(manager));
    }
    if !person.stands_in_for.is_empty() {
        any = any.add(among(Column::ManagerId, person.stands_in_for.iter().copied()));
    }
    let mut reports = person.looks_after().peekable();
    if reports.peek().is_some() {
        any = any.add(among(Column::StaffId, reports));
    }
    if !person.led_sites.is_empty() {
        any = any.add(among(Column::SiteId, person.led_sites.iter().copied()));
    }
    // Of an empty condition, everything is part.
    match any.is_empty() {
        true => any.add(Column::Id.is_null()),
        false => any,
    }
}

async fn permitted(
    connection: &impl ConnectionTrait,
    looking: Looking<'_>,
    rows: Vec<recognition::Model>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let all: Vec<&recognition::Model> = rows.iter().collect();
    let own = looking.caller.organisation;
    let said = Target::praise_in(connection, own, &all, looking.today).await?;
    let may = |row: &recognition::Model| {
        said.get(&row.id)
            .is_some_and(|target| permit::permit(looking.caller, Action::LIST_RECOGNITIONS, target).is_ok())
    };
    Ok(rows.into_iter().filter(may).collect())
}

fn conditions(
    mut select: Select<recognition::Entity>,
    organisation: Uuid,
    wanted: &Wanted,
) -> Select<recognition::Entity> {
    use recognition::Column;
    if let Some(person) = wanted.person {
        select = select.filter(Column::StaffId.eq(person));
    }
    if let Some(site) = wanted.site {
        select = select.filter(Column::SiteId.in_subquery(scope::site_and_below(organisation, site)));
    }
    if let Some(from) = wanted.from {
        select = select.filter(Column::OccurredAt.gte(from));
    }
    if let Some(until) = wanted.until {
        select = select.filter(Column::OccurredAt.lt(until));
    }
    match wanted.changed_since {
        Some(since) => select.filter(changed(since)),
        None => select.filter(Column::WithdrawnAt.is_null()),
    }
}

fn changed(since: DateTime<Utc>) -> Condition {
    use recognition::Column;
    let of_the_praise =
        Expr::col((comment::Entity, comment::Column::Id)).equals((recognition::Entity, Column::CommentId));
    let erased = comment::Entity::find()
        .filter(of_the_praise)
        .filter(comment::Column::ErasedAt.gte(since))
        .select_only()
        .expr(Expr::val(1))
        .into_query();
    Condition::any()
        .add(Column::RecognisedAt.gte(since))
        .add(Column::WithdrawnAt.gte(since))
        .add(Expr::exists(erased))
}
