//! What waits for a person: comments with an open verdict or with words that changed since somebody decided.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{attribution, comment, json::Spans, staff_member, verdict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Expr, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    capture::read::{self, WithWords},
    ledger::{
        scope::{self, Scope},
        verdict as verdicts,
    },
    triage::desk::{COUNTED, Desk},
};

/// A comment that waits, with everybody whom it may mean.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The comment and its words.
    pub comment: WithWords,
    /// Where the text praises staff without a name; code points.
    pub unnamed: Spans,
    /// Best first.
    pub candidates: Vec<Candidate>,
}

/// Somebody who may be meant.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub person: staff_member::Model,
    /// The verdict that holds, with its evidence.
    pub verdict: verdict::Model,
}

/// What to list.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Comments of a site with those below it, those with candidates of a team or one person, or all.
    pub scope: Scope,
    /// The day on which a team is who it is.
    pub on: NaiveDate,
    /// Only those received after this place: time and id of the last one seen.
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

/// What waits, oldest first.
pub async fn waiting(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    filter: Filter,
    limit: u64,
) -> Result<Vec<Waiting>, DbErr> {
    let select = within(open(organisation), organisation, filter);
    page(connection, organisation, select, filter.after, limit).await
}

/// What waits on a desk, oldest first: with candidates who report to its manager on a day, or said at its sites.
pub async fn on_desk(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (desk, on): (&Desk, NaiveDate),
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Waiting>, DbErr> {
    let select = of_desk(organisation, desk, on);
    page(connection, organisation, select, after, limit).await
}

/// How much waits on a desk, counted up to [`COUNTED`].
pub async fn count_on_desk(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    desk: &Desk,
    on: NaiveDate,
) -> Result<u64, DbErr> {
    of_desk(organisation, desk, on)
        .limit(COUNTED)
        .count(connection)
        .await
}

fn of_desk(organisation: Uuid, desk: &Desk, on: NaiveDate) -> Select<comment::Entity> {
    let select = open(organisation);
    if desk.everything {
        return select;
    }
    let mut any = Condition::any().add(comment::Column::SiteId.is_in(desk.sites.iter().copied()));
    if let Some(manager) = desk.manager {
        let team = scope::team_on(organisation, manager, on);
        any = any.add(Expr::exists(candidacies(
            verdict::Column::StaffId.in_subquery(team),
        )));
    }
    select.filter(any)
}

fn open(organisation: Uuid) -> Select<comment::Entity> {
    comment::Entity::within(organisation).filter(comment::Column::State.eq(comment::State::Triage))
}

async fn page(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    mut select: Select<comment::Entity>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Waiting>, DbErr> {
    use comment::Column;
    if let Some((at, id)) = after {
        let later = Condition::any()
            .add(Column::ReceivedAt.gt(at))
            .add(Column::Id.gt(id));
        select = select.filter(Column::ReceivedAt.gte(at)).filter(later);
    }
    let oldest_first = select.order_by_asc(Column::ReceivedAt).order_by_asc(Column::Id);
    let comments = oldest_first.limit(limit).all(connection).await?;
    let with_words = read::with_words(connection, comments).await?;
    with_candidates(connection, organisation, with_words).await
}

/// One comment with its candidates, whatever its state.
pub async fn one(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    comment: Uuid,
) -> Result<Option<Waiting>, DbErr> {
    let found = read::one(connection, organisation, comment).await?;
    let mut with_candidates = with_candidates(connection, organisation, found.into_iter().collect()).await?;
    Ok(with_candidates.pop())
}

fn within(select: Select<comment::Entity>, organisation: Uuid, filter: Filter) -> Select<comment::Entity> {
    match filter.scope {
        Scope::Organisation => select,
        Scope::Site(site) => {
            let sites = scope::site_and_below(organisation, site);
            select.filter(comment::Column::SiteId.in_subquery(sites))
        }
        Scope::Person(person) => {
            let is_candidate = verdict::Column::StaffId.eq(person);
            select.filter(Expr::exists(candidacies(is_candidate)))
        }
        Scope::Team(manager) => {
            let team = scope::team_on(organisation, manager, filter.on);
            select.filter(Expr::exists(candidacies(
                verdict::Column::StaffId.in_subquery(team),
            )))
        }
    }
}

/// Verdicts on the comment of the outer query that hold, and are open or credited.
pub(crate) fn candidacies(of_whom: Expr) -> SelectStatement {
    let later = Alias::new("later");
    let replaced = Query::select()
        .expr(Expr::val(1))
        .from_as(verdict::Entity, later.clone())
        .and_where(same(&later, verdict::Column::CommentId))
        .and_where(same(&later, verdict::Column::StaffId))
        .and_where(
            Expr::col((later, verdict::Column::Sequence))
                .gt(Expr::col((verdict::Entity, verdict::Column::Sequence))),
        )
        .take();
    let states = [verdict::State::Open, verdict::State::Credited];
    let of_the_comment = Expr::col((verdict::Entity, verdict::Column::CommentId))
        .equals((comment::Entity, comment::Column::Id));
    verdict::Entity::find()
        .filter(of_the_comment)
        .filter(verdict::Column::State.is_in(states))
        .filter(of_whom)
        .filter(Expr::exists(replaced).not())
        .select_only()
        .expr(Expr::val(1))
        .into_query()
}

fn same(later: &Alias, column: verdict::Column) -> Expr {
    Expr::col((later.clone(), column)).equals((verdict::Entity, column))
}

async fn with_candidates(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    comments: Vec<WithWords>,
) -> Result<Vec<Waiting>, DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|(comment, _)| comment.id).collect();
    let mut unnamed = unnamed_spans(connection, organisation, &ids).await?;
    let mut candidates = candidates(connection, organisation, &ids).await?;
    let waiting = comments.into_iter().map(|comment| Waiting {
        unnamed: unnamed.remove(&comment.0.id).unwrap_or_default(),
        candidates: candidates.remove(&comment.0.id).unwrap_or_default(),
        comment,
    });
    Ok(waiting.collect())
}

/// Of the last run of the engine over each comment.
async fn unnamed_spans(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    comments: &[Uuid],
) -> Result<HashMap<Uuid, Spans>, DbErr> {
    let runs = attribution::Entity::named(
        organisation,
        attribution::Column::CommentId,
        comments.iter().copied(),
    )
    .order_by_asc(attribution::Column::Id)
    .all(connection)
    .await?;
    Ok(runs
        .into_iter()
        .map(|run| (run.comment_id, run.unnamed_spans))
        .collect())
}

async fn candidates(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    comments: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Candidate>>, DbErr> {
    let current = verdicts::current(connection, comments).await?;
    let staff = current.iter().filter_map(|verdict| verdict.staff_id);
    let people: HashMap<Uuid, staff_member::Model> =
        staff_member::Entity::named(organisation, staff_member::Column::Id, staff)
            .all(connection)
            .await?
            .into_iter()
            .map(|person| (person.id, person))
            .collect();
    let mut candidates: HashMap<Uuid, Vec<Candidate>> = HashMap::new();
    for verdict in current {
        let Some(person) = verdict.staff_id.and_then(|staff| people.get(&staff)) else {
            continue;
        };
        candidates.entry(verdict.comment_id).or_default().push(Candidate {
            person: person.clone(),
            verdict,
        });
    }
    Ok(candidates)
}
