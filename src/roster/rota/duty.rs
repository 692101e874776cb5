//! Whom the rota leaves for comments: all shifts of a batch in one statement.
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::rota::{Duty, Shift, on_duty};
use entity::shift;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::write::on;

/// Where and when a customer was served.
#[derive(Clone, Debug)]
pub struct Served {
    /// Where.
    pub site: Uuid,
    /// At which post, if they said.
    pub post: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// By the clocks of this zone.
    pub zone: Tz,
}

impl Served {
    fn day(&self) -> NaiveDate {
        self.at.with_timezone(&self.zone).date_naive()
    }
}

/// The shifts of the sites and days of a batch.
#[derive(Debug, Default)]
pub struct Shifts(HashMap<Uuid, Vec<Shift>>);

impl Shifts {
    /// Reads those on which somebody may have been served.
    pub async fn load(connection: &impl ConnectionTrait, served: &[Served]) -> Result<Shifts, DbErr> {
        let days: BTreeSet<(Uuid, NaiveDate)> = served.iter().flat_map(days).collect();
        if days.is_empty() {
            return Ok(Shifts::default());
        }
        let days: Vec<(Uuid, NaiveDate)> = days.into_iter().collect();
        // The sites name whose they are.
        let rows = shift::Entity::find().filter(on(&days)).all(connection).await?;
        let mut shifts: HashMap<Uuid, Vec<Shift>> = HashMap::new();
        for row in rows {
            shifts.entry(row.site_id).or_default().push(of(row));
        }
        Ok(Shifts(shifts))
    }

    /// Whom they leave.
    #[must_use]
    pub fn at(&self, served: &Served) -> Duty {
        match self.0.get(&served.site) {
            Some(shifts) => on_duty(shifts, served.day(), served.post.as_deref(), served.at),
            None => Duty::default(),
        }
    }
}

/// Shifts of the day before last into it, and those of the next may have begun by a clock that is late.
fn days(served: &Served) -> impl Iterator<Item = (Uuid, NaiveDate)> {
    let (site, day) = (served.site, served.day());
    let around = [day.pred_opt(), Some(day), day.succ_opt()];
    around.into_iter().flatten().map(move |day| (site, day))
}

fn of(row: shift::Model) -> Shift {
    Shift {
        staff: row.staff_id,
        post: row.post,
        day: row.day,
        time: (row.starts_at, row.ends_at),
        breaks: row.breaks.0.into_iter().map(|one| (one.from, one.to)).collect(),
    }
}
