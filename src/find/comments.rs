//! Comments by words and conditions, in the order of when they were said.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{comment, comment_revision, recognition};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    reach::{self, Reach},
    shown::Place,
};
use crate::{
    access::{Action, Caller, Target, permit},
    capture::{
        read::{WithWords, with_words},
        search::{self, Typed, Way},
    },
    ledger::scope,
    platform::paging,
};

/// Counted no further.
pub const COUNTED: u64 = 1_001;

/// What became of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// Somebody is thanked by it.
    Thanks,
    /// Somebody decides whom it means.
    Open,
    /// Read, and nobody is thanked.
    Nobody,
    /// It complains, and nobody has dealt with that.
    ToPutRight,
    /// Somebody dealt with what it complains of.
    PutRight,
}

impl Became {
    /// All of them.
    pub const ALL: [Became; 5] = [
        Became::Thanks,
        Became::Open,
        Became::Nobody,
        Became::ToPutRight,
        Became::PutRight,
    ];

    /// Its name in addresses, files and catalogues.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Became::Thanks => "thanks",
            Became::Open => "open",
            Became::Nobody => "nobody",
            Became::ToPutRight => "to_put_right",
            Became::PutRight => "put_right",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Became> {
        Became::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// What is looked for; everything that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Words that it holds.
    pub words: Option<Typed>,
    /// Whom it thanks or may mean.
    pub person: Option<Uuid>,
    /// Where it was said, or at a site below.
    pub site: Option<Uuid>,
    /// How it came in.
    pub source: Option<Uuid>,
    /// The least score, as the customer's scale has it.
    pub score_from: Option<f64>,
    /// The highest score.
    pub score_to: Option<f64>,
    /// What became of it.
    pub became: Option<Became>,
    /// When it was said, at the earliest.
    pub from: Option<DateTime<Utc>>,
    /// Before when it was said.
    pub until: Option<DateTime<Utc>>,
    /// Only what came in, was read, decided, put right, taken back or erased since. Without it, what was taken back or
    /// erased is not found.
    pub changed_since: Option<DateTime<Utc>>,
}

/// Who looks, and on which day.
#[derive(Clone, Copy, Debug)]
pub struct Looking<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// The day it is in the organisation.
    pub today: NaiveDate,
}

/// A page of what is found, and where the next one begins. It may be shorter than `limit` though more follows.
pub async fn page(
    connection: &impl ConnectionTrait,
    looking: Looking<'_>,
    wanted: &Wanted,
    after: Option<Place>,
    limit: u64,
) -> Result<(Vec<WithWords>, Option<Place>), DbErr> {
    let reach = Reach::of(looking.caller, Action::GET_COMMENT);
    let (own, backend) = (looking.caller.organisation, connection.get_database_backend());
    let way = way(connection, own, wanted).await?;
    let Some(select) = found(own, &reach, wanted, way, backend) else {
        return Ok((Vec::new(), None));
    };
    let mut rows = newest(select, after, limit + 1).all(connection).await?;
    let has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| has_more).map(place);
    let rows = match reach {
        Reach::Everything => rows,
        Reach::Below(_) | Reach::Nothing => permitted(connection, looking, rows).await?,
    };
    Ok((with_words(connection, rows).await?, next))
}

/// How many there are, counted up to [`COUNTED`].
pub async fn count(
    connection: &impl ConnectionTrait,
    looking: Looking<'_>,
    wanted: &Wanted,
) -> Result<u64, DbErr> {
    let reach = Reach::of(looking.caller, Action::GET_COMMENT);
    let (own, backend) = (looking.caller.organisation, connection.get_database_backend());
    let way = way(connection, own, wanted).await?;
    match found(own, &reach, wanted, way, backend) {
        Some(select) => select.limit(COUNTED).count(connection).await,
        None => Ok(0),
    }
}

/// The statement of a page for whoever sees everything.
#[must_use]
pub fn statement(
    organisation: Uuid,
    wanted: &Wanted,
    way: Way,
    after: Option<Place>,
    backend: DbBackend,
) -> Option<Select<comment::Entity>> {
    let select = found(organisation, &Reach::Everything, wanted, way, backend)?;
    Some(newest(select, after, 50))
}

fn place(comment: &comment::Model) -> Place {
    (comment.occurred_at, comment.id)
}

async fn permitted(
    connection: &impl ConnectionTrait,
    looking: Looking<'_>,
    rows: Vec<comment::Model>,
) -> Result<Vec<comment::Model>, DbErr> {
    let ids: Vec<Uuid> = rows.iter().map(|comment| comment.id).collect();
    let own = looking.caller.organisation;
    let said: HashMap<Uuid, Target> = Target::said_in(connection, own, &ids, looking.today).await?;
    let may = |comment: &comment::Model| {
        let target = said.get(&comment.id);
        target.is_some_and(|target| permit::permit(looking.caller, Action::GET_COMMENT, target).is_ok())
    };
    Ok(rows.into_iter().filter(may).collect())
}

fn newest(select: Select<comment::Entity>, after: Option<Place>, limit: u64) -> Select<comment::Entity> {
    let order = (comment::Column::OccurredAt, comment::Column::Id);
    paging::newest(select, order, after, limit)
}

async fn way(connection: &impl ConnectionTrait, organisation: Uuid, wanted: &Wanted) -> Result<Way, DbErr> {
    match &wanted.words {
        Some(typed) => Way::to(connection, organisation, typed).await,
        None => Ok(Way::Index),
    }
}

/// What holds few comments is where the database begins; what holds many is looked at along the order.
fn found(
    organisation: Uuid,
    reach: &Reach,
    wanted: &Wanted,
    way: Way,
    backend: DbBackend,
) -> Option<Select<comment::Entity>> {
    use comment::Column;
    let (mut few, mut many): (Vec<Expr>, Option<Expr>) = (Vec::new(), None);
    if let Some(typed) = &wanted.words {
        let holds = search::holds(typed, way, backend == DbBackend::Sqlite);
        match way {
            Way::Index => few.push(holds),
            Way::Order => many = Some(holds),
        }
    }
    if let Some(person) = wanted.person {
        few.push(Column::Id.in_subquery(reach::about(organisation, person)?));
    }
    match reach {
        Reach::Everything => {}
        Reach::Below(person) => few.push(Column::Id.in_subquery(Reach::comments(person, organisation)?)),
        Reach::Nothing => return None,
    }
    let mut select = match few.is_empty() {
        true => comment::Entity::within(organisation),
        // As `named` says it: SQLite would take the organisation for the smaller set.
        false => comment::Entity::find().filter(Column::OrganisationId.ne(organisation).not()),
    };
    for condition in few.into_iter().chain(many) {
        select = select.filter(condition);
    }
    Some(conditions(select, organisation, wanted))
}

fn conditions(
    mut select: Select<comment::Entity>,
    organisation: Uuid,
    wanted: &Wanted,
) -> Select<comment::Entity> {
    use comment::Column;
    // Words that the shield has not looked at yet are nobody's to read, nor are those that it keeps.
    select = select.filter(Column::State.is_in([comment::State::Triage, comment::State::Done]));
    if let Some(site) = wanted.site {
        select = select.filter(Column::SiteId.in_subquery(scope::site_and_below(organisation, site)));
    }
    if let Some(source) = wanted.source {
        select = select.filter(Column::SourceId.eq(source));
    }
    if wanted.score_from.is_some() || wanted.score_to.is_some() {
        select = select.filter(Expr::exists(scored(wanted.score_from, wanted.score_to)));
    }
    if let Some(became) = wanted.became {
        select = select.filter(condition_of(became));
    }
    if let Some(from) = wanted.from {
        select = select.filter(Column::OccurredAt.gte(from));
    }
    if let Some(until) = wanted.until {
        select = select.filter(Column::OccurredAt.lt(until));
    }
    match wanted.changed_since {
        Some(since) => select.filter(changed(since)),
        None => select
            .filter(Column::WithdrawnAt.is_null())
            .filter(Column::ErasedAt.is_null()),
    }
}

fn condition_of(became: Became) -> Condition {
    use comment::Column;
    let thanks = || Expr::exists(standing_praise());
    match became {
        Became::Thanks => Condition::all().add(thanks()),
        Became::Open => Condition::all().add(Column::State.eq(comment::State::Triage)),
        Became::Nobody => Condition::all()
            .add(Column::State.eq(comment::State::Done))
            .add(thanks().not()),
        Became::ToPutRight => Condition::all().add(Column::ConcernSince.is_not_null()),
        Became::PutRight => Condition::all().add(Column::HandledAt.is_not_null()),
    }
}

fn of_the_comment<E: EntityTrait>(entity: E, column: E::Column) -> Expr {
    Expr::col((entity, column)).equals((comment::Entity, comment::Column::Id))
}

fn standing_praise() -> SelectStatement {
    use recognition::Column;
    recognition::Entity::find()
        .filter(of_the_comment(recognition::Entity, Column::CommentId))
        .filter(Column::WithdrawnAt.is_null())
        .select_only()
        .expr(Expr::val(1))
        .into_query()
}

/// The score of the words that hold.
fn scored(from: Option<f64>, to: Option<f64>) -> SelectStatement {
    let mut words = words_that_hold();
    use comment_revision::Column;
    let value = || Expr::col((comment_revision::Entity, Column::ScoreValue));
    if let Some(from) = from {
        words.and_where(value().gte(from));
    }
    if let Some(to) = to {
        words.and_where(value().lte(to));
    }
    words
}

fn words_that_hold() -> SelectStatement {
    use comment_revision::Column;
    let number = Expr::col((comment_revision::Entity, Column::Number));
    Query::select()
        .expr(Expr::val(1))
        .from(comment_revision::Entity)
        .and_where(of_the_comment(comment_revision::Entity, Column::CommentId))
        .and_where(number.equals((comment::Entity, comment::Column::Revision)))
        .take()
}

fn changed(since: DateTime<Utc>) -> Condition {
    use comment::Column;
    let decided = entity::verdict::Entity::find()
        .filter(of_the_comment(
            entity::verdict::Entity,
            entity::verdict::Column::CommentId,
        ))
        .filter(entity::verdict::Column::CreatedAt.gte(since))
        .select_only()
        .expr(Expr::val(1))
        .into_query();
    [
        Column::ReceivedAt,
        Column::AttributedAt,
        Column::HandledAt,
        Column::WithdrawnAt,
        Column::ErasedAt,
    ]
    .into_iter()
    .fold(Condition::any(), |any, column| any.add(column.gte(since)))
    .add(Expr::exists(decided))
}
