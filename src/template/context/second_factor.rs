//! The second factor: set up, asked for, and taken off by somebody else.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Context, Field, Page, Qr};

/// Where a code is typed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CodeEntry {
    /// `code`: of the app, or a recovery code. What was typed is not shown again.
    pub field: Field,
    /// Until then no code is taken.
    pub waits_until: Option<Moment>,
}

/// One's own second factor.
#[derive(Clone, Debug, Serialize)]
pub struct SecondFactorPage {
    /// The frame.
    pub page: Page,
    /// `off`, `pending`, `on`, or `codes`, where recovery codes have just been made.
    pub state: &'static str,
    /// Whether the organisation asks it of holders of roles.
    pub needed: bool,
    /// Says that nothing can be sealed here, so that it cannot be set up.
    pub no_key: bool,
    /// Where setting it up begins, or begins anew.
    pub begin_url: String,
    /// Where the first code is posted.
    pub confirm_url: String,
    /// Where a code is posted with what is wished (`do`: `renew` or `off`).
    pub change_url: String,
    /// What the app is shown.
    pub qr: Option<Qr>,
    /// The same to be typed, in groups.
    pub secret: Option<String>,
    /// Where a code is typed.
    pub code: CodeEntry,
    /// Since when it is on.
    pub since: Option<Moment>,
    /// Recovery codes that are left.
    pub left: u64,
    /// Recovery codes that were made just now.
    pub codes: Vec<String>,
    /// On from the codes.
    pub on_url: String,
}

/// Asks for the code after a link was opened.
#[derive(Clone, Debug, Serialize)]
pub struct SignInCodePage {
    /// The frame.
    pub page: Page,
    /// The name that whoever is asked goes by.
    pub name: String,
    /// Where the code is posted.
    pub action: String,
    /// The code.
    pub code: CodeEntry,
    /// Back to the beginning.
    pub sign_in_url: String,
}

/// Where somebody is signed in, and how they prove themselves, for administrators.
#[derive(Clone, Debug, Serialize)]
pub struct AdminAccountPage {
    /// The frame.
    pub page: Page,
    /// The name they go by.
    pub name: String,
    /// Their page, if they are on the roster.
    pub person_url: Option<String>,
    /// Where the reader confirms who they are before they change something.
    pub confirm_url: Option<String>,
    /// Says what was done: `ended` or `taken_off`.
    pub done: Option<&'static str>,
    /// Where they are signed in, the one used last first.
    pub sessions: Vec<AccountSession>,
    /// Where ending them all posts; none for whoever may only read.
    pub end_url: Option<String>,
    /// Since when they have a second factor.
    pub factor_since: Option<Moment>,
    /// Where taking it off posts; none for whoever may not.
    pub take_off_url: Option<String>,
}

/// A session of somebody.
#[derive(Clone, Debug, Serialize)]
pub struct AccountSession {
    /// Browser and system, as far as known.
    pub device: String,
    /// Since when.
    pub since: Moment,
    /// When it was used last.
    pub used: Moment,
}

/// Whether holders of roles need a second factor.
#[derive(Clone, Debug, Serialize)]
pub struct FactorPolicy {
    /// Whether they do.
    pub needed: bool,
    /// Where that is changed (`needed`: `yes` or empty); none for whoever may only read.
    pub action: Option<String>,
    /// Holders of roles who have none yet.
    pub without: u64,
}

impl Context for SecondFactorPage {
    const NAME: &'static str = "pages/second-factor";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for SignInCodePage {
    const NAME: &'static str = "pages/sign-in-code";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminAccountPage {
    const NAME: &'static str = "pages/admin-account";

    fn language(&self) -> Language {
        self.page.language
    }
}
