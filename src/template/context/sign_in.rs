//! Signing in without a password: a link by mail, or a code from one's manager.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::Language;
use super::{CodeEntry, Context, Field, Page};

/// Asks for an address or a code.
#[derive(Clone, Debug, Serialize)]
pub struct SignInPage {
    /// The frame.
    pub page: Page,
    /// Where the address is posted (field `email`).
    pub action: String,
    /// Where the code is posted (field `code`).
    pub code_action: String,
    /// Where people sign in through their company.
    pub companies: Vec<CompanyLink>,
    /// Whether that is the only way, but for emergencies.
    pub company_only: bool,
    /// Key of the sentence that says why signing in there did not work.
    pub trouble: Option<&'static str>,
    /// Where somebody who just signed out signs out at the company too.
    pub signed_out: Option<CompanyLink>,
    /// What was typed as an address.
    pub email: Field,
    /// What was typed as a code.
    pub code: Field,
    /// Minutes a link works.
    pub minutes: u64,
}

/// Where people sign in through their company.
#[derive(Clone, Debug, Serialize)]
pub struct CompanyLink {
    /// As the company calls it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The same on a device that others use too, where that is asked.
    pub shared_url: Option<String>,
}

impl CompanyLink {
    /// One that asks nothing.
    #[must_use]
    pub fn new(name: String, url: String) -> CompanyLink {
        CompanyLink {
            name,
            url,
            shared_url: None,
        }
    }
}

/// Says that a link was sent if the address is known; the same whether or not it is.
#[derive(Clone, Debug, Serialize)]
pub struct SignInSentPage {
    /// The frame.
    pub page: Page,
    /// The address as it was typed.
    pub address: String,
    /// Until when the link works: "14:45".
    pub until: String,
    /// Back to the form.
    pub sign_in_url: String,
}

/// What an opened link shows: a button signs in, the link alone does not.
#[derive(Clone, Debug, Serialize)]
pub struct SignInConfirmPage {
    /// The frame.
    pub page: Page,
    /// The given name of whoever the link is for.
    pub name: String,
    /// Where the button posts (field `shared`: `yes` ends the session with the browser).
    pub action: String,
    /// Back to the form.
    pub sign_in_url: String,
    /// Days a session lasts.
    pub days: u64,
    /// Whether they hold a role: then it lasts for twelve hours unused.
    pub with_role: bool,
}

/// Asks somebody who is signed in to confirm who they are.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmPage {
    /// The frame.
    pub page: Page,
    /// Where the button posts that has a link mailed; none for whom none works.
    pub action: Option<String>,
    /// Where a code is posted, by whoever has a second factor: then no link proves it.
    pub code_action: Option<String>,
    /// The code.
    pub code: CodeEntry,
    /// Where they prove it at the company.
    pub companies: Vec<CompanyLink>,
}

impl Context for ConfirmPage {
    const NAME: &'static str = "pages/confirm";

    fn language(&self) -> Language {
        self.page.language
    }
}

/// A join code for somebody without mail, shown and printed by their manager.
#[derive(Clone, Debug, Serialize)]
pub struct JoinPage {
    /// The frame.
    pub page: Page,
    /// Whom it is for.
    pub name: String,
    /// The code in groups: "K7QW3 M2XAB".
    pub code: String,
    /// The address to type.
    pub address: String,
    /// The same with the code in it, as a QR code.
    pub qr: Option<Qr>,
    /// Until when it works.
    pub until: NaiveDate,
    /// Takes the code back.
    pub revoke_url: String,
}

/// Everybody below the reader to whom they could hand a join code.
#[derive(Clone, Debug, Serialize)]
pub struct JoinListPage {
    /// The frame.
    pub page: Page,
    /// The people, in alphabetical order.
    pub people: Vec<JoinRow>,
}

/// Somebody without an address of mail.
#[derive(Clone, Debug, Serialize)]
pub struct JoinRow {
    /// The name.
    pub name: String,
    /// Where asking for their code posts.
    pub url: String,
}

/// A QR code as one path over a square of `size` modules.
#[derive(Clone, Debug, Serialize)]
pub struct Qr {
    /// Modules a side.
    pub size: u32,
    /// Modules a side with the quiet zone of four on every side.
    pub outer: u32,
    /// SVG path of the dark modules.
    pub path: String,
}

impl Context for SignInPage {
    const NAME: &'static str = "pages/sign-in";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for SignInSentPage {
    const NAME: &'static str = "pages/sign-in-sent";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for SignInConfirmPage {
    const NAME: &'static str = "pages/sign-in-confirm";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for JoinPage {
    const NAME: &'static str = "pages/join";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for JoinListPage {
    const NAME: &'static str = "pages/join-list";

    fn language(&self) -> Language {
        self.page.language
    }
}
