//! The people of the organisation: a list to search, and one person.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Choice, Context, Deputies, Field, GiveRole, Page, RoleRow};

/// Everybody who works here.
#[derive(Clone, Debug, Serialize)]
pub struct AdminPeoplePage {
    /// The frame.
    pub page: Page,
    /// Where searching leads (fields `q`, `show`).
    pub action: String,
    /// What was searched for.
    pub query: String,
    /// `here`, `without_manager`, `left`; labels are keys `people.show.…`, values are addresses.
    pub shows: Vec<Choice>,
    /// The one that is chosen.
    pub show: &'static str,
    /// Where or for whom those work who are shown; none for everybody.
    pub only: Option<OnlyPeople>,
    /// Where somebody is added; none for whoever may only read.
    pub add_url: Option<String>,
    /// Where a file is brought in.
    pub roster_url: String,
    /// Who was found.
    pub people: Vec<PersonRow>,
    /// The people after these.
    pub next_url: Option<String>,
    /// Where some of that name are, if nobody was found here.
    pub elsewhere: Option<Elsewhere>,
}

/// People who are on another list.
#[derive(Clone, Debug, Serialize)]
pub struct Elsewhere {
    /// `left` or `here`.
    pub list: &'static str,
    /// How many.
    pub count: u64,
    /// That list.
    pub url: String,
}

/// Some of the people.
#[derive(Clone, Debug, Serialize)]
pub struct OnlyPeople {
    /// The path of the place where they work.
    pub at: Option<String>,
    /// The name of whom they report to.
    pub reports_to: Option<String>,
    /// The field that keeps it so: `site` or `manager`.
    pub field: &'static str,
    /// What stands in it.
    pub value: String,
    /// Everybody.
    pub all_url: String,
}

/// Somebody on the list.
#[derive(Clone, Debug, Serialize)]
pub struct PersonRow {
    /// The name they go by.
    pub name: String,
    /// Everything about them.
    pub url: String,
    /// As what they work.
    pub job_title: Option<String>,
    /// The path of their site.
    pub site: Option<String>,
    /// To whom they report.
    pub manager: Option<String>,
    /// When they were last signed in.
    pub seen: Option<Moment>,
    /// Their last day, where there is one.
    pub last_day: Option<NaiveDate>,
}

/// Somebody, or the empty form for somebody new.
#[derive(Clone, Debug, Serialize)]
pub struct AdminPersonPage {
    /// The frame.
    pub page: Page,
    /// The name they go by; none for somebody new.
    pub name: Option<String>,
    /// Says that it was saved.
    pub saved: bool,
    /// Says what follows from the last day that was saved.
    pub leaves: Option<Leaves>,
    /// How many people report to them today.
    pub reports: u64,
    /// Who they are.
    pub reports_url: String,
    /// Others who have the same mail address.
    pub shares_address: Vec<PersonLink>,
    /// Where the reader confirms who they are before they change something.
    pub confirm_url: Option<String>,
    /// Where they are signed in, if they ever were told anything.
    pub account_url: Option<String>,
    /// What customers said about them.
    pub feed_url: Option<String>,
    /// Where a code to sign in with is made, for somebody without an address.
    pub code_url: Option<String>,
    /// Where the details are posted; none for whoever may only read.
    pub action: Option<String>,
    /// Details.
    pub details: PersonDetails,
    /// Where a further place of work is posted; none for whoever may only read.
    pub move_action: Option<String>,
    /// A place of work.
    pub work: PersonWork,
    /// Where a place is added; shown where there is none yet.
    pub add_place_url: Option<String>,
    /// The roles of somebody who is there; none for somebody new.
    pub roles: Option<PersonRoles>,
    /// Who stands in for them, and for whom they do.
    pub deputies: Option<Deputies>,
    /// Where the last day is posted; none for whoever may only read.
    pub leave_action: Option<String>,
    /// Where everything that names them can be removed, once they have left.
    pub erase_url: Option<String>,
    /// `last_day`.
    pub last_day: Field,
    /// Where they worked and will work, the newest first.
    pub history: Vec<WorkRow>,
}

/// What goes and what stays of somebody who is to be erased, or was.
#[derive(Clone, Debug, Serialize)]
pub struct AdminErasePage {
    /// The frame.
    pub page: Page,
    /// The name they go by.
    pub name: String,
    /// When they were erased.
    pub erased: Option<Moment>,
    /// Whether that was a moment ago.
    pub just_now: bool,
    /// Their last day, where it has passed: else they cannot be erased yet.
    pub last_day: Option<NaiveDate>,
    /// Everything about them.
    pub person_url: String,
    /// Where the reader confirms who they are first.
    pub confirm_url: Option<String>,
    /// Names by which customers may know them, with the search for each.
    pub searches: Vec<PersonLink>,
    /// Where the erasure is posted; none where it may not be.
    pub action: Option<String>,
}

/// Somebody, by name.
#[derive(Clone, Debug, Serialize)]
pub struct PersonLink {
    /// The name they go by.
    pub name: String,
    /// Everything about them.
    pub url: String,
}

/// What follows from a last day.
#[derive(Clone, Debug, Serialize)]
pub struct Leaves {
    /// The last day.
    pub last_day: NaiveDate,
    /// Until then they can read their own page.
    pub reads_until: NaiveDate,
}

/// The roles of somebody.
#[derive(Clone, Debug, Serialize)]
pub struct PersonRoles {
    /// Those that they hold.
    pub held: Vec<RoleRow>,
    /// Posted with the removal of a role (`person`), so that one comes back here.
    pub person: String,
    /// Says where a link to sign in was mailed to, after a role was given.
    pub given: Option<String>,
    /// Gives another; none for whoever may only read, and of somebody who has left.
    pub give: Option<GiveRole>,
}

/// What is known of somebody.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PersonDetails {
    /// `employee_id`: given once.
    pub employee_id: Field,
    /// `given_name`.
    pub given_name: Field,
    /// `family_name`.
    pub family_name: Field,
    /// `preferred_name`: the name they go by.
    pub preferred_name: Field,
    /// `aliases`, separated by commas.
    pub aliases: Field,
    /// `email`.
    pub email: Field,
    /// `phone`.
    pub phone: Field,
}

/// Where somebody works from a day on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PersonWork {
    /// `site`: the chosen one's problem.
    pub site: Field,
    /// Open sites.
    pub sites: Vec<Choice>,
    /// `job_title`.
    pub job_title: Field,
    /// `manager`: a number or a full name.
    pub manager: Field,
    /// `from`: the first day.
    pub from: Field,
}

/// A time in one place.
#[derive(Clone, Debug, Serialize)]
pub struct WorkRow {
    /// The first day; none: since ever.
    pub from: Option<NaiveDate>,
    /// The last day; none: until further notice.
    pub until: Option<NaiveDate>,
    /// The path of the site; none: everywhere.
    pub site: Option<String>,
    /// As what.
    pub job_title: Option<String>,
    /// For whom.
    pub manager: Option<String>,
    /// Whether it holds today.
    pub now: bool,
}

impl Context for AdminPeoplePage {
    const NAME: &'static str = "pages/admin-people";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminErasePage {
    const NAME: &'static str = "pages/admin-erase";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminPersonPage {
    const NAME: &'static str = "pages/admin-person";

    fn language(&self) -> Language {
        self.page.language
    }
}
