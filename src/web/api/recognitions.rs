//! `/v1/recognitions` and `/v1/board`
use chrono::NaiveDate;
use poem::web::Data;
use poem_openapi::{OpenApi, param::Query, payload::Json};
use uuid::Uuid;

use super::{
    Tag,
    recognition_view::{
        BoardView, Metric, Period, RecognitionPage, RecognitionView, permit_scope, place_on_board,
    },
};
use crate::{
    access::{Action, Caller},
    ledger::{
        board::{self, BoardQuery},
        feed::{self, Audience, Shown},
        scope::Scope,
    },
    roster::organisation,
    web::{Web, auth::Auth, cursor, problem::Failure},
};

/// Operations on recognitions and what is counted of them.
#[derive(Debug)]
pub struct Recognitions;

#[OpenApi(tag = "Tag::Recognitions")]
impl Recognitions {
    /// List recognitions, newest first
    ///
    /// At most one of `site`, `team` and `staff` limits the list: to a site with those below it, to who reported to a
    /// manager on the day, to one person. What was withdrawn is not listed; words that were erased are absent.
    #[oai(path = "/recognitions", method = "get", operation_id = "list_recognitions")]
    #[expect(
        clippy::too_many_arguments,
        reason = "every parameter of the operation is one"
    )]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Id of a site.
        site: Query<Option<Uuid>>,
        /// Id of a manager.
        team: Query<Option<Uuid>>,
        /// Id of a staff member.
        staff: Query<Option<Uuid>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<RecognitionPage>, Failure> {
        let asked = (site.0, team.0, staff.0);
        let (caller, scope) = permit_scope(auth, web, Action::LIST_RECOGNITIONS, asked).await?;
        let before = after.0.as_deref().map(cursor::read).transpose()?;
        let rows = feed::feed(
            web.app.db.read(),
            caller.organisation,
            (scope, Audience::All),
            before,
            cursor::rows(limit.0),
        )
        .await?;
        let place = |row: &Shown| (row.recognition.recognised_at, row.recognition.id);
        let (rows, next) = cursor::cut(rows, limit.0, place);
        Ok(Json(RecognitionPage {
            items: rows.into_iter().map(RecognitionView::from).collect(),
            next,
        }))
    }

    /// Get a board
    ///
    /// Who was thanked how often: of a team (the manager's id), a site with those below it, or the organisation, in the
    /// week, month, quarter or year that holds the day `on`. The organisation's board mode decides which boards there
    /// are: none, those of teams, or all.
    #[oai(path = "/board", method = "get", operation_id = "get_board")]
    #[expect(
        clippy::too_many_arguments,
        reason = "every parameter of the operation is one"
    )]
    async fn board(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Id of a site.
        site: Query<Option<Uuid>>,
        /// Id of a manager.
        team: Query<Option<Uuid>>,
        /// Length of the period.
        #[oai(default = "month")]
        period: Query<Period>,
        /// A day of the period; today where absent.
        on: Query<Option<NaiveDate>>,
        /// What is counted.
        #[oai(default = "count")]
        metric: Query<Metric>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<BoardView>, Failure> {
        let Metric::Count = metric.0;
        let asked = (site.0, team.0, None);
        let (caller, scope) = permit_scope(auth, web, Action::GET_BOARD, asked).await?;
        let db = web.app.db.read();
        let own = organisation::by_id(db, caller.organisation).await?;
        let own = own.ok_or_else(|| Failure::not_found("organisation"))?;
        let query = BoardQuery {
            scope,
            kind: period.0.into(),
            on: on
                .0
                .unwrap_or_else(|| organisation::day_in(&own, web.app.clock.now())),
            after: after.0.as_deref().map(place_on_board).transpose()?,
            limit: usize::try_from(limit.0).unwrap_or(usize::MAX),
            own: own_site(&caller, scope),
        };
        let board = board::board(db, &own, query).await?;
        Ok(Json(BoardView::new(period.0, board)))
    }
}

/// Where only teams have boards, whoever leads a site sees the site's.
fn own_site(caller: &Caller, scope: Scope) -> Option<Scope> {
    let person = caller.person()?;
    matches!(scope, Scope::Site(site) if person.leads(site)).then_some(scope)
}

fn default_limit() -> u64 {
    cursor::PAGE
}

fn month() -> Period {
    Period::Month
}

fn count() -> Metric {
    Metric::Count
}
