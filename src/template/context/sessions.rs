//! One's own settings: mails, boards, and where one is signed in.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Choice, Context, Deputies, Field, FormProblemKind, Page};

/// The page behind one's own name.
#[derive(Clone, Debug, Serialize)]
pub struct SessionsPage {
    /// The frame.
    pub page: Page,
    /// The reader's name.
    pub name: String,
    /// Says that the settings were saved.
    pub saved: bool,
    /// Where the settings post: `frequency`, `own_praise`, `on_boards` and `looked_at_first` (`yes` or absent).
    pub settings_url: String,
    /// Where what customers say is written down, for whoever may.
    pub spoken_url: Option<String>,
    /// What is chosen, in a word: "at_once", "hourly", how often the summary comes ("day", "week", "month"), or "never";
    /// empty where what is shown was not saved.
    pub now: &'static str,
    /// `frequency`: when mails come; empty for somebody without an address.
    pub frequencies: Vec<Choice>,
    /// `digest_every`: how often the summary comes.
    pub everies: Vec<Choice>,
    /// `digest_weekday` and, for each that is ticked, `quiet_day`.
    pub weekdays: Vec<WeekdayChoice>,
    /// `digest_time`: when the summary comes, as 17:30.
    pub digest_time: Field,
    /// `quiet_from`: when quiet hours begin; empty where there are none.
    pub quiet_from: Field,
    /// `quiet_until`: when they end.
    pub quiet_until: Field,
    /// What is wrong with the quiet days.
    pub quiet_days_problem: Option<FormProblemKind>,
    /// `triage_frequency`: when mails of open questions come, where that differs.
    pub triage_exception: Vec<Choice>,
    /// `complaint_frequency`: the same of complaints.
    pub complaint_exception: Vec<Choice>,
    /// `own_praise_frequency`: the same of praise of oneself.
    pub own_praise_exception: Vec<Choice>,
    /// Whether any of these differs.
    pub has_exceptions: bool,
    /// `time_zone`: on which clock; empty leaves it to the site.
    pub time_zone: Field,
    /// `language`: in which they are written to; none chosen leaves it to the company.
    pub languages: Vec<Choice>,
    /// Whether the reader can be thanked, and has an address to be told of it.
    pub can_be_mailed: bool,
    /// Whether they want that.
    pub own_praise: bool,
    /// Whether the reader can choose to stand on boards: a staff member, and there are boards.
    pub has_boards: bool,
    /// Whether they do.
    pub on_boards: bool,
    /// Whether a person looks before they are credited.
    pub looked_at_first: bool,
    /// Who stands in for them, and for whom they do; none for whoever has nobody below them and is nobody's deputy.
    pub deputies: Option<Deputies>,
    /// Where they can sign in through their company.
    pub companies: Vec<CompanyState>,
    /// What they were thanked for, for whoever can be.
    pub record_url: Option<String>,
    /// Where the second factor is set up or changed, for whoever may have one.
    pub factor_url: Option<String>,
    /// Whether they have one.
    pub factor_on: bool,
    /// Where saving everything that is stored about them posts.
    pub stored_action: String,
    /// Where the reader is signed in, this one first.
    pub sessions: Vec<SessionRow>,
    /// Where signing out here posts.
    pub sign_out_url: String,
    /// Where signing out everywhere posts.
    pub sign_out_all_url: String,
}

/// A day of the week.
#[derive(Clone, Debug, Serialize)]
pub struct WeekdayChoice {
    /// 1 is Monday, 7 is Sunday.
    pub value: u32,
    /// A date that falls on it, for its name.
    pub day: NaiveDate,
    /// Whether the weekly summary comes on it.
    pub chosen: bool,
    /// Whether all of it is quiet.
    pub quiet: bool,
}

/// A company at which the reader could sign in.
#[derive(Clone, Debug, Serialize)]
pub struct CompanyState {
    /// As the company calls it.
    pub name: String,
    /// Where they link their account with it; none where it is linked.
    pub action: Option<String>,
    /// Where they confirm first who they are, if that is needed.
    pub confirm_url: Option<String>,
}

/// A session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRow {
    /// Browser and system, as far as known.
    pub device: String,
    /// Since when.
    pub since: Moment,
    /// When it was used last.
    pub used: Moment,
    /// Whether it is this one.
    pub here: bool,
    /// Where ending it posts.
    pub end_url: String,
}

impl Context for SessionsPage {
    const NAME: &'static str = "pages/sessions";

    fn language(&self) -> Language {
        self.page.language
    }
}
