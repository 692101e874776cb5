//! The rota: who was on duty where, at which post and when. It tells whom praise without a name is about, and nothing else; so it
//! is kept for [`KEPT_DAYS`] days.
pub mod duty;
pub mod file;
mod people;
mod write;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use domain::rota::{LONGEST, file::LONGEST_POST};
use entity::{json::Break, shift};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::platform::{
    db::Db,
    paging::{Page, PageQuery},
};
pub use people::{Person, Staff};
pub use write::{Replaced, replace};

/// Days for which shifts are kept.
pub const KEPT_DAYS: u64 = 90;
/// Shifts that one statement deletes.
const AT_ONCE: u64 = 1000;

/// A shift to be kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewShift {
    /// Where.
    pub site: Uuid,
    /// The local day on which it begins.
    pub day: NaiveDate,
    /// Who.
    pub staff: Uuid,
    /// Till, desk or the like.
    pub post: Option<String>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it is over.
    pub ends_at: DateTime<Utc>,
    /// Within it, in their order.
    pub breaks: Vec<Break>,
}

impl NewShift {
    /// What cannot be: the field, and what would be right.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let length = self.ends_at - self.starts_at;
        if length <= TimeDelta::zero() || length > LONGEST {
            let message = "a shift ends after it begins, and within 24 hours";
            return Err(("ends_at", message.to_owned()));
        }
        let lies_within =
            |one: &Break| one.from < one.to && one.from >= self.starts_at && one.to <= self.ends_at;
        if !self.breaks.iter().all(lies_within) {
            return Err((
                "breaks",
                "a break ends after it begins, and lies within its shift".to_owned(),
            ));
        }
        match self.post.as_deref() {
            Some(post) if post.contains('\0') => Err(("post", "a NUL character; remove it".to_owned())),
            Some(post) if post.chars().count() > LONGEST_POST => {
                Err(("post", format!("a post may have {LONGEST_POST} letters")))
            }
            _ => Ok(()),
        }
    }
}

/// The first day whose shifts are still kept.
#[must_use]
pub fn kept_since(now: DateTime<Utc>) -> NaiveDate {
    now.date_naive() - Days::new(KEPT_DAYS)
}

/// A page of the organisation's shifts, in the order in which they came; of one site and day where these are given.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (site, day): (Option<Uuid>, Option<NaiveDate>),
    page: PageQuery,
) -> Result<Page<shift::Model>, DbErr> {
    use shift::Column;
    let mut query = shift::Entity::within(organisation);
    if let Some(site) = site {
        query = query.filter(Column::SiteId.eq(site));
    }
    if let Some(day) = day {
        query = query.filter(Column::Day.eq(day));
    }
    page.fetch(connection, query, Column::Id, |row| row.id).await
}

/// Deletes shifts that are kept no longer, some at a time; returns how many.
pub async fn forget_old(db: &Db, now: DateTime<Utc>) -> Result<u64, DbErr> {
    use shift::Column;
    let old: Vec<Uuid> = shift::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Day.lt(kept_since(now)))
        .order_by_asc(Column::Day)
        .limit(AT_ONCE)
        .into_tuple()
        .all(db.read())
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let tx = db.write().await?;
    let deleted = shift::Entity::delete_many()
        .filter(entity::among(Column::Id, old))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected)
}
