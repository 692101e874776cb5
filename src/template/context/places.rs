//! The places of the organisation: a tree, and one place.
use serde::Serialize;

use super::super::Language;
use super::{Choice, Context, Field, Page};

/// Every place.
#[derive(Clone, Debug, Serialize)]
pub struct AdminPlacesPage {
    /// The frame.
    pub page: Page,
    /// Where one is added; none for whoever may only read.
    pub add_url: Option<String>,
    /// The form that names no place, its poster, and its whole address.
    pub form: PlaceForm,
    /// Open places from the top down.
    pub places: Vec<PlaceNode>,
    /// Closed ones.
    pub closed: Vec<PlaceLink>,
    /// Whether there are more than are shown.
    pub has_more: bool,
}

/// Where customers write.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceForm {
    /// The form.
    pub url: String,
    /// Its whole address, to be copied.
    pub address: String,
    /// Its poster.
    pub poster_url: String,
}

/// A place with those below it.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceNode {
    /// What it is called, without the names above it.
    pub name: String,
    /// Its page.
    pub url: String,
    /// How many people work there.
    pub people: u64,
    /// Who they are.
    pub people_url: String,
    /// Who leads it, by the roster or by a role of this very place.
    pub leads: Vec<String>,
    /// Its time zone.
    pub time_zone: String,
    /// Its language, in that language.
    pub language: String,
    /// Where customers write.
    pub form: PlaceForm,
    /// The places below.
    pub below: Vec<PlaceNode>,
}

/// A place by its path.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceLink {
    /// `North / Leeds`.
    pub name: String,
    /// Its page.
    pub url: String,
}

/// A place, or the empty form for another one.
#[derive(Clone, Debug, Serialize)]
pub struct AdminPlacePage {
    /// The frame.
    pub page: Page,
    /// Its path; none for a new one.
    pub path: Option<String>,
    /// Says that it was saved.
    pub saved: bool,
    /// Where the reader confirms who they are before they change something.
    pub confirm_url: Option<String>,
    /// Where it is posted; none for whoever may only read.
    pub action: Option<String>,
    /// `then`: where it goes on once the place is there: `person` or nothing.
    pub then: &'static str,
    /// `name`.
    pub name: Field,
    /// `parent`: the problem of the chosen one.
    pub parent: Field,
    /// Places that it may lie below; values are ids.
    pub parents: Vec<Choice>,
    /// `lead`: a number or a full name.
    pub lead: Field,
    /// `time_zone`.
    pub time_zone: Field,
    /// The zone that holds where the field is empty.
    pub inherited_zone: String,
    /// `language`: the chosen one's problem.
    pub language: Field,
    /// Languages; values are codes.
    pub languages: Vec<Choice>,
    /// `heard_within`: a number of working days.
    pub heard_within: Field,
    /// `holidays`: the code of a country or region.
    pub holidays: Field,
    /// What is known of a place that is there.
    pub known: Option<KnownPlace>,
}

/// A place that is there.
#[derive(Clone, Debug, Serialize)]
pub struct KnownPlace {
    /// Whether it is closed.
    pub is_closed: bool,
    /// Where closing or opening it again posts (`do`); none for whoever may only read.
    pub close_action: Option<String>,
    /// Says that it cannot be closed while places below are open.
    pub is_open_below: bool,
    /// How many people work there.
    pub people: u64,
    /// Who they are.
    pub people_url: String,
    /// Where somebody is added there; none for whoever may only read.
    pub add_person_url: Option<String>,
    /// Who leads it by a role of this very place.
    pub role_leads: Vec<String>,
    /// Where roles are given.
    pub roles_url: String,
    /// Where customers write; none for a closed one.
    pub form: Option<PlaceForm>,
    /// Through which sources messages from here came in.
    pub sources: Vec<PlaceSource>,
    /// The places right below.
    pub below: Vec<PlaceLink>,
    /// Where one below is added; none for whoever may only read.
    pub add_below_url: Option<String>,
}

/// A source of a place's messages.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceSource {
    /// What it is called.
    pub name: String,
    /// Messages of the last 30 days.
    pub count: u64,
}

impl Context for AdminPlacesPage {
    const NAME: &'static str = "pages/admin-places";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminPlacePage {
    const NAME: &'static str = "pages/admin-place";

    fn language(&self) -> Language {
        self.page.language
    }
}
