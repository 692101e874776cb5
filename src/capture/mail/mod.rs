//! Mails become comments. [`open`] takes a mail apart, [`layers`] finds who wrote which part of its text, [`cut`] leaves
//! what they said, [`automatic`] and [`authentic`] judge the mail, and [`take`] says whose words it brings, or why none.
mod authentic;
mod automatic;
mod charset;
mod correspondent;
mod cut;
mod html;
mod layers;
mod open;
mod people;
mod phrases;
mod settings;
mod take;

pub use automatic::{Own, Skipped};
pub use open::{Mail, Unreadable, open};
pub use people::People;
pub use settings::Settings;
pub use take::{Taken, take};
