//! What a caller wants to touch, with what decides whose it is. The functions that look it up find nothing of other
//! organisations.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    account,
    assignment::{self, holding_on},
    comment, decision, deputy, promise, recognition, site, site_closure, staff_member, verdict,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::{above, role};

/// What is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All of the organisation: its settings, or a list without a filter.
    Organisation,
    /// A site with those below it.
    Site(Uuid),
    /// Everybody who reports to a manager.
    Team {
        /// The manager's staff id.
        manager: Uuid,
        /// Where the manager works.
        sites: Vec<Uuid>,
    },
    /// A staff member and what was said of them.
    StaffMember {
        /// Who.
        id: Uuid,
        /// Where they work today.
        sites: Vec<Uuid>,
    },
    /// Somebody who signs in by a code, since they have no address.
    WithoutAddress {
        /// Who.
        id: Uuid,
        /// Where they work today.
        sites: Vec<Uuid>,
        /// Whether anybody is below them, or will be: then a code is an administrator's to make.
        is_above_somebody: bool,
    },
    /// One comment and what follows from it.
    Said {
        /// Who is credited or may be meant.
        people: Vec<Uuid>,
        /// To whom they reported when it happened.
        managers: Vec<Uuid>,
        /// Where it was.
        sites: Vec<Uuid>,
        /// Accounts that are to pass it on, be they above the people or not: those were told of it.
        asked: Vec<Uuid>,
    },
    /// Praise of somebody who was there.
    Open {
        /// The site where it was said, those above it and those below.
        around: HashSet<Uuid>,
    },
    /// What belongs to an account: its settings and sessions.
    Account(Uuid),
}

impl Target {
    /// A site of the organisation.
    pub async fn site(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        id: Uuid,
    ) -> Result<Option<Target>, DbErr> {
        let found = site::Entity::within(organisation).filter(site::Column::Id.eq(id));
        Ok((found.count(connection).await? > 0).then_some(Target::Site(id)))
    }

    /// The staff member whom it is about alone.
    #[must_use]
    pub fn staff(&self) -> Option<Uuid> {
        match self {
            Target::StaffMember { id, .. } | Target::WithoutAddress { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The team of a staff member.
    pub async fn team(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        manager: Uuid,
        today: NaiveDate,
    ) -> Result<Option<Target>, DbErr> {
        let found = works_at(connection, organisation, manager, today).await?;
        Ok(found.map(|sites| Target::Team { manager, sites }))
    }

    /// A staff member.
    pub async fn staff_member(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        id: Uuid,
        today: NaiveDate,
    ) -> Result<Option<Target>, DbErr> {
        let found = works_at(connection, organisation, id, today).await?;
        Ok(found.map(|sites| Target::StaffMember { id, sites }))
    }

    /// Those of some staff members who sign in by a code: they have no address and hold no role.
    pub async fn without_address(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        ids: &[Uuid],
        today: NaiveDate,
    ) -> Result<Vec<Target>, DbErr> {
        let people = staff_member::Entity::named(organisation, staff_member::Column::Id, ids.iter().copied())
            .filter(staff_member::Column::Email.is_null())
            .all(connection)
            .await?;
        let working =
            assignment::Entity::named(organisation, assignment::Column::StaffId, ids.iter().copied())
                .filter(holding_on(today))
                .all(connection)
                .await?;
        let asked: HashSet<Uuid> = ids.iter().copied().collect();
        let above = above::above_somebody(connection, organisation, &asked, today).await?;
        let with_role = role::holders(connection, organisation, ids).await?;
        let own = people.into_iter().map(|person| person.id);
        let target = |id| Target::WithoutAddress {
            id,
            sites: working
                .iter()
                .filter(|row| row.staff_id == id)
                .filter_map(|row| row.site_id)
                .collect(),
            is_above_somebody: above.contains(&id),
        };
        Ok(own.filter(|id| !with_role.contains(id)).map(target).collect())
    }

    /// A comment. Where it names no site, those count at which the people work whom it may mean.
    pub async fn said(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        id: Uuid,
        today: NaiveDate,
    ) -> Result<Option<Target>, DbErr> {
        let mut found = Target::said_in(connection, organisation, &[id], today).await?;
        Ok(found.remove(&id))
    }

    /// The same of several comments, by comment.
    pub async fn said_in(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        ids: &[Uuid],
        today: NaiveDate,
    ) -> Result<HashMap<Uuid, Target>, DbErr> {
        let of_these = || ids.iter().copied();
        let comments = comment::Entity::named(organisation, comment::Column::Id, of_these())
            .all(connection)
            .await?;
        let recognitions =
            recognition::Entity::named(organisation, recognition::Column::CommentId, of_these())
                .all(connection)
                .await?;
        let verdicts = verdict::current(connection, ids).await?;
        let mut said = HashMap::new();
        for comment in comments {
            let id = comment.id;
            let recognitions = || recognitions.iter().filter(|row| row.comment_id == id);
            let meant = verdicts.iter().filter(|verdict| verdict.comment_id == id);
            let meant = meant.filter(|verdict| is_meant(verdict.state));
            let people: Vec<Uuid> = meant.filter_map(|verdict| verdict.staff_id).collect();
            let mut sites: Vec<Uuid> = recognitions().filter_map(|row| row.site_id).collect();
            sites.extend(comment.site_id);
            if sites.is_empty() {
                sites = sites_of(connection, organisation, &people, today).await?;
            }
            let managers = recognitions().filter_map(|row| row.manager_id).collect();
            let target = Target::Said {
                people,
                managers,
                sites,
                asked: Vec::new(),
            };
            said.insert(id, target);
        }
        Ok(said)
    }

    /// Praise of one person: another's praise in the same comment is those others' above them.
    pub async fn praise(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        praise: &recognition::Model,
        today: NaiveDate,
    ) -> Result<Option<Target>, DbErr> {
        let mut found = Target::praise_in(connection, organisation, &[praise], today).await?;
        Ok(found.remove(&praise.id))
    }

    /// The same of several, by recognition. Where one names no site, those count at which the person works.
    pub async fn praise_in(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        praise: &[&recognition::Model],
        today: NaiveDate,
    ) -> Result<HashMap<Uuid, Target>, DbErr> {
        let nowhere = praise.iter().filter(|row| row.site_id.is_none());
        let working = assignment::Entity::named(
            organisation,
            assignment::Column::StaffId,
            nowhere.filter_map(|row| row.staff_id),
        )
        .filter(holding_on(today))
        .all(connection)
        .await?;
        let works_at = |row: &recognition::Model| -> Vec<Uuid> {
            let own = working.iter().filter(|one| Some(one.staff_id) == row.staff_id);
            own.filter_map(|one| one.site_id).collect()
        };
        let ids = praise.iter().map(|row| row.id);
        let promises = promise::Entity::named(organisation, promise::Column::RecognitionId, ids)
            .all(connection)
            .await?;
        let over = no_deputies_any_more(connection, organisation, &promises, today).await?;
        let asked = |row: &recognition::Model| {
            let own = promises.iter().filter(|promise| {
                promise.recognition_id == row.id && !over.contains(&promise.recognition_id)
            });
            own.filter_map(|promise| promise.account_id).collect()
        };
        let target = |row: &&recognition::Model| Target::Said {
            asked: asked(row),
            people: row.staff_id.into_iter().collect(),
            managers: row.manager_id.into_iter().collect(),
            sites: row.site_id.map_or_else(|| works_at(row), |site| vec![site]),
        };
        let of_organisation = praise.iter().filter(|row| row.organisation_id == organisation);
        Ok(of_organisation.map(|row| (row.id, target(row))).collect())
    }

    /// A comment whose last decision is undone: those of whom it said something count too. After "it praises nobody"
    /// nobody is meant any more, and whoever said so must be able to take it back.
    pub async fn decided(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        id: Uuid,
        today: NaiveDate,
    ) -> Result<Option<Target>, DbErr> {
        let said = Target::said(connection, organisation, id, today).await?;
        let Some(Target::Said {
            mut people,
            managers,
            mut sites,
            asked,
        }) = said
        else {
            return Ok(None);
        };
        people.extend(decided(connection, organisation, id).await?);
        if sites.is_empty() {
            sites = sites_of(connection, organisation, &people, today).await?;
        }
        Ok(Some(Target::Said {
            people,
            managers,
            sites,
            asked,
        }))
    }

    /// A comment to whose praise somebody who was there may say that it was they.
    pub async fn open(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        id: Uuid,
    ) -> Result<Option<Target>, DbErr> {
        let Some(comment) = comment(connection, organisation, id).await? else {
            return Ok(None);
        };
        let sites: HashSet<Uuid> = comment.site_id.into_iter().collect();
        let around = around(connection, organisation, &sites).await?;
        Ok(Some(Target::Open { around }))
    }
}

/// Promises that somebody has for a manager for whom they do not stand in any more: the clock has not taken them back yet.
async fn no_deputies_any_more(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    promises: &[promise::Model],
    today: NaiveDate,
) -> Result<HashSet<Uuid>, DbErr> {
    let for_others = || promises.iter().filter(|promise| promise.stands_for_id.is_some());
    if for_others().next().is_none() {
        return Ok(HashSet::new());
    }
    let holders = for_others().filter_map(|promise| promise.account_id);
    let holders = account::Entity::named(organisation, account::Column::Id, holders)
        .all(connection)
        .await?;
    let absent = for_others().filter_map(|promise| promise.stands_for_id);
    let holding = deputy::Entity::named(organisation, deputy::Column::AbsentId, absent)
        .filter(deputy::holding_on(today))
        .all(connection)
        .await?;
    let holds = |promise: &&promise::Model| {
        let holder = holders.iter().find(|one| Some(one.id) == promise.account_id);
        let staff = holder.and_then(|holder| holder.staff_id);
        holding
            .iter()
            .any(|row| Some(row.absent_id) == promise.stands_for_id && Some(row.deputy_id) == staff)
    };
    let over = for_others().filter(|promise| !holds(promise));
    Ok(over.map(|promise| promise.recognition_id).collect())
}

/// Sites, those above them and those below: where one is served by somebody of any of them.
pub(crate) async fn around(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    sites: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>, DbErr> {
    use site_closure::Column;
    if sites.is_empty() {
        return Ok(HashSet::new());
    }
    let related = Condition::any()
        .add(Column::AncestorId.is_in(sites.iter().copied()))
        .add(Column::DescendantId.is_in(sites.iter().copied()));
    let pairs = site_closure::Entity::within(organisation)
        .filter(related)
        .all(connection)
        .await?;
    Ok(pairs
        .iter()
        .flat_map(|pair| [pair.ancestor_id, pair.descendant_id])
        .collect())
}

async fn comment(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<comment::Model>, DbErr> {
    let found = comment::Entity::within(organisation).filter(comment::Column::Id.eq(id));
    found.one(connection).await
}

/// Of whom the last decision on a comment said something.
async fn decided(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    comment: Uuid,
) -> Result<Vec<Uuid>, DbErr> {
    let last = decision::Entity::within(organisation)
        .filter(decision::Column::CommentId.eq(comment))
        .order_by_desc(decision::Column::Number)
        .one(connection)
        .await?;
    let Some(last) = last.filter(|decision| decision.undone_at.is_none()) else {
        return Ok(Vec::new());
    };
    let said = verdict::Entity::named(organisation, verdict::Column::Id, last.verdicts.0)
        .all(connection)
        .await?;
    Ok(said.into_iter().filter_map(|verdict| verdict.staff_id).collect())
}

fn is_meant(state: verdict::State) -> bool {
    matches!(state, verdict::State::Credited | verdict::State::Open)
}

/// None where there is no such person.
async fn works_at(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
    today: NaiveDate,
) -> Result<Option<Vec<Uuid>>, DbErr> {
    let found = staff_member::Entity::within(organisation).filter(staff_member::Column::Id.eq(id));
    if found.count(connection).await? == 0 {
        return Ok(None);
    }
    sites_of(connection, organisation, &[id], today).await.map(Some)
}

async fn sites_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    people: &[Uuid],
    today: NaiveDate,
) -> Result<Vec<Uuid>, DbErr> {
    assignment::Entity::named(organisation, assignment::Column::StaffId, people.iter().copied())
        .filter(assignment::Column::SiteId.is_not_null())
        .filter(holding_on(today))
        .select_only()
        .column(assignment::Column::SiteId)
        .distinct()
        .into_tuple()
        .all(connection)
        .await
}
