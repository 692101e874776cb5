//! Connecting a tool that pushes, and what is done with a source to which one pushes.
use serde::Serialize;

use super::{
    super::{Language, Moment},
    Choice, Context, FetchSection, Field, FormProblemKind, Page,
};

/// The tools there are; of one of them the form that connects it.
#[derive(Clone, Debug, Serialize)]
pub struct AdminConnectPage {
    /// The frame.
    pub page: Page,
    /// Where a mailbox is connected, where none is chosen yet.
    pub mailbox_url: Option<String>,
    /// The tools, where none is chosen yet.
    pub tools: Vec<ToolLink>,
    /// The one that is chosen.
    pub form: Option<ConnectForm>,
}

/// A tool.
#[derive(Clone, Debug, Serialize)]
pub struct ToolLink {
    /// As its maker calls it.
    pub label: String,
    /// Where its form is.
    pub url: String,
}

/// The form that connects a tool.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectForm {
    /// Its kind.
    pub kind: String,
    /// As its maker calls it.
    pub label: String,
    /// Where it posts.
    pub action: String,
    /// Where the tools are listed.
    pub back_url: String,
    /// `name`: what the source is called.
    pub name: Field,
    /// `secrets`: those that the tool makes, one a line; none where it takes ours, or none.
    pub secrets: Option<SecretField>,
    /// What to click there.
    pub steps: Steps,
}

/// Secrets that the tool makes.
#[derive(Clone, Debug, Serialize)]
pub struct SecretField {
    /// What each line is called there.
    pub called: String,
    /// Key of what is wrong with them.
    pub problem: Option<FormProblemKind>,
}

/// What to click on the other side.
#[derive(Clone, Debug, Serialize)]
pub struct Steps {
    /// The language they are in.
    pub language: String,
    /// One after the other.
    pub lines: Vec<String>,
    /// What the tool is to be told to send.
    pub template: Option<String>,
}

/// A source to which a tool pushes.
#[derive(Clone, Debug, Serialize)]
pub struct AdminSourcePage {
    /// The frame.
    pub page: Page,
    /// Where all sources are.
    pub back_url: String,
    /// Its name.
    pub name: String,
    /// As its maker calls the tool.
    pub label: String,
    /// What was made just now and is shown this once.
    pub made: Option<Made>,
    /// What to click there.
    pub steps: Steps,
    /// The last push that was rightly signed.
    pub last: Option<Moment>,
    /// Key of the sentence that says what is wrong; none where nothing is.
    pub trouble: Option<&'static str>,
    /// Why the last push was refused, in English.
    pub refused_why: Option<String>,
    /// Pushes that were refused.
    pub refused: u64,
    /// Pushes that cannot be read.
    pub quarantined: u64,
    /// Where those stand.
    pub quarantine_url: String,
    /// Where the page is asked for again.
    pub again_url: String,
    /// How answers are fetched from the tool, where that can be done.
    pub fetch: Option<FetchSection>,
    /// What an administrator may change.
    pub change: Option<SourceChange>,
}

/// An address and secrets, shown once.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// Where the tool pushes.
    pub address: String,
    /// Secrets of ours, to be entered there: what each is called there, and the secret.
    pub secrets: Vec<MadeSecret>,
}

/// A secret of ours.
#[derive(Clone, Debug, Serialize)]
pub struct MadeSecret {
    /// What it is called there.
    pub called: String,
    /// The secret.
    pub secret: String,
}

/// The forms on a source's page.
#[derive(Clone, Debug, Serialize)]
pub struct SourceChange {
    /// Where another address is asked for.
    pub address_url: String,
    /// Where secrets are entered (`secrets`).
    pub secret_url: String,
    /// The secrets; none where the tool signs nothing.
    pub secrets: Option<SecretField>,
    /// What stands where.
    pub mapping: MappingForm,
}

/// What stands where in a push, with a sample and what it would become.
#[derive(Clone, Debug, Serialize)]
pub struct MappingForm {
    /// Where it posts: `do` is `preview`, `last` or `save`.
    pub action: String,
    /// `sample`: a push, as it came.
    pub sample: String,
    /// Where each field stands.
    pub fields: Vec<MappingField>,
    /// `scale`: of the score.
    pub scales: Vec<Choice>,
    /// Where values stand in the sample.
    pub places: Vec<PlaceRow>,
    /// What the sample would become.
    pub becomes: Vec<Becomes>,
    /// Why it would become nothing: a key.
    pub nothing: Option<&'static str>,
    /// What is wrong with sample or fields, in English.
    pub problem: Option<String>,
    /// It was stored.
    pub saved: bool,
}

/// A field of a message, and where it stands.
#[derive(Clone, Debug, Serialize)]
pub struct MappingField {
    /// Its name in settings: `text`.
    pub id: String,
    /// Key of what it is called: `admin.field.text`.
    pub label: String,
    /// A JSON Pointer, or several with blanks between; empty for what the tool's own file says.
    pub value: String,
}

/// A value of the sample.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceRow {
    /// The JSON Pointer to it.
    pub pointer: String,
    /// Its beginning.
    pub value: String,
}

/// A message that the sample would become.
#[derive(Clone, Debug, Serialize)]
pub struct Becomes {
    /// The words.
    pub text: String,
    /// Everything else: what it is called, and what it is.
    pub facts: Vec<Fact>,
}

/// A field of a message, filled.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// Key of what it is called.
    pub label: String,
    /// What it is.
    pub value: String,
}

impl Context for AdminConnectPage {
    const NAME: &'static str = "pages/admin-connect";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminSourcePage {
    const NAME: &'static str = "pages/admin-source";

    fn language(&self) -> Language {
        self.page.language
    }
}
