//! Feeds: the recognitions of a person, a team, a site or everybody, newest first. Each page reads its own rows off
//! an index; what lies before or after it costs nothing.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    comment::{self, Tone},
    comment_revision::{self, Consent},
    recognition, site, source, staff_member, verdict,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, PaginatorTrait,
    QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

use super::{
    board,
    scope::{self, Scope},
};
use crate::{
    ledger::verdict as verdicts,
    platform::paging,
    said::{
        shield,
        words::{self, WithWords},
    },
};

/// Time and id of the last row of the page before.
pub type Place = (DateTime<Utc>, Uuid);

/// Sites whose newest rows one statement merges.
const MERGED: usize = 100;

/// A recognition with all that is shown beside it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The recognition.
    pub recognition: recognition::Model,
    /// Whose; none for praise of the site.
    pub person: Option<staff_member::Model>,
    /// Where.
    pub site: Option<site::Model>,
    /// The comment and its words; those that were erased are empty.
    pub comment: WithWords,
    /// The way it came in.
    pub source: source::Model,
    /// The verdict that holds, with its evidence.
    pub verdict: Option<verdict::Model>,
}

/// For whom a feed is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may read all of it: the person, those above them.
    All,
    /// Colleagues: only what neither the person hid nor the customer kept from them.
    Colleagues,
    /// Whoever comes: only what the customer made public, of people who are on boards and did not hide it, since a moment;
    /// nothing of X, nothing that was found later, nothing that a person or the shield keeps.
    Anybody {
        /// The moment.
        since: DateTime<Utc>,
    },
}

/// A page of a feed, newest first, without what was withdrawn, and without words that the shield has to look at.
pub async fn feed(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (scope, audience): (Scope, Audience),
    before: Option<Place>,
    limit: u64,
) -> Result<Vec<Shown>, DbErr> {
    let page = newest(organisation, audience, before, limit);
    let rows = recognitions(connection, organisation, scope, page, limit).await?;
    let mut shown = with_words(connection, organisation, rows).await?;
    // Words that were changed a moment ago say so before their recognition does.
    shown.retain(|row| may_read(audience, &row.comment.1.consent) && shield::is_seen(&row.comment.0));
    Ok(shown)
}

fn may_read(audience: Audience, consent: &str) -> bool {
    match audience {
        Audience::All => true,
        Audience::Colleagues => consent != Consent::Staff.name(),
        Audience::Anybody { .. } => consent == Consent::Public.name(),
    }
}

/// What a page of a feed shows and with which words: recognition and revision.
pub async fn marks(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (scope, audience): (Scope, Audience),
    limit: u64,
) -> Result<Vec<(Uuid, i32)>, DbErr> {
    let page = newest(organisation, audience, None, limit);
    let rows = recognitions(connection, organisation, scope, page, limit).await?;
    let comments = rows.iter().map(|row| row.comment_id);
    let revisions: Vec<(Uuid, i32)> = comment::Entity::named(organisation, comment::Column::Id, comments)
        .select_only()
        .column(comment::Column::Id)
        .column(comment::Column::Revision)
        .into_tuple()
        .all(connection)
        .await?;
    let revisions: HashMap<Uuid, i32> = revisions.into_iter().collect();
    let mark = |row: &recognition::Model| Some((row.id, *revisions.get(&row.comment_id)?));
    Ok(rows.iter().filter_map(mark).collect())
}

/// What some people were praised for since a moment: person and recognition.
pub async fn recent_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: impl IntoIterator<Item = Uuid>,
    since: DateTime<Utc>,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    use recognition::Column;
    recognition::Entity::named(organisation, Column::StaffId, staff)
        .filter(Column::RecognisedAt.gte(since))
        .filter(Column::WithdrawnAt.is_null())
        .select_only()
        .column(Column::StaffId)
        .column(Column::Id)
        .into_tuple()
        .all(connection)
        .await
}

async fn recognitions(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    scope: Scope,
    page: Select<recognition::Entity>,
    limit: u64,
) -> Result<Vec<recognition::Model>, DbErr> {
    use recognition::Column;
    match scope {
        Scope::Organisation => page.all(connection).await,
        Scope::Person(id) => page.filter(Column::StaffId.eq(id)).all(connection).await,
        Scope::Team(id) => page.filter(Column::ManagerId.eq(id)).all(connection).await,
        Scope::Site(id) => {
            let sites = scope::sites_of(connection, organisation, id).await?;
            of_sites(connection, &page, &sites, limit).await
        }
    }
}

fn newest(
    organisation: Uuid,
    audience: Audience,
    before: Option<Place>,
    limit: u64,
) -> Select<recognition::Entity> {
    let order = (recognition::Column::RecognisedAt, recognition::Column::Id);
    let seen = standing(organisation, audience).filter(Expr::exists(unseen()).not());
    paging::newest(seen, order, before, limit)
}

/// The comment of a recognition, where the shield has to look at its words: what is found is left out.
pub(crate) fn unseen() -> SelectStatement {
    use comment::{Column, State};
    Query::select()
        .expr(Expr::val(1))
        .from(comment::Entity)
        .and_where(
            Expr::col((comment::Entity, Column::Id))
                .equals((recognition::Entity, recognition::Column::CommentId)),
        )
        .and_where(Column::State.is_in([State::Settling, State::Attributing]))
        .take()
}

/// What stands and may be shown to an audience, whatever its words.
pub(crate) fn standing(organisation: Uuid, audience: Audience) -> Select<recognition::Entity> {
    use recognition::Column;
    let standing = recognition::Entity::within(organisation).filter(Column::WithdrawnAt.is_null());
    // As the index says it: a bound value would not match.
    let for_colleagues = || Expr::col((recognition::Entity, Column::ForColleagues));
    match audience {
        Audience::All => standing,
        Audience::Colleagues => standing
            .filter(for_colleagues())
            .filter(Column::HiddenAt.is_null()),
        Audience::Anybody { since } => standing
            .filter(for_colleagues())
            .filter(Column::HiddenAt.is_null())
            .filter(Column::RecognisedAt.gte(since))
            .filter(Column::Quiet.eq(false))
            .filter(Expr::exists(public(organisation)))
            .filter(
                Condition::any()
                    .add(Column::StaffId.is_null())
                    .add(Column::StaffId.not_in_subquery(board::absent(organisation))),
            ),
    }
}

/// The words of a recognition, where its customer made those public that hold.
fn public(organisation: Uuid) -> SelectStatement {
    use comment::{Column, State};
    let holds = Expr::col((comment_revision::Entity, comment_revision::Column::CommentId))
        .equals((comment::Entity, Column::Id))
        .and(
            Expr::col((comment_revision::Entity, comment_revision::Column::Number))
                .equals((comment::Entity, Column::Revision)),
        );
    let of_x = source::Entity::within(organisation)
        .filter(source::Column::Kind.eq("x"))
        .select_only()
        .column(source::Column::Id)
        .into_query();
    comment::Entity::within(organisation)
        .select_only()
        .column(Column::Id)
        .filter(
            Expr::col((comment::Entity, Column::Id))
                .equals((recognition::Entity, recognition::Column::CommentId)),
        )
        .filter(Column::WithdrawnAt.is_null())
        .filter(Column::ErasedAt.is_null())
        .filter(Column::KeptAt.is_null())
        .filter(Column::State.is_not_in([State::Held, State::Shielded]))
        .filter(Column::Tone.is_null().or(Column::Tone.ne(Tone::Complaint)))
        .filter(Column::SourceId.not_in_subquery(of_x))
        .into_query()
        .inner_join(comment_revision::Entity, holds)
        .and_where(
            Expr::col((comment_revision::Entity, comment_revision::Column::Consent))
                .eq(Consent::Public.name()),
        )
        .take()
}

/// Takes the newest of each site and of those the newest: at most `limit` rows a site are read, however long its
/// history.
async fn of_sites(
    connection: &impl ConnectionTrait,
    page: &Select<recognition::Entity>,
    sites: &[Uuid],
    limit: u64,
) -> Result<Vec<recognition::Model>, DbErr> {
    let mut found: Vec<recognition::Model> = Vec::new();
    for chunk in sites.chunks(MERGED) {
        if let Some(statement) = merged(page, chunk, limit) {
            let statement = connection.get_database_backend().build(&statement);
            let rows = recognition::Entity::find().from_raw_sql(statement);
            found.extend(rows.all(connection).await?);
        }
    }
    found.sort_by_key(|row| std::cmp::Reverse((row.recognised_at, row.id)));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn merged(page: &Select<recognition::Entity>, sites: &[Uuid], limit: u64) -> Option<SelectStatement> {
    let of_site = |site: &Uuid| {
        let own = page.clone().filter(recognition::Column::SiteId.eq(*site));
        Query::select()
            .column(Asterisk)
            .from_subquery(own.into_query(), "own")
            .take()
    };
    let mut statements = sites.iter().map(of_site);
    let mut all = statements.next()?;
    for statement in statements {
        all.union(UnionType::All, statement);
    }
    all.order_by("recognised_at", Order::Desc)
        .order_by("id", Order::Desc)
        .limit(limit);
    Some(all)
}

/// How many recognitions a scope has since a time.
pub async fn count_since(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (scope, audience): (Scope, Audience),
    since: DateTime<Utc>,
) -> Result<u64, DbErr> {
    use recognition::Column;
    let recent = standing(organisation, audience).filter(Column::RecognisedAt.gte(since));
    let own = match scope {
        Scope::Organisation => recent,
        Scope::Person(id) => recent.filter(Column::StaffId.eq(id)),
        Scope::Team(id) => recent.filter(Column::ManagerId.eq(id)),
        Scope::Site(id) => {
            let sites = scope::sites_of(connection, organisation, id).await?;
            recent.filter(Column::SiteId.is_in(sites))
        }
    };
    own.count(connection).await
}

/// Adds people, sites, words, sources and verdicts; keeps the order.
pub async fn with_words(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    rows: Vec<recognition::Model>,
) -> Result<Vec<Shown>, DbErr> {
    let ids: HashSet<Uuid> = rows.iter().map(|row| row.comment_id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let comments = comment::Entity::named(organisation, comment::Column::Id, ids.iter().copied())
        .all(connection)
        .await?;
    let comments = by_id(words::with_words(connection, comments).await?, |(comment, _)| {
        comment.id
    });
    let verdicts: HashMap<(Uuid, Option<Uuid>), verdict::Model> = verdicts::current(connection, &ids)
        .await?
        .into_iter()
        .map(|verdict| ((verdict.comment_id, verdict.staff_id), verdict))
        .collect();
    let people = people(connection, organisation, &rows).await?;
    let sites = sites(connection, organisation, &rows).await?;
    let sources = sources(connection, organisation).await?;
    let show = |row: recognition::Model| {
        let comment = comments.get(&row.comment_id)?.clone();
        Some(Shown {
            person: row.staff_id.and_then(|id| people.get(&id).cloned()),
            site: row.site_id.and_then(|id| sites.get(&id).cloned()),
            source: sources.get(&comment.0.source_id)?.clone(),
            verdict: verdicts.get(&(row.comment_id, row.staff_id)).cloned(),
            comment,
            recognition: row,
        })
    };
    Ok(rows.into_iter().filter_map(show).collect())
}

/// The ways in of an organisation.
pub(crate) async fn sources(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<HashMap<Uuid, source::Model>, DbErr> {
    let sources = source::Entity::within(organisation).all(connection).await?;
    Ok(by_id(sources, |source| source.id))
}

async fn people(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    rows: &[recognition::Model],
) -> Result<HashMap<Uuid, staff_member::Model>, DbErr> {
    let ids: HashSet<Uuid> = rows.iter().filter_map(|row| row.staff_id).collect();
    let found = staff_member::Entity::named(organisation, staff_member::Column::Id, ids)
        .all(connection)
        .await?;
    Ok(by_id(found, |person| person.id))
}

async fn sites(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    rows: &[recognition::Model],
) -> Result<HashMap<Uuid, site::Model>, DbErr> {
    let ids: HashSet<Uuid> = rows.iter().filter_map(|row| row.site_id).collect();
    let found = site::Entity::named(organisation, site::Column::Id, ids)
        .all(connection)
        .await?;
    Ok(by_id(found, |site| site.id))
}

fn by_id<T>(rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> HashMap<Uuid, T> {
    rows.into_iter().map(|row| (id(&row), row)).collect()
}
