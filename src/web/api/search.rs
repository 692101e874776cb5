//! `/v1/comments/search`, and lists as files
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::{organisation, source};
use poem::web::Data;
use poem_openapi::{Enum, OpenApi, param::Query, payload::Json};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Tag,
    comment_view::{CommentPage, CommentView},
};
use crate::{
    access::{Action, Caller},
    capture::search::Typed,
    find::{
        self, Became, Format, Wanted,
        comments::{self, Looking},
        file::List,
        recognitions,
    },
    ledger::scope::Scope,
    roster::organisation as organisations,
    web::{
        Web,
        auth::Auth,
        cursor,
        file::{self, SavedFile},
        problem::Failure,
    },
};

/// Finding comments, and taking lists out.
#[derive(Debug)]
pub struct Search;

/// What became of a comment.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum FoundState {
    /// Somebody is thanked by it
    Thanks,
    /// A person decides whom it means
    Open,
    /// It was read, and nobody is thanked
    Nobody,
    /// It complains, and nobody has dealt with that
    ToPutRight,
    /// Somebody dealt with what it complains of
    PutRight,
}

impl From<FoundState> for Became {
    fn from(state: FoundState) -> Became {
        match state {
            FoundState::Thanks => Became::Thanks,
            FoundState::Open => Became::Open,
            FoundState::Nobody => Became::Nobody,
            FoundState::ToPutRight => Became::ToPutRight,
            FoundState::PutRight => Became::PutRight,
        }
    }
}

/// The form of a file.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum FileFormat {
    /// Comma-separated values with a head, for spreadsheets: no cell is a formula
    Csv,
    /// A JSON object a line, without what is empty
    Ndjson,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Format {
        match format {
            FileFormat::Csv => Format::Csv,
            FileFormat::Ndjson => Format::Ndjson,
        }
    }
}

#[OpenApi]
impl Search {
    /// Search comments, newest first
    ///
    /// Everything that is given must hold. Whoever is signed in finds what they are above; a key finds all. Comments that
    /// are not read yet, held or shielded, and what was taken back or erased, are not found. A page may be shorter than
    /// `limit` though another one follows.
    #[oai(
        path = "/comments/search",
        method = "get",
        operation_id = "search_comments",
        tag = "Tag::Comments"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "every parameter of the operation is one"
    )]
    async fn search(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Words, all of which it holds, in any case and with or without accents. The last may be the beginning of a word.
        #[oai(validator(max_length = 200))]
        words: Query<Option<String>>,
        /// Id of a staff member whom it thanks or may mean.
        staff: Query<Option<Uuid>>,
        /// Id of a site where it was said, or of one above.
        site: Query<Option<Uuid>>,
        /// Id of the source by which it came in.
        source: Query<Option<Uuid>>,
        /// The least score, as the customer's scale has it.
        score_from: Query<Option<f64>>,
        /// The highest score.
        score_to: Query<Option<f64>>,
        /// What became of it.
        state: Query<Option<FoundState>>,
        /// The first day on which it was said, in the organisation's zone.
        from: Query<Option<NaiveDate>>,
        /// The last day.
        to: Query<Option<NaiveDate>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<CommentPage>, Failure> {
        let caller = auth.permit(Action::SEARCH_COMMENTS)?;
        let own = organisation_of(web, &caller).await?;
        let asked = Asked {
            words: words.0,
            staff: staff.0,
            site: site.0,
            source: source.0,
            score: (score_from.0, score_to.0),
            state: state.0,
            days: (from.0, to.0),
            changed_since: None,
        };
        let wanted = asked.comments(web, &own).await?;
        let after = after.0.as_deref().map(cursor::read).transpose()?;
        let looking = looking(web, &caller, &own);
        let (found, next) = comments::page(web.app.db.read(), looking, &wanted, after, limit.0).await?;
        Ok(Json(CommentPage {
            items: found.into_iter().map(CommentView::from).collect(),
            next: next.map(|(at, id)| cursor::after(at, id)),
        }))
    }

    /// Take comments out as a file
    ///
    /// The same conditions as in the search. With `changed_since` it lists what came in, was read, decided, put right, taken
    /// back or erased since, and says of the last two only that they are gone. Customers' names stay out; of posts on X
    /// the file holds id and link, not the words. The log says who took it out.
    #[oai(
        path = "/comments/file",
        method = "get",
        operation_id = "save_comments",
        tag = "Tag::Comments"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "every parameter of the operation is one"
    )]
    async fn save_comments(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The form of the file.
        #[oai(default = "csv")]
        format: Query<FileFormat>,
        /// Words, all of which it holds, in any case and with or without accents. The last may be the beginning of a word.
        #[oai(validator(max_length = 200))]
        words: Query<Option<String>>,
        /// Id of a staff member whom it thanks or may mean.
        staff: Query<Option<Uuid>>,
        /// Id of a site where it was said, or of one above.
        site: Query<Option<Uuid>>,
        /// Id of the source by which it came in.
        source: Query<Option<Uuid>>,
        /// The least score, as the customer's scale has it.
        score_from: Query<Option<f64>>,
        /// The highest score.
        score_to: Query<Option<f64>>,
        /// What became of it.
        state: Query<Option<FoundState>>,
        /// The first day on which it was said, in the organisation's zone.
        from: Query<Option<NaiveDate>>,
        /// The last day.
        to: Query<Option<NaiveDate>>,
        /// Only what changed at this time or later.
        changed_since: Query<Option<DateTime<Utc>>>,
    ) -> Result<SavedFile, Failure> {
        let caller = auth.permit(Action::SAVE_COMMENTS)?;
        let own = organisation_of(web, &caller).await?;
        let asked = Asked {
            words: words.0,
            staff: staff.0,
            site: site.0,
            source: source.0,
            score: (score_from.0, score_to.0),
            state: state.0,
            days: (from.0, to.0),
            changed_since: changed_since.0,
        };
        let list = List::Comments(Box::new(asked.comments(web, &own).await?));
        save(web, caller, Action::SAVE_COMMENTS, &own, list, format.0).await
    }

    /// Take recognitions out as a file
    ///
    /// Whoever is signed in takes out what they are above; a key takes out all. With `changed_since` it lists what was
    /// recognised, withdrawn or erased since; without it, what was withdrawn is left out. Of posts on X the file holds id
    /// and link, not the words. The log says who took it out.
    #[oai(
        path = "/recognitions/file",
        method = "get",
        operation_id = "save_recognitions",
        tag = "Tag::Recognitions"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "every parameter of the operation is one"
    )]
    async fn save_recognitions(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The form of the file.
        #[oai(default = "csv")]
        format: Query<FileFormat>,
        /// Id of a staff member.
        staff: Query<Option<Uuid>>,
        /// Id of a site where it counts, or of one above.
        site: Query<Option<Uuid>>,
        /// The first day on which it was said, in the organisation's zone.
        from: Query<Option<NaiveDate>>,
        /// The last day.
        to: Query<Option<NaiveDate>>,
        /// Only what changed at this time or later.
        changed_since: Query<Option<DateTime<Utc>>>,
    ) -> Result<SavedFile, Failure> {
        let caller = auth.permit(Action::SAVE_RECOGNITIONS)?;
        let own = organisation_of(web, &caller).await?;
        let asked = Asked {
            staff: staff.0,
            site: site.0,
            days: (from.0, to.0),
            changed_since: changed_since.0,
            ..Asked::default()
        };
        let list = List::Recognitions(asked.recognitions(web, &own).await?);
        save(web, caller, Action::SAVE_RECOGNITIONS, &own, list, format.0).await
    }
}

/// The conditions of a caller.
#[derive(Default)]
struct Asked {
    words: Option<String>,
    staff: Option<Uuid>,
    site: Option<Uuid>,
    source: Option<Uuid>,
    score: (Option<f64>, Option<f64>),
    state: Option<FoundState>,
    days: (Option<NaiveDate>, Option<NaiveDate>),
    changed_since: Option<DateTime<Utc>>,
}

impl Asked {
    async fn comments(self, web: &Web, own: &organisation::Model) -> Result<Wanted, Failure> {
        self.check(web, own).await?;
        let (from, until) = find::days(own, self.days.0, self.days.1);
        Ok(Wanted {
            words: self.words.as_deref().and_then(Typed::read),
            person: self.staff,
            site: self.site,
            source: self.source,
            score_from: self.score.0,
            score_to: self.score.1,
            became: self.state.map(Into::into),
            from,
            until,
            changed_since: self.changed_since,
        })
    }

    async fn recognitions(
        self,
        web: &Web,
        own: &organisation::Model,
    ) -> Result<recognitions::Wanted, Failure> {
        self.check(web, own).await?;
        let (from, until) = find::days(own, self.days.0, self.days.1);
        Ok(recognitions::Wanted {
            person: self.staff,
            site: self.site,
            from,
            until,
            changed_since: self.changed_since,
        })
    }

    /// Ids that there are not, days that no calendar shows and words that are none are mistakes, and not lists without rows.
    async fn check(&self, web: &Web, own: &organisation::Model) -> Result<(), Failure> {
        for (field, day) in [("from", self.days.0), ("to", self.days.1)] {
            check_year(field, day.map(|day| day.year()))?;
        }
        check_year("changed_since", self.changed_since.map(|at| at.year()))?;
        for (field, score) in [("score_from", self.score.0), ("score_to", self.score.1)] {
            if score.is_some_and(|score| !score.is_finite()) {
                return Err(Failure::invalid(format!("{field} must be a number")));
            }
        }
        if self
            .words
            .as_deref()
            .is_some_and(|words| Typed::read(words).is_none())
        {
            return Err(Failure::invalid("words must hold a letter or digit"));
        }
        let db = web.app.db.read();
        let named = [
            (self.staff.map(Scope::Person), "staff member"),
            (self.site.map(Scope::Site), "site"),
        ];
        for (scope, what) in named {
            if let Some(scope) = scope
                && !scope.exists(db, own.id).await?
            {
                return Err(Failure::not_found(what));
            }
        }
        if let Some(id) = self.source {
            let found = source::Entity::within(own.id).filter(source::Column::Id.eq(id));
            if found.count(db).await? == 0 {
                return Err(Failure::not_found("source"));
            }
        }
        Ok(())
    }
}

fn check_year(field: &str, year: Option<i32>) -> Result<(), Failure> {
    match year.is_none_or(|year| (1900..=9999).contains(&year)) {
        true => Ok(()),
        false => Err(Failure::invalid(format!(
            "{field} must be in one of the years 1900 to 9999"
        ))),
    }
}

async fn organisation_of(web: &Web, caller: &Caller) -> Result<organisation::Model, Failure> {
    let own = organisations::by_id(web.app.db.read(), caller.organisation).await?;
    own.ok_or_else(|| Failure::not_found("organisation"))
}

fn looking<'a>(web: &Web, caller: &'a Caller, own: &organisation::Model) -> Looking<'a> {
    Looking {
        caller,
        today: organisations::day_in(own, web.app.clock.now()),
    }
}

async fn save(
    web: &Web,
    caller: Caller,
    action: Action,
    own: &organisation::Model,
    list: List,
    format: FileFormat,
) -> Result<SavedFile, Failure> {
    let today = organisations::day_in(own, web.app.clock.now());
    file::save(web, (caller, action.operation), list, format.into(), today).await
}

fn default_limit() -> u64 {
    cursor::PAGE
}

fn csv() -> FileFormat {
    FileFormat::Csv
}
