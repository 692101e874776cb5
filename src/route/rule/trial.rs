//! Who would have heard of the praise of the last week, and by which rule: tried before a rule is saved, writing nothing.
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, channel, comment, organisation, recognition, rule, staff_member};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::readers::{Named, Rules};
use crate::{
    platform::{db::Tx, service::Service},
    route::addressee::{Directory, Reader},
};

/// How far back it looks.
pub const LAST: TimeDelta = TimeDelta::days(7);
/// Thank-yous that are looked at: the newest.
pub const MOST: u64 = 200;

/// What would have come of some praise.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// The thank-yous that were looked at, newest first.
    pub thanks: Vec<Tried>,
    /// Whom the rule that is tried names though they may not see it: how often. Without one: whom any rule names.
    pub refused: u64,
}

/// One thank-you, and who would have heard of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The thank-you.
    pub recognition: recognition::Model,
    /// Whose.
    pub person: Option<staff_member::Model>,
    /// Who would have heard, by which rule.
    pub heard: Vec<Heard>,
}

/// Somebody who would have heard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    /// The rule; none for the first one, which is always there.
    pub rule: Option<Uuid>,
    /// The name of the reader or room; the address of somebody who is not on the roster.
    pub who: String,
}

/// Tries the rules there are, and one more, on the praise of the last week.
pub async fn trial(
    service: &Service,
    organisation: &organisation::Model,
    new: Option<rule::Model>,
) -> Result<Trial, DbErr> {
    let now = service.clock.now();
    let tx = service.db.write_repeatable().await?;
    let tried = tried(&tx, organisation, new, now).await;
    tx.rollback().await?;
    tried
}

async fn tried(
    tx: &Tx,
    organisation: &organisation::Model,
    new: Option<rule::Model>,
    now: DateTime<Utc>,
) -> Result<Trial, DbErr> {
    let own = organisation.id;
    let asked = new.as_ref().map(|rule| rule.id);
    let praised = latest(tx, own, now).await?;
    let all: Vec<&recognition::Model> = praised.iter().collect();
    let ids = praised.iter().map(|one| one.comment_id);
    let comments = comment::Entity::named(own, comment::Column::Id, ids)
        .all(tx)
        .await?;
    let mut directory = Directory::new(tx, organisation, now);
    directory.prepare(&all, &comments).await?;
    let mut open = super::manage::open(tx, own).await?;
    open.extend(new);
    let mut rules = Rules::of(tx, organisation, open, (all.as_slice(), comments.as_slice()), now).await?;
    if rules.tell_leads() {
        directory.prepare_leads(&all).await?;
    }
    let comments: HashMap<Uuid, comment::Model> = comments
        .into_iter()
        .map(|comment| (comment.id, comment))
        .collect();
    let (mut told, mut refused) = (Vec::new(), 0);
    for one in &praised {
        let Some(comment) = comments.get(&one.comment_id) else {
            continue;
        };
        let mut readers: Vec<(Option<Uuid>, Reader)> = Vec::new();
        let first = directory.of_recognition(one).await?;
        readers.extend(first.into_iter().map(|addressee| (None, addressee.reader)));
        for room in directory.channels().await? {
            if !rules.rooms().contains(&room.id) {
                readers.push((None, Reader::Channel(room.id)));
            }
        }
        for rule in rules.holding(comment, one) {
            for named in rules.named(&mut directory, &rule, one).await? {
                match named {
                    Named::Told(addressee) if readers.iter().any(|(_, one)| *one == addressee.reader) => {}
                    Named::Told(addressee) => readers.push((Some(rule.id), addressee.reader)),
                    Named::MayNotSee if asked.is_none_or(|id| id == rule.id) => refused += 1,
                    Named::MayNotSee => {}
                }
            }
        }
        told.push((one.clone(), readers));
    }
    let names = Names::read(tx, own, &told).await?;
    let thanks = told.into_iter().map(|(one, readers)| names.tried(one, readers));
    Ok(Trial {
        thanks: thanks.collect(),
        refused,
    })
}

async fn latest(tx: &Tx, organisation: Uuid, now: DateTime<Utc>) -> Result<Vec<recognition::Model>, DbErr> {
    use recognition::Column;
    recognition::Entity::within(organisation)
        .filter(Column::RecognisedAt.gte(now - LAST))
        .filter(Column::WithdrawnAt.is_null())
        .filter(Column::Quiet.eq(false))
        .filter(Column::StaffId.is_not_null())
        .order_by_desc(Column::RecognisedAt)
        .order_by_desc(Column::Id)
        .limit(MOST)
        .all(tx)
        .await
}

type Told = (recognition::Model, Vec<(Option<Uuid>, Reader)>);

/// Names of people, accounts and rooms.
struct Names {
    people: HashMap<Uuid, staff_member::Model>,
    accounts: HashMap<Uuid, account::Model>,
    rooms: HashMap<Uuid, String>,
}

impl Names {
    async fn read(tx: &Tx, organisation: Uuid, told: &[Told]) -> Result<Names, DbErr> {
        let readers = || {
            told.iter()
                .flat_map(|(_, readers)| readers.iter().map(|(_, reader)| *reader))
        };
        let accounts: BTreeSet<Uuid> = readers()
            .filter_map(|reader| match reader {
                Reader::Account(id) => Some(id),
                _ => None,
            })
            .collect();
        let accounts = account::Entity::named(organisation, account::Column::Id, accounts)
            .all(tx)
            .await?;
        let staff = readers().filter_map(|reader| match reader {
            Reader::Staff(id) => Some(id),
            _ => None,
        });
        let of_accounts = accounts.iter().filter_map(|account| account.staff_id);
        let praised = told.iter().filter_map(|(one, _)| one.staff_id);
        let staff: BTreeSet<Uuid> = staff.chain(of_accounts).chain(praised).collect();
        let people = staff_member::Entity::named(organisation, staff_member::Column::Id, staff)
            .all(tx)
            .await?;
        let rooms = channel::Entity::within(organisation).all(tx).await?;
        Ok(Names {
            people: people.into_iter().map(|one| (one.id, one)).collect(),
            accounts: accounts.into_iter().map(|one| (one.id, one)).collect(),
            rooms: rooms.into_iter().map(|one| (one.id, one.name)).collect(),
        })
    }

    fn tried(&self, one: recognition::Model, readers: Vec<(Option<Uuid>, Reader)>) -> Tried {
        let heard = |(rule, reader): (Option<Uuid>, Reader)| {
            Some(Heard {
                rule,
                who: self.name(reader)?,
            })
        };
        Tried {
            person: one.staff_id.and_then(|id| self.people.get(&id).cloned()),
            heard: readers.into_iter().filter_map(heard).collect(),
            recognition: one,
        }
    }

    fn name(&self, reader: Reader) -> Option<String> {
        let person = |id: &Uuid| self.people.get(id).map(crate::roster::staff::full_name);
        match reader {
            Reader::Staff(id) => person(&id),
            Reader::Account(id) => {
                let account = self.accounts.get(&id)?;
                let on_roster = account.staff_id.as_ref().and_then(person);
                on_roster.or_else(|| account.email.clone())
            }
            Reader::Channel(id) => self.rooms.get(&id).cloned(),
            Reader::Nobody => None,
        }
    }
}
