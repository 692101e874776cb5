//! Where people sign in through their company, as administrators set it up, and the page of a link that was handed over.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Choice, CompanyLink, Context, Field, Page, Tested};

/// The providers, and whether people sign in there only.
#[derive(Clone, Debug, Serialize)]
pub struct AdminSignOnPage {
    /// The frame.
    pub page: Page,
    /// Where somebody confirms who they are before they change something.
    pub confirm_url: Option<String>,
    /// The providers, oldest first.
    pub providers: Vec<ProviderRow>,
    /// Where a new one is posted; none for whoever may only read.
    pub action: Option<String>,
    /// The address to enter at the next provider.
    pub redirect_address: String,
    /// What was typed.
    pub form: ProviderForm,
    /// Why one cannot be removed, or people be let in there only: key of the sentence.
    pub refused: Option<&'static str>,
    /// Whether people sign in there only.
    pub company_only: bool,
    /// Whether somebody has signed in there, so that it may be the only way.
    pub is_tried: bool,
    /// Whether one was added just now.
    pub is_added: bool,
    /// Where that is posted (field `but_for`; none means that links by mail work for everybody).
    pub only_action: Option<String>,
    /// Administrators by hand who have an address: one of them is let in without.
    pub administrators: Vec<Choice>,
}

/// A provider to be.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProviderForm {
    /// On the button.
    pub name: Field,
    /// As it calls itself.
    pub issuer: Field,
    /// As what Plaudit is known there.
    pub client_id: Field,
    /// What proves it; never shown again.
    pub client_secret: Field,
    /// Domains of mail.
    pub domains: Field,
    /// The claim that names groups.
    pub group_claim: Field,
    /// Which groups give which roles, a line each.
    pub group_roles: Field,
}

/// A provider.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderRow {
    /// On the button.
    pub name: String,
    /// As it calls itself.
    pub issuer: String,
    /// Domains of mail whose addresses it vouches for.
    pub domains: Vec<String>,
    /// Which groups give which roles: "admins = administrator".
    pub group_roles: Vec<String>,
    /// The address to enter there.
    pub redirect_address: String,
    /// The address to enter there for signing out.
    pub logout_address: String,
    /// Since when.
    pub added: Moment,
    /// What came of a test.
    pub tested: Option<Tested>,
    /// Where a test posts; none for whoever may only read.
    pub test_url: Option<String>,
    /// Where removing posts.
    pub remove_url: Option<String>,
}

/// What a link opens by which somebody links their account.
#[derive(Clone, Debug, Serialize)]
pub struct SignOnLinkPage {
    /// The frame.
    pub page: Page,
    /// Whose account it is.
    pub name: String,
    /// What was handed over.
    pub handed: String,
    /// Where they prove who they are at the company.
    pub companies: Vec<CompanyLink>,
    /// The company's page, where they have chosen one.
    pub there: Option<CompanyLink>,
}

impl Context for AdminSignOnPage {
    const NAME: &'static str = "pages/admin-sign-on";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for SignOnLinkPage {
    const NAME: &'static str = "pages/sign-on-link";

    fn language(&self) -> Language {
        self.page.language
    }
}
