//! What the pages of a reader share.
use chrono_tz::Tz;
use entity::{organisation, site};

use crate::roster::organisation as organisations;

/// The time zone of a site, or the organisation's.
pub(super) fn zone(organisation: &organisation::Model, site: Option<&site::Model>) -> Tz {
    site.and_then(|site| site.time_zone.as_deref()?.parse().ok())
        .unwrap_or_else(|| organisations::zone(organisation))
}
