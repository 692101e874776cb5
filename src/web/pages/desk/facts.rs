//! What is looked up once for all things on a page of the desk.
use std::collections::{HashMap, HashSet};

use chrono::NaiveTime;
use domain::roster::Shifts;
use entity::{decision, promise, recognition, staff_member};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::item::Item;
use crate::{
    access::Target,
    ledger::promise as promises,
    roster::{
        placement::{self, Wanted},
        staff::full_name,
        zone::Zones,
    },
    triage::desk::send,
    web::pages::reader::Reader,
};

/// When somebody was at work who may be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hours {
    /// From and until when: the shift in which the comment falls.
    On(NaiveTime, NaiveTime),
    /// The roster has shifts of theirs, and none then.
    Off,
}

/// What people do today.
pub(super) async fn jobs(reader: &Reader<'_>, items: &[Item]) -> Result<HashMap<Uuid, String>, DbErr> {
    let wanted: Vec<Wanted> = items
        .iter()
        .flat_map(Item::people)
        .map(|staff| Wanted {
            staff,
            site: None,
            on: reader.today(),
        })
        .collect();
    let placements = placement::on_days(reader.web.app.db.read(), reader.organisation.id, &wanted).await?;
    let job =
        |(wanted, placement): (Wanted, placement::Placement)| Some((wanted.staff, placement.job_title?));
    Ok(placements.into_iter().filter_map(job).collect())
}

/// The shifts of candidates at the times of the comments that may mean them, by comment and person. Who has no shifts
/// on the roster is left out.
pub(super) async fn hours(
    reader: &Reader<'_>,
    items: &[Item],
    zones: &Zones,
) -> Result<HashMap<(Uuid, Uuid), Hours>, DbErr> {
    let mut asked = Vec::new();
    for item in items.iter().filter(|item| matches!(item, Item::Open(_))) {
        let (comment, _) = item.comment();
        let at = comment
            .occurred_at
            .with_timezone(&zones.at(comment.site_id))
            .naive_local();
        let wanted = |staff| Wanted {
            staff,
            site: comment.site_id,
            on: at.date(),
        };
        asked.extend(
            item.people()
                .into_iter()
                .map(|staff| (comment.id, wanted(staff), at)),
        );
    }
    let wanted: Vec<Wanted> = asked.iter().map(|(_, wanted, _)| *wanted).collect();
    let placements = placement::on_days(reader.web.app.db.read(), reader.organisation.id, &wanted).await?;
    let hours = asked.into_iter().filter_map(|(comment, wanted, at)| {
        let shifts = placements.get(&wanted)?.shifts.as_deref()?;
        // Checked when stored.
        let shifts: Shifts = shifts.parse().ok()?;
        let hours = shifts
            .shift_at(at)
            .map_or(Hours::Off, |(from, until)| Hours::On(from, until));
        Some(((comment, wanted.staff), hours))
    });
    Ok(hours.collect())
}

/// Whom comments also thank that complain: names, by comment.
pub(super) async fn thanked(
    reader: &Reader<'_>,
    items: &[Item],
) -> Result<HashMap<Uuid, Vec<String>>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let concerns = items.iter().filter(|item| matches!(item, Item::Concern(_)));
    let credited = recognition::Entity::named(
        own,
        recognition::Column::CommentId,
        concerns.map(|item| item.comment().0.id),
    )
    .filter(recognition::Column::WithdrawnAt.is_null())
    .filter(recognition::Column::StaffId.is_not_null())
    .order_by_asc(recognition::Column::Id)
    .all(db)
    .await?;
    let people = staff_member::Entity::named(
        own,
        staff_member::Column::Id,
        credited.iter().filter_map(|row| row.staff_id),
    )
    .all(db)
    .await?;
    let mut names: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in credited {
        let person = people.iter().find(|person| Some(person.id) == row.staff_id);
        names
            .entry(row.comment_id)
            .or_default()
            .extend(person.map(full_name));
    }
    Ok(names)
}

/// The people to whom praise on the desk can be mailed instead of being read out.
pub(super) async fn reachable(reader: &Reader<'_>, items: &[Item]) -> Result<HashSet<Uuid>, DbErr> {
    let app = &reader.web.app;
    if !app.mailer.is_on() {
        return Ok(HashSet::new());
    }
    let praise = items.iter().filter(|item| matches!(item, Item::Praise(_)));
    let people: Vec<Uuid> = praise.flat_map(Item::people).collect();
    send::reachable(app.db.read(), reader.organisation.id, &people, reader.today()).await
}

/// The things about which the reader may do something, and not only read them: their ids.
pub(super) async fn in_hand(reader: &Reader<'_>, items: &[Item]) -> Result<HashSet<Uuid>, DbErr> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.comment().0.id).collect();
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let said = Target::said_in(db, own, &ids, reader.today()).await?;
    let praise: Vec<&recognition::Model> = items.iter().filter_map(Item::praise).collect();
    let praise = Target::praise_in(db, own, &praise, reader.today()).await?;
    let may = |item: &&Item| {
        let comment = &item.comment().0;
        match item {
            Item::Praise(shown) => praise
                .get(&shown.recognition.id)
                .is_some_and(|target| reader.may(item.action(), target)),
            // What is to be put right is its site's; without a site, the organisation's.
            Item::Concern(_) => {
                let target = comment.site_id.map_or(Target::Organisation, Target::Site);
                reader.may(item.action(), &target)
            }
            Item::Open(_) | Item::Check(_) => said
                .get(&comment.id)
                .is_some_and(|target| reader.may(item.action(), target)),
        }
    };
    Ok(items.iter().filter(may).map(|item| item.place().1).collect())
}

/// By when the people are to hear of the praise, by recognition.
pub(super) async fn promises(
    reader: &Reader<'_>,
    items: &[Item],
) -> Result<HashMap<Uuid, promise::Model>, DbErr> {
    let praise = items.iter().filter_map(Item::praise).map(|praise| praise.id);
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let found = promises::of_recognitions(db, own, praise).await?;
    Ok(found.into_iter().map(|one| (one.recognition_id, one)).collect())
}

/// Who said of which open comment that it was they, or that it was not: name and kind of the last such word.
pub(super) async fn said(
    reader: &Reader<'_>,
    items: &[Item],
) -> Result<HashMap<Uuid, (String, decision::Kind)>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let open = items.iter().filter(|item| matches!(item, Item::Open(_)));
    let decisions = decision::Entity::named(
        own,
        decision::Column::CommentId,
        open.map(|item| item.comment().0.id),
    )
    .filter(decision::Column::Kind.is_in([decision::Kind::NotMe, decision::Kind::Claim]))
    .filter(decision::Column::UndoneAt.is_null())
    .order_by_asc(decision::Column::Number)
    .all(db)
    .await?;
    let accounts = decisions
        .iter()
        .filter_map(|decision| account_in(&decision.actor));
    let names = super::done::names(db, own, accounts.collect()).await?;
    let named = decisions.into_iter().filter_map(|decision| {
        let name = names.get(&account_in(&decision.actor)?)?.clone();
        Some((decision.comment_id, (name, decision.kind)))
    });
    Ok(named.collect())
}

/// The account in `account:<id>`.
fn account_in(actor: &str) -> Option<Uuid> {
    Uuid::try_parse(actor.strip_prefix("account:")?).ok()
}
