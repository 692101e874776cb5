//! Who is here, as a list to search: where they work, for whom, and when they were last seen.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    account,
    assignment::{self, holding_on},
    session, staff_member,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, Func, LikeExpr, SelectStatement},
};
use uuid::Uuid;

use super::staff::full_name;

/// Which people are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Who works here, or will.
    #[default]
    Here,
    /// Of those, who reports to nobody today.
    WithoutManager,
    /// Who left.
    Left,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Parts of names, or of the employee id, in any order; empty finds everybody.
    pub words: &'a str,
    /// Which people.
    pub show: Show,
    /// Only those who work at this site today.
    pub site: Option<Uuid>,
    /// Only those who report to this person today.
    pub manager: Option<Uuid>,
    /// The last person of the page before.
    pub after: Option<Uuid>,
    /// Most people.
    pub limit: u64,
    /// The day it is in the organisation.
    pub today: NaiveDate,
}

/// Somebody on the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Who.
    pub person: staff_member::Model,
    /// Where they work today, or worked or will work otherwise.
    pub assignment: Option<assignment::Model>,
    /// To whom they report there.
    pub manager: Option<staff_member::Model>,
    /// When they last used Plaudit, as far as sessions are kept.
    pub seen_at: Option<DateTime<Utc>>,
}

/// A page of people by family and given name.
pub async fn search(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    search: &Search<'_>,
) -> Result<Vec<Listed>, DbErr> {
    use staff_member::Column;
    let mut query = found(organisation, search);
    if let Some(last) = last(connection, organisation, search.after).await? {
        query = query.filter(behind(&last));
    }
    let people = query
        .order_by_asc(Column::FamilyName)
        .order_by_asc(Column::GivenName)
        .order_by_asc(Column::Id)
        .limit(search.limit)
        .all(connection)
        .await?;
    with_the_rest(connection, organisation, people, search.today).await
}

/// How many people [`search`] would find on all pages.
pub async fn count(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    search: &Search<'_>,
) -> Result<u64, DbErr> {
    found(organisation, search).count(connection).await
}

/// Others who are here and have somebody's mail address: a shared mailbox, on purpose or by mistake.
pub async fn sharing_address(
    connection: &impl ConnectionTrait,
    person: &staff_member::Model,
    today: NaiveDate,
) -> Result<Vec<staff_member::Model>, DbErr> {
    use staff_member::Column;
    let Some(email) = &person.email else {
        return Ok(Vec::new());
    };
    staff_member::Entity::within(person.organisation_id)
        .filter(Expr::expr(Func::lower(Expr::col(Column::Email))).eq(email.to_lowercase()))
        .filter(Column::Id.ne(person.id))
        .filter(Column::EndsOn.is_null().or(Column::EndsOn.gte(today)))
        .order_by_asc(Column::FamilyName)
        .order_by_asc(Column::Id)
        .limit(MOST_SHARING)
        .all(connection)
        .await
}

/// People of one address who are named.
const MOST_SHARING: u64 = 5;

/// Whoever is looked for, in no order and on no page.
fn found(organisation: Uuid, search: &Search<'_>) -> sea_orm::Select<staff_member::Entity> {
    use staff_member::Column;
    let mut query = staff_member::Entity::within(organisation)
        .filter(shown(organisation, search))
        .filter(Column::ErasedAt.is_null());
    for word in search.words.split_whitespace() {
        query = query.filter(bears(word));
    }
    let at_site = search.site.map(|site| assignment::Column::SiteId.eq(site));
    let of_manager = search
        .manager
        .map(|manager| assignment::Column::ManagerId.eq(manager));
    for only in [at_site, of_manager].into_iter().flatten() {
        query = query.filter(Column::Id.in_subquery(assigned(organisation, only, search.today)));
    }
    query
}

/// Who bears all of these parts of names, here or gone; no more than `limit`.
pub async fn bearing(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    words: &str,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    let everybody =
        staff_member::Entity::within(organisation).filter(staff_member::Column::ErasedAt.is_null());
    words
        .split_whitespace()
        .fold(everybody, |found, word| found.filter(bears(word)))
        .select_only()
        .column(staff_member::Column::Id)
        .order_by_asc(staff_member::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(connection)
        .await
}

fn shown(organisation: Uuid, search: &Search<'_>) -> Condition {
    use staff_member::Column;
    let here = Column::EndsOn.is_null().or(Column::EndsOn.gte(search.today));
    match search.show {
        Show::Here => Condition::all().add(here),
        Show::WithoutManager => Condition::all()
            .add(here)
            .add(Column::Id.not_in_subquery(reporting(organisation, search.today))),
        Show::Left => Condition::all().add(Column::EndsOn.lt(search.today)),
    }
}

/// Everybody who reports to somebody on a day.
fn reporting(organisation: Uuid, day: NaiveDate) -> SelectStatement {
    assigned(organisation, assignment::Column::ManagerId.is_not_null(), day)
}

/// Everybody whose assignment on a day is such.
fn assigned(organisation: Uuid, such: Expr, day: NaiveDate) -> SelectStatement {
    assignment::Entity::within(organisation)
        .filter(such)
        .filter(holding_on(day))
        .select_only()
        .column(assignment::Column::StaffId)
        .into_query()
}

/// Who has the word in a name or in the employee id. SQLite folds only the letters A to Z: others are found as they are
/// written, and with a capital in front.
fn bears(word: &str) -> Condition {
    use staff_member::Column;
    let folded = word.to_lowercase();
    let mut capital = folded.chars();
    let capital: String = capital
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(capital).collect());
    let columns = [
        Column::GivenName,
        Column::FamilyName,
        Column::PreferredName,
        Column::EmployeeId,
    ];
    let mut any = Condition::any();
    for column in columns {
        let lower = Expr::expr(Func::lower(Expr::col(column)));
        any = any.add(lower.like(within(&folded)));
        for written in [word, &capital] {
            any = any.add(Expr::col(column).like(within(written)));
        }
    }
    any
}

fn within(part: &str) -> LikeExpr {
    let literal = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{literal}%")).escape('\\')
}

async fn last(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    after: Option<Uuid>,
) -> Result<Option<staff_member::Model>, DbErr> {
    let Some(id) = after else { return Ok(None) };
    staff_member::Entity::within(organisation)
        .filter(staff_member::Column::Id.eq(id))
        .one(connection)
        .await
}

fn behind(last: &staff_member::Model) -> Condition {
    use staff_member::Column;
    let same_family = Column::FamilyName.eq(last.family_name.as_str());
    let same_given = Column::GivenName.eq(last.given_name.as_str());
    Condition::any()
        .add(Column::FamilyName.gt(last.family_name.as_str()))
        .add(
            Condition::all()
                .add(same_family.clone())
                .add(Column::GivenName.gt(last.given_name.as_str())),
        )
        .add(
            Condition::all()
                .add(same_family)
                .add(same_given)
                .add(Column::Id.gt(last.id)),
        )
}

async fn with_the_rest(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    people: Vec<staff_member::Model>,
    today: NaiveDate,
) -> Result<Vec<Listed>, DbErr> {
    let ids: Vec<Uuid> = people.iter().map(|person| person.id).collect();
    let mut assignments = assignments(connection, organisation, &ids, today).await?;
    let managers = managers(connection, organisation, assignments.values()).await?;
    let seen = seen(connection, organisation, &ids).await?;
    let listed = |person: staff_member::Model| {
        let assignment = assignments.remove(&person.id);
        let manager = assignment.as_ref().and_then(|row| row.manager_id);
        Listed {
            manager: manager.and_then(|id| managers.get(&id)).cloned(),
            seen_at: seen.get(&person.id).copied(),
            assignment,
            person,
        }
    };
    Ok(people.into_iter().map(listed).collect())
}

/// Of each person the assignment of today, else the one that begins last.
async fn assignments(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: &[Uuid],
    today: NaiveDate,
) -> Result<HashMap<Uuid, assignment::Model>, DbErr> {
    let rows = assignment::Entity::named(organisation, assignment::Column::StaffId, staff.iter().copied())
        .all(connection)
        .await?;
    let holds = |row: &assignment::Model| {
        row.starts_on.is_none_or(|first| first <= today) && row.ends_on.is_none_or(|last| last >= today)
    };
    let mut best: HashMap<Uuid, assignment::Model> = HashMap::new();
    for row in rows {
        let key = |row: &assignment::Model| (holds(row), row.starts_on, row.id);
        let is_better = best.get(&row.staff_id).is_none_or(|known| key(&row) > key(known));
        if is_better {
            best.insert(row.staff_id, row);
        }
    }
    Ok(best)
}

async fn managers(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    assignments: impl Iterator<Item = &assignment::Model>,
) -> Result<HashMap<Uuid, staff_member::Model>, DbErr> {
    let ids: Vec<Uuid> = assignments.filter_map(|row| row.manager_id).collect();
    let rows = of_ids(connection, organisation, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The people with these ids.
pub async fn of_ids(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: Vec<Uuid>,
) -> Result<Vec<staff_member::Model>, DbErr> {
    staff_member::Entity::named(organisation, staff_member::Column::Id, ids)
        .all(connection)
        .await
}

async fn seen(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: &[Uuid],
) -> Result<HashMap<Uuid, DateTime<Utc>>, DbErr> {
    let accounts = account::Entity::named(organisation, account::Column::StaffId, staff.iter().copied())
        .all(connection)
        .await?;
    let of: HashMap<Uuid, Uuid> = accounts
        .iter()
        .filter_map(|account| Some((account.id, account.staff_id?)))
        .collect();
    let sessions = session::Entity::named(organisation, session::Column::AccountId, of.keys().copied())
        .all(connection)
        .await?;
    let mut seen: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
    for session in sessions {
        let Some(staff) = of.get(&session.account_id) else {
            continue;
        };
        let at = seen.entry(*staff).or_insert(session.seen_at);
        *at = Ord::max(*at, session.seen_at);
    }
    Ok(seen)
}

/// Whom somebody means who writes an employee id or a full name.
pub async fn meant(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    written: &str,
    today: NaiveDate,
) -> Result<Meant, DbErr> {
    use staff_member::Column;
    let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let by_number = staff_member::Entity::within(organisation)
        .filter(Column::EmployeeId.eq(written.as_str()))
        .one(connection)
        .await?;
    if let Some(person) = by_number {
        return Ok(Meant::One(person.id));
    }
    let looked_for = Search {
        words: &written,
        show: Show::Here,
        site: None,
        manager: None,
        after: None,
        limit: MOST_NAMESAKES,
        today,
    };
    let folded = written.to_lowercase();
    let found = search(connection, organisation, &looked_for).await?;
    let bears = |person: &staff_member::Model| {
        let official = format!("{} {}", person.given_name, person.family_name);
        [full_name(person), official]
            .iter()
            .any(|name| name.trim().to_lowercase() == folded)
    };
    let mut bearing = found
        .iter()
        .map(|listed| &listed.person)
        .filter(|person| bears(person));
    Ok(match (bearing.next(), bearing.next()) {
        (Some(person), None) => Meant::One(person.id),
        (Some(_), Some(_)) => Meant::Several,
        (None, _) => Meant::Nobody,
    })
}

/// People among whom a full name is looked for.
const MOST_NAMESAKES: u64 = 200;

/// Who is meant by a number or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// This person.
    One(Uuid),
    /// Several bear the name.
    Several,
    /// Nobody does who works here.
    Nobody,
}
