//! The words by which comments are found. They are kept in the transaction of the words that hold, and end with them.
use std::collections::BTreeSet;

use domain::text::folded_words;
use entity::{among, comment, comment_revision, comment_search};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QuerySelect, QueryTrait,
    sea_query::Expr,
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

    fn in_index(&self, is_sqlite: bool) -> Expr {
        if is_sqlite {
            let sql = r#""comment_search"."id" IN (SELECT "rowid" FROM "comment_search_index"
                WHERE "comment_search_index" MATCH ?)"#;
            return Expr::cust_with_values(sql, [self.for_sqlite()]);
        }
        let sql =
            r#"array_to_tsvector(string_to_array("comment_search"."words", ' ')) @@ CAST($1 AS tsquery)"#;
        Expr::cust_with_values(sql, [self.for_postgres()])
    }

    /// The same, seen in the words themselves.
    fn in_words(&self, is_sqlite: bool) -> Condition {
        let stands = |typed: &TypedWord| {
            let end = if typed.is_beginning { "" } else { " " };
            let sought = format!(" {}{end}", typed.word);
            match is_sqlite {
                true => Expr::cust_with_values(
                    r#"instr(' ' || "comment_search"."words" || ' ', ?) > 0"#,
                    [sought],
                ),
                false => Expr::cust_with_values(
                    r#"strpos(' ' || "comment_search"."words" || ' ', $1) > 0"#,
                    [sought],
                ),
            }
        };
        self.0.iter().map(stands).fold(Condition::all(), Condition::add)
    }
}

/// More comments than this are sooner found along the order in which they are shown than by their words.
const MANY: u64 = 10_000;

/// How comments that hold words are come upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Few do: the index has them.
    Index,
    /// Many do: one after the other is looked at.
    Order,
}

impl Way {
    /// The shorter one for these words.
    pub async fn to(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        typed: &Typed,
    ) -> Result<Way, DbErr> {
        let is_sqlite = connection.get_database_backend() == DbBackend::Sqlite;
        let held = comment_search::Entity::find()
            .filter(comment_search::Column::OrganisationId.eq(organisation))
            .filter(typed.in_index(is_sqlite))
            .limit(MANY);
        Ok(match held.count(connection).await? < MANY {
            true => Way::Index,
            false => Way::Order,
        })
    }
}

/// The condition that a comment holds the words.
#[must_use]
pub fn holds(typed: &Typed, way: Way, is_sqlite: bool) -> Expr {
    match way {
        Way::Index => of_comments(typed.in_index(is_sqlite), is_sqlite),
        Way::Order => {
            let its_own = Expr::col((comment_search::Entity, comment_search::Column::CommentId))
                .equals((comment::Entity, comment::Column::Id));
            let held = comment_search::Entity::find()
                .filter(its_own)
                .filter(typed.in_words(is_sqlite));
            Expr::exists(held.select_only().expr(Expr::val(1)).into_query())
        }
    }
}

fn of_comments(held: Expr, is_sqlite: bool) -> Expr {
    let held = comment_search::Entity::find().filter(held);
    let held = held.select_only().column(comment_search::Column::CommentId);
    let id = Expr::col((comment::Entity, comment::Column::Id));
    if is_sqlite {
        return id.in_subquery(held.into_query());
    }
    // As an array it is read first: a plan that is kept knows no words, and would rather walk through all comments.
    let held = Expr::SubQuery(None, Box::new(held.into_query().into()));
    Expr::cust_with_exprs("$1 = ANY (ARRAY $2)", [id, held])
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
