//! The words by which comments are found. They are kept in the transaction of the words that hold, and end with them.
use std::collections::BTreeSet;

use domain::text::folded_words;
use entity::{among, comment_revision, comment_search};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, SimpleExpr},
};
use uuid::Uuid;

use crate::platform::db::{Tx, insert_all};

/// Words that are looked for, of those that somebody typed.
const MOST_WORDS: usize = 16;

/// Notes the words of new comments.
pub(super) async fn add(tx: &Tx, revisions: &[&comment_revision::Model]) -> Result<(), DbErr> {
    let rows: Vec<comment_search::ActiveModel> = revisions.iter().map(|revision| row(revision)).collect();
    insert_all(tx, rows).await
}

/// Notes the words that hold now in place of the earlier ones.
pub(super) async fn replace(tx: &Tx, revisions: &[&comment_revision::Model]) -> Result<(), DbErr> {
    if revisions.is_empty() {
        return Ok(());
    }
    let comments: Vec<Uuid> = revisions.iter().map(|revision| revision.comment_id).collect();
    forget(tx, &comments).await?;
    add(tx, revisions).await
}

/// Forgets the words of comments.
pub(super) async fn forget(tx: &Tx, comments: &[Uuid]) -> Result<(), DbErr> {
    comment_search::Entity::delete_many()
        .filter(among(comment_search::Column::CommentId, comments.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

fn row(revision: &comment_revision::Model) -> comment_search::ActiveModel {
    comment_search::ActiveModel {
        id: NotSet,
        organisation_id: Set(revision.organisation_id),
        comment_id: Set(revision.comment_id),
        words: Set(searched(revision)),
    }
}

/// The words by which a comment is found: those of its text and of the customer's hint, each once.
#[must_use]
pub fn searched(revision: &comment_revision::Model) -> String {
    let texts = [revision.text.as_deref(), revision.hint.as_deref()];
    let words: BTreeSet<String> = texts
        .into_iter()
        .flatten()
        .flat_map(folded_words)
        .map(|(_, word)| word)
        .collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// Words that somebody typed, all of which a comment must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed(Vec<TypedWord>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct TypedWord {
    word: String,
    /// Whether it may go on.
    is_beginning: bool,
}

impl Typed {
    /// Reads what was typed; none where it holds no word. The last word may be the beginning of one, and so may each
    /// that an asterisk follows.
    #[must_use]
    pub fn read(typed: &str) -> Option<Typed> {
        let found = folded_words(typed);
        let last = found.len().saturating_sub(1);
        let words = found
            .into_iter()
            .enumerate()
            .map(|(at, (place, word))| TypedWord {
                is_beginning: at == last || typed.get(place.end..).is_some_and(|rest| rest.starts_with('*')),
                word,
            });
        let words: Vec<TypedWord> = words.take(MOST_WORDS).collect();
        (!words.is_empty()).then_some(Typed(words))
    }

    /// Whether a folded word is one of these.
    #[must_use]
    pub fn is_met_by(&self, word: &str) -> bool {
        self.0.iter().any(|typed| match typed.is_beginning {
            true => word.starts_with(&typed.word),
            false => typed.word == word,
        })
    }

    /// The condition that a comment holds them, as SQLite's index is asked.
    fn for_sqlite(&self) -> String {
        let words = self.0.iter().map(|typed| {
            let star = if typed.is_beginning { " *" } else { "" };
            format!("\"{}\"{star}", typed.word)
        });
        words.collect::<Vec<_>>().join(" AND ")
    }

    fn for_postgres(&self) -> String {
        let words = self.0.iter().map(|typed| {
            let star = if typed.is_beginning { ":*" } else { "" };
            format!("'{}'{star}", typed.word)
        });
        words.collect::<Vec<_>>().join(" & ")
    }
}

/// The condition that a comment holds the words, read off the index.
#[must_use]
pub fn holds(typed: &Typed, is_sqlite: bool) -> SimpleExpr {
    if is_sqlite {
        let sql = r#""comment"."id" IN (SELECT "comment_id" FROM "comment_search" WHERE "id" IN
            (SELECT "rowid" FROM "comment_search_index" WHERE "comment_search_index" MATCH ?))"#;
        return Expr::cust_with_values(sql, [typed.for_sqlite()]);
    }
    // As an array it is read first: a plan that is kept knows no words, and would rather walk through all comments.
    let sql = r#""comment"."id" = ANY (ARRAY (SELECT "comment_id" FROM "comment_search"
        WHERE array_to_tsvector(string_to_array("words", ' ')) @@ CAST($1 AS tsquery)))"#;
    Expr::cust_with_values(sql, [typed.for_postgres()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_may_go_on_and_so_may_one_with_an_asterisk() {
        let typed = Typed::read("Grüß* Tom Mari").unwrap();
        assert_eq!(typed.for_postgres(), "'gruss':* & 'tom' & 'mari':*");
        assert_eq!(typed.for_sqlite(), "\"gruss\" * AND \"tom\" AND \"mari\" *");
        assert!(typed.is_met_by("maria") && typed.is_met_by("tom") && !typed.is_met_by("tomas"));
    }

    #[test]
    fn nothing_that_is_typed_is_a_command_to_the_index() {
        assert_eq!(Typed::read("\"' -- * AND ("), Typed::read("and"));
        assert_eq!(Typed::read(" !? "), None);
    }
}
