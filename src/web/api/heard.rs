//! `/v1/heard`
use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use domain::local;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, payload::Json};
use uuid::Uuid;

use super::{Tag, recognition_view::permit_scope};
use crate::{
    access::Action,
    ledger::scope::Scope,
    roster::{organisation as organisations, site as sites},
    triage::desk::pace::{self, Heard as Told, Pace},
    web::{Web, auth::Auth, problem::Failure},
};

/// Days where nobody says from when.
const USUAL: u64 = 28;
/// The most there may be.
const MOST: i64 = 92;

/// Years in which anybody can have heard.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// Operations on how long it takes until people hear.
#[derive(Debug)]
pub struct Heard;

/// How long it took from customers' words to the people hearing of them.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PaceView {
    /// How many thank-yous people heard of.
    pub n: u64,
    /// Half of them took so many hours at most; absent where there are none.
    pub median_hours: Option<f64>,
    /// Nine in ten of them took so many hours at most.
    pub p90_hours: Option<f64>,
}

impl From<Vec<TimeDelta>> for PaceView {
    fn from(taken: Vec<TimeDelta>) -> PaceView {
        let pace = Pace::of(taken);
        PaceView {
            n: pace.map_or(0, |pace| pace.n),
            median_hours: pace.map(|pace| hours(pace.median)),
            p90_hours: pace.map(|pace| hours(pace.p90)),
        }
    }
}

/// With one decimal.
fn hours(taken: TimeDelta) -> f64 {
    let minutes = i32::try_from(taken.num_minutes()).unwrap_or(i32::MAX);
    (f64::from(minutes) / 6.0).round() / 10.0
}

/// The same of one site, without those below it.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SitePace {
    /// The site at which the praise counts; absent for none.
    pub site_id: Option<Uuid>,
    /// How long it took there.
    pub pace: PaceView,
}

/// How long it takes until people hear.
#[derive(Clone, Debug, Object)]
pub struct HeardView {
    /// The first day, in the organisation's time zone.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// All of it.
    pub all: PaceView,
    /// By site, the largest number first.
    pub by_site: Vec<SitePace>,
    /// Whether there was more than is measured: the newest 20,000 are.
    pub is_cut: bool,
}

#[OpenApi(prefix_path = "/heard", tag = "Tag::Recognitions")]
impl Heard {
    /// Get how long it takes until people hear
    ///
    /// From when customers' words came in until somebody told the person, of what people heard on these days: the median
    /// and the 90th percentile, in all and by site.
    #[oai(path = "/", method = "get", operation_id = "get_heard")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only what counts at this site and those below it.
        site: Query<Option<Uuid>>,
        /// The first day; left out, four weeks before the last.
        from: Query<Option<NaiveDate>>,
        /// The last day; left out, today. It is at most 92 days from the first.
        until: Query<Option<NaiveDate>>,
    ) -> Result<Json<HeardView>, Failure> {
        let asked = (site.0, None, None);
        let (caller, scope) = permit_scope(auth, web, Action::GET_HEARD, asked).await?;
        let (db, now) = (web.app.db.read(), web.app.clock.now());
        let own = organisations::by_id(db, caller.organisation).await?;
        let own = own.ok_or_else(|| Failure::not_found("organisation"))?;
        let until = until.0.unwrap_or_else(|| organisations::day_in(&own, now));
        let usual = until.checked_sub_days(Days::new(USUAL - 1));
        let from = from.0.or(usual).unwrap_or(until);
        let is_known = YEARS.contains(&from.year()) && YEARS.contains(&until.year());
        if !is_known || from > until || (until - from).num_days() >= MOST {
            let message = format!(
                "from is a day up to {} days before until, or until itself",
                MOST - 1
            );
            return Err(Failure::invalid(message));
        }
        let zone = organisations::zone(&own);
        let begins = local::instant(zone, from, 0);
        let ends = local::instant(zone, until.succ_opt().unwrap_or(until), 0);
        let mut heard = pace::heard(db, own.id, (begins, ends)).await?;
        let is_cut = heard.len() as u64 == pace::MOST;
        if let Scope::Site(site) = scope {
            let here: HashSet<Uuid> = sites::below(db, own.id, site).await?;
            heard.retain(|(site, ..)| site.is_some_and(|site| here.contains(&site)));
        }
        Ok(Json(HeardView {
            from,
            until,
            by_site: by_site(&heard),
            all: heard.into_iter().map(taken).collect::<Vec<_>>().into(),
            is_cut,
        }))
    }
}

fn taken((_, said, heard): Told) -> TimeDelta {
    heard - said
}

fn by_site(heard: &[Told]) -> Vec<SitePace> {
    let mut by_site: BTreeMap<Option<Uuid>, Vec<TimeDelta>> = BTreeMap::new();
    for one in heard {
        by_site.entry(one.0).or_default().push(taken(*one));
    }
    let pace = |(site_id, taken): (Option<Uuid>, Vec<TimeDelta>)| SitePace {
        site_id,
        pace: taken.into(),
    };
    let mut paces: Vec<SitePace> = by_site.into_iter().map(pace).collect();
    paces.sort_by_key(|one| std::cmp::Reverse(one.pace.n));
    paces
}
