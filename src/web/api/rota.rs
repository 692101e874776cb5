//! `/v1/rota`
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use entity::{json::Break, shift};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, payload::Json};
use uuid::Uuid;

use super::{Tag, page};
use crate::{
    access::Action,
    ledger::scope::Scope,
    roster::{
        SiteIndex, organisation,
        rota::{self, NewShift, Person, Replaced, Staff, kept_since},
        zone,
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on the rota.
#[derive(Debug)]
pub struct Rota;

/// A break within a shift.
#[derive(Clone, Copy, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct BreakView {
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it is over.
    pub ends_at: DateTime<Utc>,
}

/// Somebody's time on duty.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ShiftView {
    /// Its id.
    pub id: Uuid,
    /// Who.
    pub staff_id: Uuid,
    /// Where.
    pub site_id: Uuid,
    /// Till, desk or the like; left out for the whole site.
    pub post: Option<String>,
    /// The day there on which it begins.
    pub day: NaiveDate,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it is over.
    pub ends_at: DateTime<Utc>,
    /// Breaks within it.
    pub breaks: Vec<BreakView>,
}

impl From<shift::Model> for ShiftView {
    fn from(row: shift::Model) -> ShiftView {
        let view = |one: Break| BreakView {
            starts_at: one.from,
            ends_at: one.to,
        };
        ShiftView {
            id: row.id,
            staff_id: row.staff_id,
            site_id: row.site_id,
            post: row.post,
            day: row.day,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            breaks: row.breaks.0.into_iter().map(view).collect(),
        }
    }
}

/// A page of shifts.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ShiftPage {
    /// Shifts, in the order in which they came.
    pub items: Vec<ShiftView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// A shift to keep.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewShiftView {
    /// Employee id of who works.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub employee_id: String,
    /// Where: a site's path such as `North / Leeds`, or its name where only one bears it.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub site: String,
    /// Till, desk or the like; left out for the whole site.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub post: Option<String>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it is over: within 24 hours.
    pub ends_at: DateTime<Utc>,
    /// Breaks within it.
    #[oai(default, validator(max_items = 20))]
    pub breaks: Vec<BreakView>,
}

/// Shifts to keep.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewRota {
    /// All shifts of each day and site that is among them.
    #[oai(validator(max_items = 1000))]
    pub shifts: Vec<NewShiftView>,
}

/// What came of a rota.
#[derive(Clone, Copy, Debug, Object)]
pub struct RotaView {
    /// Days of a site whose shifts are others now.
    pub days: u64,
    /// Days of a site that had these shifts already.
    pub same: u64,
    /// Shifts that were written.
    pub shifts: u64,
    /// Shifts that were left out, since they are older than what is kept.
    pub too_old: u64,
    /// Comments that are read again.
    pub comments: u64,
}

impl RotaView {
    /// With what was left out.
    #[must_use]
    pub fn new(replaced: Replaced, too_old: u64) -> RotaView {
        RotaView {
            days: replaced.days,
            same: replaced.same,
            shifts: replaced.shifts,
            too_old,
            comments: replaced.comments,
        }
    }
}

#[OpenApi(prefix_path = "/rota", tag = "Tag::Rota")]
impl Rota {
    /// List shifts
    ///
    /// Of one site or one day where these are given. A site's lead sees those of the site.
    #[oai(path = "/", method = "get", operation_id = "list_shifts")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Id of a site.
        site: Query<Option<Uuid>>,
        /// The day there on which shifts begin.
        day: Query<Option<NaiveDate>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<ShiftPage>, Failure> {
        let scope = site.0.map_or(Scope::Organisation, Scope::Site);
        let caller = auth.permit_within(web, Action::LIST_SHIFTS, scope).await?;
        if !scope.exists(web.app.db.read(), caller.organisation).await? {
            return Err(Failure::not_found("site"));
        }
        let query = page::query(after.0.as_deref(), limit.0)?;
        let found = rota::list(web.app.db.read(), caller.organisation, (site.0, day.0), query).await?;
        Ok(Json(ShiftPage {
            next: page::next(found.next),
            items: found.items.into_iter().map(ShiftView::from).collect(),
        }))
    }

    /// Say who is on duty
    ///
    /// The shifts of each day and site that is among them take the place of those that are there; a shift belongs to the day on
    /// which it begins by the clocks of its site. The same again changes nothing. Either all are taken or none.
    #[oai(path = "/", method = "post", operation_id = "replace_shifts")]
    async fn replace(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewRota>,
    ) -> Result<Json<RotaView>, Failure> {
        let caller = auth.permit(Action::REPLACE_SHIFTS)?;
        let now = web.app.clock.now();
        let mut shifts = found(web, caller.organisation, body.0.shifts).await?;
        let all = shifts.len();
        shifts.retain(|shift| shift.day >= kept_since(now));
        let too_old = (all - shifts.len()) as u64;
        let tx = web.app.db.write().await?;
        let replaced = rota::replace(&tx, caller.organisation, shifts, now).await?;
        let counts =
            serde_json::json!({ "shifts": replaced.shifts, "days": replaced.days, "same": replaced.same });
        rota::file::record(&tx, caller.organisation, None, (&caller.actor, counts), now).await?;
        tx.commit().await?;
        Ok(Json(RotaView::new(replaced, too_old)))
    }
}

/// With the people and sites that are meant.
async fn found(web: &Web, organisation: Uuid, shifts: Vec<NewShiftView>) -> Result<Vec<NewShift>, Failure> {
    let db = web.app.db.read();
    let sites = SiteIndex::load(db, organisation).await?;
    let staff = Staff::load(db, organisation).await?;
    let own = organisation::by_id(db, organisation).await?;
    let own = own.ok_or_else(|| Failure::not_found("organisation"))?;
    let named = shifts.iter().filter_map(|shift| sites.resolve(&shift.site).ok());
    let zones = zone::zones(db, &own, named.collect::<Vec<_>>()).await?;
    let mut found = Vec::with_capacity(shifts.len());
    for (number, shift) in shifts.into_iter().enumerate() {
        let wrong =
            |field: &str, message: String| Failure::invalid(format!("shifts[{number}].{field}: {message}"));
        let site = sites
            .resolve(&shift.site)
            .map_err(|error| wrong("site", error.to_string()))?;
        let person = Person {
            employee_id: Some(&shift.employee_id),
            name: None,
        };
        let staff = staff
            .find(person, site)
            .map_err(|(field, message)| wrong(field, message))?;
        let mut breaks: Vec<Break> = shift
            .breaks
            .iter()
            .map(|one| Break {
                from: one.starts_at.trunc_subsecs(0),
                to: one.ends_at.trunc_subsecs(0),
            })
            .collect();
        breaks.sort_unstable();
        let new = NewShift {
            site,
            day: shift.starts_at.with_timezone(&zones.at(Some(site))).date_naive(),
            staff,
            post: shift
                .post
                .map(|post| post.trim().to_owned())
                .filter(|post| !post.is_empty()),
            starts_at: shift.starts_at.trunc_subsecs(0),
            ends_at: shift.ends_at.trunc_subsecs(0),
            breaks,
        };
        new.check().map_err(|(field, message)| wrong(field, message))?;
        found.push(new);
    }
    Ok(found)
}
