//! What templates are given: one plain struct a template, each with samples. No domain logic and no database here;
//! whoever fills them decides what may be shown.
mod admin;
mod desk;
mod feed;
mod frame;
mod heard;
mod index;
mod leaderboard;
mod mails;
mod praise;
mod problem;
mod receipt;
mod roster;
mod sample;
mod sessions;
mod settings;
mod sign_in;
mod sources;
mod thank;
mod unsubscribe;
mod week;

use serde::Serialize;
use serde_json::Value;

pub use admin::{AdminAuditPage, AdminHeldPage, AdminJobsPage, AuditRow, HeldRow, JobRow};
pub use desk::{
    Complaint, Decide, DeskCandidate, DeskPage, Done, Held, Pace, PassOn, Says, ShiftThen, Whence,
};
pub use feed::{Earlier, FeedItem, FeedPage, FeedScope, Maybe, Mine, PassedOn, Person, Post, Why};
pub use frame::{Because, BecauseKind, LanguageLink, MailFrame, Me, NavLink, Page};
pub use heard::{Answer, Finding, Heard, Note, Step, StepState};
pub use index::{IndexGroup, IndexLink, IndexPage};
pub use leaderboard::{
    Band, BoardScope, BoardState, LeaderboardPage, PeriodLink, PeriodShown, ScopeLink, Standing,
};
pub use mails::{Candidate, ComplaintMail, PraiseMail, SignInMail, TriageMail};
pub use praise::PraisePage;
pub use problem::{ProblemKind, ProblemPage};
pub use receipt::{ReceiptNotice, ReceiptPage};
pub use roster::{AdminRosterPage, BadLine, ChangedField, ChangedPerson, RosterChange, RosterPerson};
pub use sessions::{SessionRow, SessionsPage};
pub use settings::{AdminKeysPage, AdminSettingsPage, KeyRow};
pub use sign_in::{JoinListPage, JoinPage, JoinRow, Qr, SignInConfirmPage, SignInPage, SignInSentPage};
pub use sources::{AdminSourcesPage, Behind, Health, SourceReading, SourceRow};
pub use thank::{Choice, Consent, Field, FormProblem, FormProblemKind, ThankPage, Typed};
pub use unsubscribe::{UnsubscribePage, UnsubscribeState};
pub use week::{Changed, DigestMail, DigestPage, PersonPraise, Quoted, Waiting, Week};

use super::Language;

/// Data for one template.
pub trait Context: Serialize + Sized {
    /// The template: `pages/…` or `email/…`.
    const NAME: &'static str;

    /// The language to render in.
    fn language(&self) -> Language;

    /// Every state the template can show, each with a name for file names.
    fn samples(language: Language) -> Vec<(&'static str, Self)>;
}

/// A sample as plain data.
pub(super) struct Sample {
    pub(super) template: &'static str,
    pub(super) name: &'static str,
    pub(super) language: Language,
    pub(super) data: Value,
}

impl Sample {
    pub(super) fn is_mail(&self) -> bool {
        self.template.starts_with("email/")
    }
}

/// All samples of all contexts.
pub(super) fn samples(language: Language) -> Vec<Sample> {
    let mut samples = Vec::new();
    add::<ThankPage>(&mut samples, language);
    add::<ReceiptPage>(&mut samples, language);
    add::<ProblemPage>(&mut samples, language);
    add::<PraisePage>(&mut samples, language);
    add::<UnsubscribePage>(&mut samples, language);
    add::<FeedPage>(&mut samples, language);
    add::<LeaderboardPage>(&mut samples, language);
    add::<DigestPage>(&mut samples, language);
    add::<IndexPage>(&mut samples, language);
    add::<SignInPage>(&mut samples, language);
    add::<SignInSentPage>(&mut samples, language);
    add::<SignInConfirmPage>(&mut samples, language);
    add::<JoinPage>(&mut samples, language);
    add::<JoinListPage>(&mut samples, language);
    add::<DeskPage>(&mut samples, language);
    add::<SessionsPage>(&mut samples, language);
    add::<AdminRosterPage>(&mut samples, language);
    add::<AdminSourcesPage>(&mut samples, language);
    add::<AdminJobsPage>(&mut samples, language);
    add::<AdminHeldPage>(&mut samples, language);
    add::<AdminKeysPage>(&mut samples, language);
    add::<AdminAuditPage>(&mut samples, language);
    add::<AdminSettingsPage>(&mut samples, language);
    add::<PraiseMail>(&mut samples, language);
    add::<TriageMail>(&mut samples, language);
    add::<ComplaintMail>(&mut samples, language);
    add::<DigestMail>(&mut samples, language);
    add::<SignInMail>(&mut samples, language);
    samples
}

fn add<C: Context>(samples: &mut Vec<Sample>, language: Language) {
    for (name, context) in C::samples(language) {
        // A context that is no data would be a mistake of the program; null makes the template fail and say so.
        let data = serde_json::to_value(&context).unwrap_or(Value::Null);
        samples.push(Sample {
            template: C::NAME,
            name,
            language,
            data,
        });
    }
}
