//! Who is meant by a name or number that somebody typed.
use entity::staff_member::{self, Column};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::roster::staff::full_name;

/// The one staff member with this number or name; none where there is none, or several.
pub async fn named(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    typed: &str,
) -> Result<Option<staff_member::Model>, DbErr> {
    let typed = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let by_number = staff_member::Entity::within(organisation).filter(Column::EmployeeId.eq(typed.as_str()));
    let found = by_number.limit(1).all(connection).await?.pop();
    if found.is_some() || typed.is_empty() {
        return Ok(found);
    }
    let words: Vec<String> = typed.split(' ').flat_map(spellings).collect();
    let named = [Column::GivenName, Column::FamilyName, Column::PreferredName];
    let any = named.into_iter().fold(Condition::any(), |any, column| {
        any.add(column.is_in(words.iter().map(String::as_str)))
    });
    // A family name of several words stands in one column.
    let any = any.add(Column::FamilyName.is_in(endings(&typed)));
    let people = staff_member::Entity::within(organisation)
        .filter(any)
        .all(connection)
        .await?;
    let mut fitting: Vec<staff_member::Model> =
        people.into_iter().filter(|person| fits(person, &typed)).collect();
    Ok(if fitting.len() == 1 { fitting.pop() } else { None })
}

/// As typed, and as a name is written.
fn spellings(word: &str) -> [String; 2] {
    let mut letters = word.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    [word.to_owned(), first + &letters.as_str().to_lowercase()]
}

/// "Maria da Silva" → "da Silva", "Silva".
fn endings(typed: &str) -> Vec<&str> {
    typed
        .match_indices(' ')
        .map(|(at, _)| typed.get(at + 1..).unwrap_or_default())
        .collect()
}

fn fits(person: &staff_member::Model, typed: &str) -> bool {
    let typed = typed.to_lowercase();
    let is_it = |name: &str| name.to_lowercase() == typed;
    let given = format!("{} {}", person.given_name, person.family_name);
    is_it(&full_name(person))
        || is_it(&given)
        || is_it(&person.given_name)
        || is_it(&person.family_name)
        || person.preferred_name.as_deref().is_some_and(is_it)
}
