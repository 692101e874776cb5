//! Names that are put to whoever leads the site, the most praised first, and what was said of others.
use std::collections::{HashMap, HashSet};

use entity::{comment, comment_revision, json::Span, name_answer, unmet_name};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Select, Statement, Value,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{CUSTOMERS, MESSAGES, stretch};
use crate::capture::read::WithWords;

/// Messages that are shown with a name.
const SAMPLES: i64 = 3;
/// Decisions for the same person from which a name is shown, however few messages there are.
const DECIDED: i64 = 2;

/// Whose names.
#[derive(Clone, Debug)]
pub enum At {
    /// Of every site.
    Everywhere,
    /// Of these.
    Sites(HashSet<Uuid>),
}

/// A praised name that nobody bears.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The same for the same name at the same site.
    pub id: Uuid,
    /// Where.
    pub site: Uuid,
    /// As it stands in the newest of the messages.
    pub name: String,
    /// In how many messages.
    pub messages: i64,
    /// Of how many customers.
    pub customers: i64,
    /// Whom people decided it to mean, and how often; the one with most.
    pub chosen: Option<(Uuid, i64)>,
    /// Colleagues whose names are nearest.
    pub nearest: Vec<Uuid>,
    /// The newest messages, and where the name stands.
    pub samples: Vec<(WithWords, Span)>,
}

#[derive(Clone, Copy, Debug, FromQueryResult)]
struct Group {
    name_id: Uuid,
    site_id: Uuid,
    messages: i64,
    customers: i64,
}

#[derive(Clone, Copy, Debug, FromQueryResult)]
struct Choice {
    name_id: Uuid,
    chosen_id: Uuid,
    decisions: i64,
}

/// The names that wait for an answer: praised in three messages of two customers or more, or twice decided to be the same
/// person's.
pub async fn proposals(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    at: &At,
    limit: u64,
) -> Result<Vec<Proposal>, DbErr> {
    let choices = choices(connection, unanswered(organisation, at)).await?;
    let decided: Vec<Uuid> = choices
        .iter()
        .filter(|one| one.decisions >= DECIDED)
        .map(|one| one.name_id)
        .collect();
    let messages = unmet_name::Column::Id.count();
    let often = Condition::all().add(messages.clone().gte(MESSAGES)).add(
        Expr::col(unmet_name::Column::CustomerId)
            .count_distinct()
            .gte(CUSTOMERS),
    );
    let shown = Condition::any()
        .add(often)
        .add(Expr::col(unmet_name::Column::NameId).is_in(decided));
    let groups = grouped(unanswered(organisation, at))
        .having(shown)
        .order_by_desc(messages)
        .order_by_asc(unmet_name::Column::NameId)
        .limit(limit)
        .into_model::<Group>()
        .all(connection)
        .await?;
    with_samples(connection, organisation, groups, &choices).await
}

/// One name, however often it was praised and whatever was said of it.
pub(super) async fn one(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    name: Uuid,
) -> Result<Option<Proposal>, DbErr> {
    let rows = || unmet_name::Entity::within(organisation).filter(unmet_name::Column::NameId.eq(name));
    let groups = grouped(rows()).into_model::<Group>().all(connection).await?;
    let choices = choices(connection, rows()).await?;
    Ok(with_samples(connection, organisation, groups, &choices)
        .await?
        .pop())
}

/// What was said of names, newest first, undone or not.
pub async fn answers(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    at: &At,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<name_answer::Model>, DbErr> {
    let mut rows = name_answer::Entity::within(organisation);
    if let Some(before) = before {
        rows = rows.filter(name_answer::Column::Id.lt(before));
    }
    if let At::Sites(sites) = at {
        rows = rows.filter(name_answer::Column::SiteId.is_in(sites.iter().copied()));
    }
    rows.order_by_desc(name_answer::Column::Id)
        .limit(limit)
        .all(connection)
        .await
}

/// Names as messages have them, where messages with them are left: for answers that keep none.
pub async fn names(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, DbErr> {
    let rows = newest(connection, organisation, ids, 1).await?;
    Ok(read(connection, rows)
        .await?
        .into_iter()
        .filter_map(|(row, said, span)| Some((row.name_id, stretch(said.1.text.as_deref()?, span))))
        .collect())
}

fn unanswered(organisation: Uuid, at: &At) -> Select<unmet_name::Entity> {
    let answered = Query::select()
        .expr(Expr::val(1))
        .from(name_answer::Entity)
        .and_where(name_answer::Column::OrganisationId.eq(organisation))
        .and_where(
            Expr::col((name_answer::Entity, name_answer::Column::NameId))
                .equals((unmet_name::Entity, unmet_name::Column::NameId)),
        )
        .and_where(name_answer::Column::UndoneAt.is_null())
        .take();
    let mut rows = unmet_name::Entity::within(organisation).filter(Expr::exists(answered).not());
    if let At::Sites(sites) = at {
        rows = rows.filter(unmet_name::Column::SiteId.is_in(sites.iter().copied()));
    }
    rows
}

fn grouped(rows: Select<unmet_name::Entity>) -> Select<unmet_name::Entity> {
    use unmet_name::Column;
    rows.select_only()
        .column(Column::NameId)
        .column(Column::SiteId)
        .column_as(Column::Id.count(), "messages")
        .column_as(Expr::col(Column::CustomerId).count_distinct(), "customers")
        .group_by(Column::NameId)
        .group_by(Column::SiteId)
}

async fn choices(
    connection: &impl ConnectionTrait,
    rows: Select<unmet_name::Entity>,
) -> Result<Vec<Choice>, DbErr> {
    use unmet_name::Column;
    rows.filter(Column::ChosenId.is_not_null())
        .select_only()
        .column(Column::NameId)
        .column(Column::ChosenId)
        .column_as(Column::Id.count(), "decisions")
        .group_by(Column::NameId)
        .group_by(Column::ChosenId)
        .into_model::<Choice>()
        .all(connection)
        .await
}

/// Names whose words went a moment ago are left out.
async fn with_samples(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    groups: Vec<Group>,
    choices: &[Choice],
) -> Result<Vec<Proposal>, DbErr> {
    let ids: Vec<Uuid> = groups.iter().map(|group| group.name_id).collect();
    let rows = newest(connection, organisation, &ids, SAMPLES).await?;
    let mut samples: HashMap<Uuid, Vec<_>> = HashMap::new();
    for (row, said, span) in read(connection, rows).await? {
        samples.entry(row.name_id).or_default().push((row, said, span));
    }
    let proposal = |group: Group| {
        let own = samples.remove(&group.name_id)?;
        let (newest, said, span) = own.first()?;
        let chosen = choices
            .iter()
            .filter(|one| one.name_id == group.name_id)
            .max_by_key(|one| (one.decisions, one.chosen_id));
        Some(Proposal {
            id: group.name_id,
            site: group.site_id,
            name: stretch(said.1.text.as_deref()?, *span),
            messages: group.messages,
            customers: group.customers,
            chosen: chosen.map(|one| (one.chosen_id, one.decisions)),
            nearest: newest.nearest.0.clone(),
            samples: own.into_iter().map(|(_, said, span)| (said, span)).collect(),
        })
    };
    Ok(groups.into_iter().filter_map(proposal).collect())
}

/// The newest places where each of these names stands.
async fn newest(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    names: &[Uuid],
    most: i64,
) -> Result<Vec<unmet_name::Model>, DbErr> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<String> = (0..names.len()).map(|at| format!("${}", at + 3)).collect();
    let numbered = format!(
        "SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY name_id ORDER BY id DESC) AS nth FROM unmet_name \
         WHERE organisation_id = $1 AND name_id IN ({})) AS numbered WHERE nth <= $2",
        asked.join(", ")
    );
    let values: Vec<Value> = [organisation.into(), most.into()]
        .into_iter()
        .chain(names.iter().map(|name| (*name).into()))
        .collect();
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), numbered, values);
    let ids = connection.query_all_raw(statement).await?;
    let ids: Vec<Uuid> = ids
        .iter()
        .map(|row| row.try_get("", "id"))
        .collect::<Result<_, _>>()?;
    unmet_name::Entity::find()
        .filter(unmet_name::Column::Id.is_in(ids))
        .order_by_desc(unmet_name::Column::Id)
        .all(connection)
        .await
}

/// With the words in which they stand: those that were read when they were noted.
async fn read(
    connection: &impl ConnectionTrait,
    rows: Vec<unmet_name::Model>,
) -> Result<Vec<(unmet_name::Model, WithWords, Span)>, DbErr> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.comment_id).collect();
    let comments = comment::Entity::find()
        .filter(comment::Column::Id.is_in(ids.iter().copied()))
        .all(connection)
        .await?;
    let revisions = comment_revision::Entity::find()
        .filter(comment_revision::Column::CommentId.is_in(ids))
        .all(connection)
        .await?;
    let found = |row: unmet_name::Model| {
        let comment = comments.iter().find(|comment| comment.id == row.comment_id)?;
        let words = revisions
            .iter()
            .find(|words| words.comment_id == row.comment_id && words.number == row.revision)?;
        words.text.as_ref()?;
        let span = *row.span.0.first()?;
        Some((row, (comment.clone(), words.clone()), span))
    };
    Ok(rows.into_iter().filter_map(found).collect())
}
