//! What templates are given: one plain struct a template. Samples of each, as data, stand in
//! `templates/samples`. No domain logic and no database here;
//! whoever fills them decides what may be shown.
mod admin;
mod channels;
mod connect;
mod deputies;
mod desk;
mod feed;
mod fetching;
mod first_steps;
mod frame;
mod heard;
mod index;
mod leaderboard;
mod mailbox;
mod mails;
mod names;
mod people;
mod places;
mod poster;
mod praise;
mod precision;
mod privacy;
mod problem;
mod receipt;
mod record;
mod roster;
mod rules;
mod search;
mod second_factor;
mod sessions;
mod settings;
mod sign_in;
mod sign_on;
mod sources;
mod spoken;
mod statement;
mod thank;
mod unsubscribe;
mod wall;
mod week;

use serde::Serialize;

pub use admin::{
    AdminAuditPage, AdminHeldPage, AdminJobsPage, AdminRolesPage, AdminShieldedPage, AuditRow, DEEDS,
    GiveRole, GivenRole, HeldRow, JobRow, KeyLeft, RefusedRow, RoleRow,
};
pub use channels::{AdminChannelPage, AdminChannelsPage, ChannelRow, DeliveryRow, KindChoice, Tested};
pub use connect::{
    AdminConnectPage, AdminSourcePage, Becomes, ConnectForm, Fact, Made, MadeSecret, MappingField,
    MappingForm, PlaceRow, SecretField, SourceChange, Steps, ToolLink,
};
pub use deputies::{Deputies, DeputyRow};
pub use desk::{
    Complaint, Decide, DeskCandidate, DeskPage, Done, Held, Pace, PassOn, Says, ShiftThen, Whence, Within,
};
pub use feed::{Earlier, FeedItem, FeedPage, FeedScope, Maybe, Mine, PassedOn, Person, Post, Served, Why};
pub use fetching::{BackfillShown, FetchForms, FetchSection, NamedField};
pub use first_steps::{FirstStep, FirstStepsPage, StepLink, StepStanding};
pub use frame::{Because, BecauseKind, LanguageLink, MailFrame, Me, MoreLinks, NavLink, Page};
pub use heard::{Act, Heard, Note, Step, StepState};
pub use index::{IndexGroup, IndexLink, IndexPage};
pub use leaderboard::{Band, BoardScope, BoardState, LeaderboardPage, PeriodLink, ScopeLink, Standing};
pub use mailbox::AdminMailboxPage;
pub use mails::{
    AlertMail, AskedBefore, Candidate, ComplaintMail, GatheredItem, GatheredKind, GatheredMail, HeldRole,
    Praise, PraiseMail, ReminderMail, ReminderRow, Score, ShieldedMail, SignInMail, TriageMail,
};
pub use names::{AnsweredName, ChosenName, NameProgress, NameRow, NameSample, NamedPerson, NamesPage};
pub use people::{
    AdminErasePage, AdminPeoplePage, AdminPersonPage, Elsewhere, Leaves, OnlyPeople, PersonDetails,
    PersonLink, PersonRoles, PersonRow, PersonWork, WorkRow,
};
pub use places::{AdminPlacePage, AdminPlacesPage, KnownPlace, PlaceForm, PlaceLink, PlaceNode, PlaceSource};
pub use poster::{PosterLink, PosterPage};
pub use praise::PraisePage;
pub use precision::{PrecisionPage, PrecisionRow, ProposedThreshold};
pub use privacy::PrivacyPage;
pub use problem::{ProblemKind, ProblemPage};
pub use receipt::{ReceiptNotice, ReceiptPage};
pub use record::{
    RecordItem, RecordPage, RecordYear, VerifiedQuote, VerifiedRecord, VerifyPage, VerifyState,
};
pub use roster::{
    AdminRosterPage, BadLine, ChangedField, ChangedPerson, Directory, RosterChange, RosterColumn,
    RosterPerson, Sentence,
};
pub use rules::{RuleRow, RuleTrial, RulesPage, TrialReader, TrialRow};
pub use search::{FoundRow, SearchCount, SearchPage, SearchTyped};
pub use second_factor::{
    AccountSession, AdminAccountPage, CodeEntry, FactorPolicy, SecondFactorPage, SignInCodePage,
};
pub use sessions::{CompanyState, SessionRow, SessionsPage, WeekdayChoice};
pub use settings::{AdminKeysPage, AdminSettingsPage, KeyRow};
pub use sign_in::{
    CompanyLink, ConfirmPage, JoinListPage, JoinPage, JoinRow, Qr, SignInConfirmPage, SignInPage,
    SignInSentPage,
};
pub use sign_on::{AdminSignOnPage, ProviderForm, ProviderRow, SignOnLinkPage};
pub use sources::{
    AdminQuarantinePage, AdminSourcesPage, Behind, Health, PushRow, SourceMails, SourcePushes, SourceReading,
    SourceRow,
};
pub use spoken::{SourceName, SpokenPage, SpokenPlace, SpokenSaved};
pub use statement::{
    StatementAutomatic, StatementChange, StatementCompared, StatementGroup, StatementHeld, StatementKept,
    StatementLeaving, StatementPage, StatementRow, StatementSetting, StatementWho,
};
pub use thank::{Choice, Consent, Field, FormProblem, FormProblemKind, ThankPage, Typed};
pub use unsubscribe::{UnsubscribePage, UnsubscribeState};
pub use wall::{MadeWall, WallDays, WallItem, WallLinkRow, WallLinksPage, WallPage, WallPlace, WallsPage};
pub use week::{Changed, DigestMail, DigestPage, PersonPraise, Quoted, Waiting, Week};

use super::Language;

/// Data for one template.
pub trait Context: Serialize + Sized {
    /// The template: `pages/…` or `email/…`.
    const NAME: &'static str;

    /// The language to render in.
    fn language(&self) -> Language;
}
