//! What the API says of recognitions and boards.
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use domain::period::PeriodKind;
use entity::staff_member;
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use super::{comment_view::LoggedView, verdict_view::SpanView};
use crate::{
    access::{Action, Caller},
    ledger::{
        board::{Board, NoBoard, Row},
        feed::Shown,
        scope::Scope,
    },
    said::{logged, thanks::thanks},
    web::{Web, auth::Auth, problem::Failure},
};

/// The caller, if they may do this to the scope that at most one of three parameters names; foreign and unknown ids
/// are not found.
pub(super) async fn permit_scope(
    auth: Auth,
    web: &Web,
    action: Action,
    (site, team, staff): (Option<Uuid>, Option<Uuid>, Option<Uuid>),
) -> Result<(Caller, Scope), Failure> {
    let (scope, what) = match (site, team, staff) {
        (None, None, None) => (Scope::Organisation, "organisation"),
        (Some(site), None, None) => (Scope::Site(site), "site"),
        (None, Some(manager), None) => (Scope::Team(manager), "staff member"),
        (None, None, Some(person)) => (Scope::Person(person), "staff member"),
        _ => {
            auth.permit(action)?;
            return Err(Failure::invalid("give only one of site, team and staff"));
        }
    };
    let caller = auth.permit_within(web, action, scope).await?;
    if scope.exists(web.app.db.read(), caller.organisation).await? {
        Ok((caller, scope))
    } else {
        Err(Failure::not_found(what))
    }
}

/// A recognition.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RecognitionView {
    /// Its id.
    id: Uuid,
    /// The comment it comes from.
    comment_id: Uuid,
    /// Whose it is; absent for praise of the site.
    staff_id: Option<Uuid>,
    /// Their name.
    name: Option<String>,
    /// Where it counts.
    site_id: Option<Uuid>,
    /// Whom the person reported to on the day.
    manager_id: Option<Uuid>,
    /// The words, `[…]` for what complains in them; absent once they are erased.
    text: Option<String>,
    /// Where in the text the person is meant.
    spans: Vec<SpanView>,
    /// Of what a customer said aloud: how, and who wrote it down. Boards count it apart.
    logged: Option<LoggedView>,
    /// Who may read the words besides managers: `staff`, `colleagues` or `public`.
    consent: String,
    /// When the customer was served, or spoke.
    occurred_at: DateTime<Utc>,
    /// The day in the organisation's zone on which it counts.
    occurred_on: NaiveDate,
    /// When it was credited.
    recognised_at: DateTime<Utc>,
}

impl From<Shown> for RecognitionView {
    fn from(shown: Shown) -> RecognitionView {
        let (row, (comment, words)) = (shown.recognition, shown.comment);
        let thanks = thanks(&shown.source, (&comment, &words), shown.verdict.as_ref());
        RecognitionView {
            id: row.id,
            comment_id: row.comment_id,
            staff_id: row.staff_id,
            name: shown.person.as_ref().map(staff_member::Model::plain_name),
            site_id: row.site_id,
            manager_id: row.manager_id,
            spans: thanks
                .as_ref()
                .map(|thanks| SpanView::within(&thanks.text, &thanks.spans))
                .unwrap_or_default(),
            text: thanks.map(|thanks| thanks.text),
            logged: logged(&shown.source, &words).map(LoggedView::from),
            consent: words.consent,
            occurred_at: row.occurred_at.trunc_subsecs(6),
            occurred_on: row.occurred_on,
            recognised_at: row.recognised_at.trunc_subsecs(6),
        }
    }
}

/// A page of recognitions, newest first.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RecognitionPage {
    /// The recognitions.
    pub items: Vec<RecognitionView>,
    /// Send it as `after` for the next page; absent on the last one.
    pub next: Option<String>,
}

/// The length of a board's period.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Period {
    /// Monday to Sunday
    Week,
    /// A calendar month
    Month,
    /// January to March, and so on
    Quarter,
    /// A calendar year
    Year,
    /// Since ever
    All,
}

impl From<Period> for PeriodKind {
    fn from(period: Period) -> PeriodKind {
        match period {
            Period::Week => PeriodKind::Week,
            Period::Month => PeriodKind::Month,
            Period::Quarter => PeriodKind::Quarter,
            Period::Year => PeriodKind::Year,
            Period::All => PeriodKind::All,
        }
    }
}

/// What a board counts.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Metric {
    /// Recognitions
    Count,
}

/// A row of a board.
#[derive(Clone, Debug, Object)]
pub struct StandingView {
    /// 1, 2, 2, 4: people with equal counts share a rank.
    rank: u64,
    /// Recognitions in the period.
    count: u64,
    /// Those that colleagues wrote down, which count apart.
    logged: u64,
    /// The staff member.
    staff_id: Uuid,
    /// Their name.
    name: String,
}

/// A page of a board.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct BoardView {
    /// The length of the period.
    period: Period,
    /// Its first day.
    starts_on: NaiveDate,
    /// Its last day; absent for all time.
    ends_on: Option<NaiveDate>,
    /// People on the whole board.
    people: u64,
    /// Sum of the whole board.
    total: u64,
    /// What colleagues wrote down for people of its scope, beside the sum.
    logged: u64,
    /// Highest count first; equal counts in alphabetical order.
    items: Vec<StandingView>,
    /// Send it as `after` for the next page; absent on the last one.
    next: Option<String>,
}

impl BoardView {
    /// A page of a board of that period.
    #[must_use]
    pub fn new(period: Period, board: Board) -> BoardView {
        let last = board.rows.last().filter(|_| board.has_more);
        BoardView {
            period,
            starts_on: board.start,
            ends_on: board.end.and_then(|end| end.pred_opt()),
            people: board.people,
            total: board.total,
            logged: board.logged,
            next: last.map(|row| format!("{}.{}", row.count, row.person.id.simple())),
            items: board.rows.into_iter().map(StandingView::from).collect(),
        }
    }
}

impl From<Row> for StandingView {
    fn from(row: Row) -> StandingView {
        StandingView {
            rank: row.rank,
            count: row.count,
            logged: row.logged,
            staff_id: row.person.id,
            name: row.person.plain_name(),
        }
    }
}

/// The place after a row of a board, as [`BoardView::next`] says it.
pub(super) fn place_on_board(after: &str) -> Result<(u64, Uuid), Failure> {
    let place = after
        .split_once('.')
        .and_then(|(count, person)| Some((count.parse().ok()?, Uuid::try_parse(person).ok()?)));
    place.ok_or_else(|| Failure::invalid("`after` must be the `next` of an earlier page"))
}

impl From<NoBoard> for Failure {
    fn from(error: NoBoard) -> Failure {
        match error {
            NoBoard::Database(cause) => cause.into(),
            NoBoard::OfOnePerson => Failure::invalid(error),
            NoBoard::Off | NoBoard::TeamsOnly => Failure::conflict(error),
        }
    }
}
