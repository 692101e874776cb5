//! Who stands in for somebody who is away.
use chrono::NaiveDate;
use serde::Serialize;

use super::Field;

/// Who stands in for somebody, or for whom they do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Deputies {
    /// Those that hold or will, the next first.
    pub rows: Vec<DeputyRow>,
    /// Where one is named; none for whoever may not, and of somebody to whom nobody reports.
    pub action: Option<String>,
    /// Where the reader confirms who they are first.
    pub confirm_url: Option<String>,
    /// `away_deputy`: a number or a full name.
    pub who: Field,
    /// `away_from`: the first day; today where it is empty.
    pub from: Field,
    /// `away_until`: the last day.
    pub until: Field,
}

/// Somebody who stands in for somebody.
#[derive(Clone, Debug, Serialize)]
pub struct DeputyRow {
    /// The name of who stands in.
    pub deputy: String,
    /// The name of who is away.
    pub absent: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// Where it is ended; none for whoever may not.
    pub end_url: Option<String>,
}
