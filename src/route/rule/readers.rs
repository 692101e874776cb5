//! Whom rules tell of which praise. What they ask about is read for a batch at once.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{account, comment, comment_revision, grant::Role, organisation, recognition, rule};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::holds::{Facts, holds};
use crate::{
    access::{Action, Caller, Identity, Person, Target, account as accounts, permit::permit, second_factor},
    platform::db::Tx,
    roster::organisation::day_in,
    route::{
        addressee::{Addressee, Directory, Reader, Since},
        reason::{Code, Reason},
    },
};

/// Rules beyond the first, and what they ask about the praise of a batch.
#[derive(Default)]
pub(in crate::route) struct Rules {
    all: Vec<rule::Model>,
    words: HashMap<Uuid, comment_revision::Model>,
    nth: HashMap<Uuid, u64>,
    targets: HashMap<Uuid, Target>,
    /// Readers as callers, by account; none of those who are gone.
    callers: HashMap<Uuid, Option<Caller>>,
    accounts: HashMap<Reader, Option<account::Model>>,
}

/// Somebody whom a rule names.
pub(in crate::route) enum Named {
    /// They are told.
    Told(Addressee),
    /// They may not see it, and are not.
    MayNotSee,
}

impl Rules {
    /// Those that hold now, with what they ask about some praise.
    pub(in crate::route) async fn read(
        tx: &Tx,
        organisation: &organisation::Model,
        (praised, comments): (&[&recognition::Model], &[comment::Model]),
        now: DateTime<Utc>,
    ) -> Result<Rules, DbErr> {
        let all = super::manage::open(tx, organisation.id).await?;
        Rules::of(tx, organisation, all, (praised, comments), now).await
    }

    /// Some rules, with what they ask.
    pub(in crate::route) async fn of(
        tx: &Tx,
        organisation: &organisation::Model,
        all: Vec<rule::Model>,
        (praised, comments): (&[&recognition::Model], &[comment::Model]),
        now: DateTime<Utc>,
    ) -> Result<Rules, DbErr> {
        if all.is_empty() {
            return Ok(Rules::default());
        }
        let own = organisation.id;
        let today = day_in(organisation, now);
        let highest = all.iter().filter_map(|rule| rule.nth).max();
        Ok(Rules {
            words: words(tx, own, comments).await?,
            nth: match highest {
                Some(highest) => nth(tx, own, praised, highest).await?,
                None => HashMap::new(),
            },
            targets: Target::praise_in(tx, own, praised, today).await?,
            callers: HashMap::new(),
            accounts: HashMap::new(),
            all,
        })
    }

    /// Whether any tells the leads of sites.
    pub(in crate::route) fn tell_leads(&self) -> bool {
        self.all.iter().any(|rule| rule.who == rule::Who::SiteLead)
    }

    /// Rooms and endpoints that have rules of their own: they hear of no other praise.
    pub(in crate::route) fn rooms(&self) -> HashSet<Uuid> {
        self.all.iter().filter_map(|rule| rule.channel_id).collect()
    }

    /// Those that ask for a thank-you, oldest first.
    pub(in crate::route) fn holding(
        &self,
        comment: &comment::Model,
        recognition: &recognition::Model,
    ) -> Vec<rule::Model> {
        let facts = Facts {
            comment,
            words: self.words.get(&comment.id),
            recognition,
            nth: self.nth.get(&recognition.id).copied(),
        };
        let holding = self.all.iter().filter(|rule| holds(rule, facts));
        holding.cloned().collect()
    }

    /// Whom a rule names for a thank-you. Who cannot be reached is not among them.
    pub(in crate::route) async fn named(
        &mut self,
        directory: &mut Directory<'_>,
        rule: &rule::Model,
        recognition: &recognition::Model,
    ) -> Result<Vec<Named>, DbErr> {
        let but = recognition.staff_id;
        let found = match rule.who {
            rule::Who::SiteLead => directory.site_lead(recognition.site_id, but).await?,
            rule::Who::Administrators => directory.holders(Role::Administrator, but).await?,
            rule::Who::Auditors => directory.holders(Role::Auditor, but).await?,
            rule::Who::Person => match rule.staff_id {
                Some(staff) => directory.by_rule(staff, but).await?,
                None => Vec::new(),
            },
            rule::Who::Room => {
                let open = directory.channels().await?;
                let own = open.into_iter().filter(|one| Some(one.id) == rule.channel_id);
                let room = |one: Since| Addressee {
                    reader: Reader::Channel(one.id),
                    reason: Reason::new(Code::Channel),
                };
                return Ok(own.map(room).map(Named::Told).collect());
            }
        };
        let mut named = Vec::new();
        for addressee in found {
            let Some(account) = self.account(directory, addressee.reader).await? else {
                continue;
            };
            named.push(match self.may_see(directory, &account, recognition).await? {
                true => Named::Told(addressee),
                false => Named::MayNotSee,
            });
        }
        Ok(named)
    }

    async fn account(
        &mut self,
        directory: &Directory<'_>,
        reader: Reader,
    ) -> Result<Option<account::Model>, DbErr> {
        if let Some(known) = self.accounts.get(&reader) {
            return Ok(known.clone());
        }
        let found = directory.account(reader).await?;
        self.accounts.insert(reader, found.clone());
        Ok(found)
    }

    async fn may_see(
        &mut self,
        directory: &Directory<'_>,
        account: &account::Model,
        recognition: &recognition::Model,
    ) -> Result<bool, DbErr> {
        let caller = match self.callers.get(&account.id) {
            Some(known) => known.clone(),
            None => {
                let found = directory.caller(account).await?;
                self.callers.insert(account.id, found.clone());
                found
            }
        };
        let target = self.targets.get(&recognition.id);
        let (Some(caller), Some(target)) = (caller, target) else {
            return Ok(false);
        };
        Ok(permit(&caller, Action::LIST_RECOGNITIONS, target).is_ok())
    }
}

/// The words of comments as they stand, by comment.
async fn words(
    tx: &Tx,
    organisation: Uuid,
    comments: &[comment::Model],
) -> Result<HashMap<Uuid, comment_revision::Model>, DbErr> {
    use comment_revision::{Column, Entity};
    let ids = comments.iter().map(|comment| comment.id);
    let rows = Entity::named(organisation, Column::CommentId, ids)
        .order_by_asc(Column::Number)
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.comment_id, row)).collect())
}

/// The nth thank-you of its person each is, of those who were not thanked much oftener than `highest` times.
async fn nth(
    tx: &Tx,
    organisation: Uuid,
    praised: &[&recognition::Model],
    highest: i32,
) -> Result<HashMap<Uuid, u64>, DbErr> {
    use recognition::{Column, Entity};
    let people: HashSet<Uuid> = praised.iter().filter_map(|one| one.staff_id).collect();
    let Some(latest) = praised.iter().map(|one| one.recognised_at).max() else {
        return Ok(HashMap::new());
    };
    let standing = |people: Vec<Uuid>| {
        Entity::named(organisation, Column::StaffId, people)
            .filter(Column::WithdrawnAt.is_null())
            .filter(Column::Quiet.eq(false))
            .filter(Column::RecognisedAt.lte(latest))
    };
    let counts: Vec<(Uuid, i64)> = standing(people.into_iter().collect())
        .select_only()
        .column(Column::StaffId)
        .column_as(Column::Id.count(), "thanks")
        .group_by(Column::StaffId)
        .into_tuple()
        .all(tx)
        .await?;
    let few = i64::from(highest) + i64::try_from(praised.len()).unwrap_or_default();
    let few = counts.into_iter().filter(|(_, count)| *count <= few);
    let mut rows: Vec<(Uuid, Uuid, DateTime<Utc>)> = standing(few.map(|(staff, _)| staff).collect())
        .select_only()
        .columns([Column::StaffId, Column::Id, Column::RecognisedAt])
        .into_tuple()
        .all(tx)
        .await?;
    rows.sort_by_key(|(staff, id, at)| (*staff, *at, *id));
    let mut nth = HashMap::new();
    let mut before: Option<(Uuid, u64)> = None;
    for (staff, id, _) in rows {
        let count = match before {
            Some((same, count)) if same == staff => count + 1,
            _ => 1,
        };
        before = Some((staff, count));
        nth.insert(id, count);
    }
    Ok(nth)
}

impl Directory<'_> {
    /// An account as a caller; none where it is closed or its owner is gone.
    async fn caller(&self, account: &account::Model) -> Result<Option<Caller>, DbErr> {
        let (tx, own, today, _) = self.at();
        let mut person = Person::load(tx, own, account, today).await?;
        if let Some(person) = &mut person
            && second_factor::is_due(tx, account).await?
        {
            person.wait_for_factor();
        }
        Ok(person.map(|person| Caller {
            organisation: own.id,
            actor: "system".to_owned(),
            identity: Identity::Person(Box::new(person)),
        }))
    }

    /// The account of a reader, made where a member of staff has none yet.
    async fn account(&self, reader: Reader) -> Result<Option<account::Model>, DbErr> {
        let (tx, own, _, now) = self.at();
        match reader {
            Reader::Account(id) => accounts::by_id(tx, own.id, id).await,
            Reader::Staff(staff) => {
                let mut made = accounts::of_staff(tx, own.id, &[staff], now).await?;
                Ok(made.remove(&staff))
            }
            Reader::Channel(_) | Reader::Nobody => Ok(None),
        }
    }
}
