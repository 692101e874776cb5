//! Finding what was said, and taking it out: comments by words and conditions, newest first, and lists as files. Whoever
//! looks finds what they may read elsewhere, and no more.
pub mod comments;
pub mod file;
mod reach;
pub mod recognitions;
pub mod shown;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::organisation;

use crate::roster::organisation as organisations;

pub use comments::{Became, Wanted};
pub use file::Format;
pub use shown::{Found, Place, with_all};

/// When days begin and end on the organisation's calendar: the beginning of `from` and that of the day after `to`.
#[must_use]
pub fn days(
    own: &organisation::Model,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let zone = organisations::zone(own);
    let begins = |day: NaiveDate| {
        let midnight = day.and_time(NaiveTime::MIN);
        // Where clocks are put forward at midnight, the day begins an hour later.
        let local = midnight.and_local_timezone(zone).earliest();
        local.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
    };
    (from.map(begins), to.and_then(|day| day.succ_opt()).map(begins))
}
