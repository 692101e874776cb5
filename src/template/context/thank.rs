//! The form in which a customer thanks somebody.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page};

/// The public form: one required field, no list of staff.
#[derive(Clone, Debug, Serialize)]
pub struct ThankPage {
    /// The frame.
    pub page: Page,
    /// Where the form is posted.
    pub action: String,
    /// Key under which the browser keeps the draft in its tab, one an organisation and site.
    pub draft: String,
    /// One-time token: a second post with the same one makes no second comment.
    pub token: String,
    /// The site of the address.
    pub site: Option<String>,
    /// Where another site can be chosen, if there are several.
    pub other_site_url: Option<String>,
    /// Sites to choose from when the address names none. Empty: nothing to choose.
    pub sites: Vec<Choice>,
    /// Scores to choose from, best first, labelled by the caller ("5"). Empty: no score is asked.
    pub scores: Vec<Choice>,
    /// The fields as they were typed, with what is wrong with them.
    pub typed: Typed,
    /// What is wrong, in the order of the fields. Not empty: nothing has been kept yet.
    pub problems: Vec<FormProblem>,
    /// Who may read the words.
    pub consent: Consent,
    /// Whether the optional part is open, because something in it was typed or is wrong.
    pub open: bool,
}

/// One of several values.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// A field of the form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Field {
    /// What was typed.
    pub value: String,
    /// Key of what is wrong with it.
    pub problem: Option<FormProblemKind>,
}

/// All that can be typed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Typed {
    /// `words`: what happened. Required.
    pub words: Field,
    /// `who`: a name or a hint.
    pub who: Field,
    /// `when`, in the customer's own words.
    pub when: Field,
    /// `name` of the customer.
    pub name: Field,
    /// `email` of the customer.
    pub email: Field,
    /// `site`.
    pub site: Field,
    /// `score`.
    pub score: Field,
}

/// Who may read the words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The person and those who manage them.
    #[default]
    OnlyThem,
    /// Their colleagues too.
    Colleagues,
    /// Anybody.
    Anyone,
}

/// One line of the list above the form.
#[derive(Clone, Debug, Serialize)]
pub struct FormProblem {
    /// The field's `name` and `id`.
    pub field: &'static str,
    /// What is wrong.
    pub problem: FormProblemKind,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum FormProblemKind {
    /// Nothing was written.
    #[serde(rename = "form.problem.words_missing")]
    WordsMissing,
    /// Too much was written.
    #[serde(rename = "form.problem.words_long")]
    WordsTooLong,
    /// The address is no address.
    #[serde(rename = "form.problem.email")]
    Email,
    /// No site was chosen, or one that is not there.
    #[serde(rename = "form.problem.site")]
    Site,
    /// The score is none of those offered.
    #[serde(rename = "form.problem.score")]
    Score,
    /// A short field holds too much.
    #[serde(rename = "form.problem.long")]
    TooLong,
    /// A name or number that is too long, where there is no message to put it into.
    #[serde(rename = "form.problem.name_long")]
    NameTooLong,
    /// Whoever writes praise down was chosen as the one praised.
    #[serde(rename = "spoken.problem.oneself")]
    Oneself,
    /// Nobody was chosen whom the reader may choose.
    #[serde(rename = "spoken.problem.who")]
    Who,
    /// The reader wrote down as much as one may in a day.
    #[serde(rename = "spoken.problem.enough")]
    Enough,
    /// The administrators take no spoken words.
    #[serde(rename = "spoken.problem.closed")]
    Closed,
    /// The same form was saved with other words.
    #[serde(rename = "spoken.problem.again")]
    SavedBefore,
    /// The form lay open too long or was sent before; what was typed is still there.
    #[serde(rename = "form.problem.stale")]
    Stale,
    /// Letters that are no text: broken UTF-8, or NUL.
    #[serde(rename = "form.problem.unreadable")]
    Unreadable,
    /// A day to come, or before 2000.
    #[serde(rename = "form.problem.day")]
    Day,
    /// This address has sent many forms; the words are still there.
    #[serde(rename = "form.problem.too_many")]
    TooMany,
    /// It could not be stored; the words are still there.
    #[serde(rename = "form.problem.our_fault")]
    OurFault,
    /// A join code that is not known, used or too old.
    #[serde(rename = "form.problem.code")]
    Code,
    /// A code of the second factor that is wrong.
    #[serde(rename = "form.problem.factor_code")]
    FactorCode,
    /// A code of the second factor that was taken already.
    #[serde(rename = "form.problem.factor_used")]
    FactorUsed,
    /// No time of a day.
    #[serde(rename = "form.problem.time")]
    Time,
    /// Quiet hours without a beginning or an end of their own.
    #[serde(rename = "form.problem.quiet_night")]
    QuietNight,
    /// No day of the week is left that is not quiet.
    #[serde(rename = "form.problem.quiet_days")]
    QuietDays,
    /// The address is one of another service.
    #[serde(rename = "form.problem.other_kind")]
    OtherKind,
    /// The address leads into a private network.
    #[serde(rename = "form.problem.private")]
    Private,
    /// Something must stand here.
    #[serde(rename = "form.problem.needed")]
    Needed,
    /// Something else has this name.
    #[serde(rename = "form.problem.taken")]
    Taken,
    /// Not as many secrets as are needed.
    #[serde(rename = "form.problem.secrets")]
    Secrets,
    /// Longer than it may be, or with a line break.
    #[serde(rename = "form.problem.line")]
    Line,
    /// No name of a server.
    #[serde(rename = "form.problem.server")]
    Server,
    /// No port.
    #[serde(rename = "form.problem.port")]
    Port,
    /// What is moved into the folder that is read would be read for ever.
    #[serde(rename = "form.problem.same_folder")]
    SameFolder,
    /// No domain of mail.
    #[serde(rename = "form.problem.domain")]
    Domain,
    /// No role that a group could give.
    #[serde(rename = "form.problem.group_role")]
    GroupRole,
    /// No colour.
    #[serde(rename = "form.problem.colour")]
    Colour,
    /// No scope was chosen.
    #[serde(rename = "form.problem.scopes")]
    Scopes,
    /// No time zone.
    #[serde(rename = "form.problem.time_zone")]
    TimeZone,
    /// No address of a page.
    #[serde(rename = "form.problem.address")]
    Address,
    /// No number from 0 to 100.
    #[serde(rename = "form.problem.number")]
    Number,
    /// No number of working days.
    #[serde(rename = "form.problem.working_days")]
    WorkingDays,
    /// No country or region whose holidays are known.
    #[serde(rename = "form.problem.holidays")]
    Holidays,
    /// No picture was chosen.
    #[serde(rename = "form.problem.logo_missing")]
    LogoMissing,
    /// A picture of another format, or a damaged one.
    #[serde(rename = "form.problem.logo_kind")]
    LogoKind,
    /// A picture with more bytes or pixels than are taken.
    #[serde(rename = "form.problem.logo_size")]
    LogoSize,
    /// A number that somebody else has.
    #[serde(rename = "form.problem.number_taken")]
    NumberTaken,
    /// A number of somebody who was erased.
    #[serde(rename = "form.problem.number_erased")]
    NumberErased,
    /// A name or number that nobody has who works here.
    #[serde(rename = "form.problem.unknown")]
    Unknown,
    /// Another rule says the same.
    #[serde(rename = "form.problem.rule_same")]
    RuleSame,
    /// A person is named, and another choice tells who hears.
    #[serde(rename = "form.problem.rule_person")]
    RulePerson,
    /// A room has no summary.
    #[serde(rename = "form.problem.rule_when")]
    RuleWhen,
    /// No number from 1 to 10.
    #[serde(rename = "form.problem.rule_score")]
    RuleScore,
    /// No code of a language.
    #[serde(rename = "form.problem.rule_language")]
    RuleLanguage,
    /// No number from 1 on.
    #[serde(rename = "form.problem.rule_nth")]
    RuleNth,
    /// Somebody who cannot stand in: without an address, gone by then, or the one who is away.
    #[serde(rename = "form.problem.deputy")]
    Deputy,
    /// A day on which somebody stands in already.
    #[serde(rename = "form.problem.deputy_taken")]
    DeputyTaken,
    /// A last day that is over, before the first, or more than a year after it.
    #[serde(rename = "form.problem.deputy_days")]
    DeputyDays,
    /// A name that several people bear.
    #[serde(rename = "form.problem.namesakes")]
    Namesakes,
    /// A manager who would be below themselves.
    #[serde(rename = "form.problem.circle")]
    Circle,
    /// Another place there has this name.
    #[serde(rename = "form.problem.place_taken")]
    PlaceTaken,
    /// A stroke between blanks, which stands between the names of a path.
    #[serde(rename = "form.problem.stroke")]
    Stroke,
    /// A place that would lie below itself.
    #[serde(rename = "form.problem.below_itself")]
    BelowItself,
    /// A place that would be open below a closed one.
    #[serde(rename = "form.problem.below_closed")]
    BelowClosed,
    /// No role was chosen.
    #[serde(rename = "form.problem.role")]
    Role,
    /// A place was chosen for a role that holds everywhere.
    #[serde(rename = "form.problem.holds_everywhere")]
    HoldsEverywhere,
    /// Somebody without a mail address.
    #[serde(rename = "form.problem.no_address")]
    NoAddress,
    /// Several people have this address.
    #[serde(rename = "form.problem.shared_address")]
    SharedAddress,
    /// Somebody who has left.
    #[serde(rename = "form.problem.has_left")]
    HasLeft,
}

impl ThankPage {
    /// An empty form.
    pub fn empty(page: Page, action: &str, draft: &str, token: &str) -> Self {
        Self {
            page,
            action: action.to_owned(),
            draft: draft.to_owned(),
            token: token.to_owned(),
            site: None,
            other_site_url: None,
            sites: Vec::new(),
            scores: Vec::new(),
            typed: Typed::default(),
            problems: Vec::new(),
            consent: Consent::default(),
            open: false,
        }
    }

    /// Says that `problem` is wrong with the field `name`; a field keeps the first problem it was given.
    pub fn complain(&mut self, name: &'static str, problem: FormProblemKind) {
        let typed = &mut self.typed;
        let field = match name {
            "who" => &mut typed.who,
            "when" => &mut typed.when,
            "name" => &mut typed.name,
            "email" => &mut typed.email,
            "site" => &mut typed.site,
            "score" => &mut typed.score,
            _ => &mut typed.words,
        };
        field.problem.get_or_insert(problem);
        self.problems.push(FormProblem { field: name, problem });
        self.open |= matches!(name, "who" | "when" | "name" | "email" | "score");
    }
}

impl Context for ThankPage {
    const NAME: &'static str = "pages/thank";

    fn language(&self) -> Language {
        self.page.language
    }
}
