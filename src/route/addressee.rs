//! Who is to hear of a recognition or a comment: the manager on the day, or their deputy while they are away, else upwards, else the site's lead, else the
//! administrators, else nobody. Whoever cannot be told is passed over, and the notice says so.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    account, channel, comment,
    deputy::{self, holding_on},
    grant::Role,
    organisation, recognition, staff_member,
};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    leads::{self, Lead, LeadBy},
    reason::{Code, Obstacle, PassedOver, Reason},
};
use crate::{
    access::{account as accounts, role},
    platform::db::Tx,
    roster::{
        organisation as organisations,
        placement::{self, Wanted},
    },
};

/// People of one statement.
const TOGETHER: usize = 1000;
/// Longer chains of managers are circles.
const HIGHEST: usize = 50;

/// Somebody to tell, by the account they have or are to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Reader {
    Account(Uuid),
    /// A staff member without an account.
    Staff(Uuid),
    /// A room or endpoint.
    Channel(Uuid),
    /// Nobody.
    Nobody,
}

impl Reader {
    /// The room or endpoint, where it is one.
    pub(super) fn channel(self) -> Option<Uuid> {
        match self {
            Reader::Channel(channel) => Some(channel),
            Reader::Account(_) | Reader::Staff(_) | Reader::Nobody => None,
        }
    }
}

/// A reader and why it is them.
#[derive(Clone, Debug)]
pub(super) struct Addressee {
    pub(super) reader: Reader,
    pub(super) reason: Reason,
}

/// Answers who can be told in one organisation, and remembers what it read.
pub(super) struct Directory<'a> {
    tx: &'a Tx,
    of: &'a organisation::Model,
    organisation: Uuid,
    today: NaiveDate,
    now: DateTime<Utc>,
    reach: HashMap<Uuid, Result<Reader, Obstacle>>,
    leads: HashMap<Uuid, Vec<Lead>>,
    administrators: Option<Vec<account::Model>>,
    channels: Option<Vec<Since>>,
    /// Who stands in today, by who is away.
    deputies: Option<HashMap<Uuid, Uuid>>,
    /// Who holds a role, for rules that name it.
    holding: Vec<(Role, Vec<account::Model>)>,
    /// Staff members who wish to be told of praise of themselves.
    wish_own: HashSet<Uuid>,
    /// To whom people report today, as far as [`Directory::prepare_upwards`] has read it.
    above: HashMap<Uuid, Option<Uuid>>,
}

/// A room or endpoint, and since when there is it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
}

impl<'a> Directory<'a> {
    pub(super) fn new(
        tx: &'a Tx,
        organisation: &'a organisation::Model,
        now: DateTime<Utc>,
    ) -> Directory<'a> {
        Directory {
            tx,
            of: organisation,
            organisation: organisation.id,
            today: organisations::day_in(organisation, now),
            now,
            reach: HashMap::new(),
            leads: HashMap::new(),
            administrators: None,
            channels: None,
            deputies: None,
            holding: Vec::new(),
            wish_own: HashSet::new(),
            above: HashMap::new(),
        }
    }

    /// Reads whoever is praised, their managers, and who leads sites that are praised or asked, at once.
    pub(super) async fn prepare(
        &mut self,
        praised: &[&recognition::Model],
        comments: &[comment::Model],
    ) -> Result<(), DbErr> {
        let sites = praised
            .iter()
            .filter(|one| one.staff_id.is_none())
            .map(|one| one.site_id);
        let asked = comments.iter().filter(|comment| may_ask(comment));
        let sites: HashSet<Uuid> = sites
            .chain(asked.map(|comment| comment.site_id))
            .flatten()
            .collect();
        self.leads = leads::of_sites(self.tx, self.organisation, &sites).await?;
        let people = praised.iter().flat_map(|one| [one.staff_id, one.manager_id]);
        let leads = self.leads.values().flatten().map(Lead::staff);
        let staff: HashSet<Uuid> = people.chain(leads).flatten().collect();
        self.read(staff).await
    }

    /// Reads who is above people today, up to the top, and who leads the sites of their praise.
    pub(super) async fn prepare_upwards(&mut self, praised: &[&recognition::Model]) -> Result<(), DbErr> {
        let sites: HashSet<Uuid> = praised.iter().filter_map(|one| one.site_id).collect();
        self.leads = leads::of_sites(self.tx, self.organisation, &sites).await?;
        let mut next: HashSet<Uuid> = praised.iter().filter_map(|one| one.staff_id).collect();
        for _ in 0..HIGHEST {
            next.retain(|staff| !self.above.contains_key(staff));
            if next.is_empty() {
                break;
            }
            next = self.read_managers(next).await?;
        }
        let leads = self.leads.values().flatten().filter_map(Lead::staff);
        let managers = self.above.values().copied().flatten();
        let staff: HashSet<Uuid> = managers.chain(leads).collect();
        self.read(staff).await
    }

    /// Where and when it looks.
    pub(super) fn at(&self) -> (&'a Tx, &'a organisation::Model, NaiveDate, DateTime<Utc>) {
        (self.tx, self.of, self.today, self.now)
    }

    /// Reads who leads the sites of praise.
    pub(super) async fn prepare_leads(&mut self, praised: &[&recognition::Model]) -> Result<(), DbErr> {
        let sites = praised.iter().filter_map(|one| one.site_id);
        let unknown: HashSet<Uuid> = sites.filter(|site| !self.leads.contains_key(site)).collect();
        let found = leads::of_sites(self.tx, self.organisation, &unknown).await?;
        let staff = found.values().flatten().filter_map(Lead::staff);
        let staff: HashSet<Uuid> = staff.filter(|staff| !self.reach.contains_key(staff)).collect();
        self.leads.extend(found);
        self.read(staff).await
    }

    /// The nearest lead of a site who can be told; `but` is not.
    pub(super) async fn site_lead(
        &mut self,
        site: Option<Uuid>,
        but: Option<Uuid>,
    ) -> Result<Vec<Addressee>, DbErr> {
        for lead in self.leads(site).await? {
            let reader = match &lead.who {
                LeadBy::Grant(account) => self.reach_by_account(account, but).await?,
                LeadBy::Roster(staff) => self.reach(*staff, but).await?,
            };
            if let Ok(reader) = reader {
                return Ok(vec![addressee(
                    reader,
                    Code::SiteLead,
                    Some(lead.site),
                    Vec::new(),
                )]);
            }
        }
        Ok(Vec::new())
    }

    /// Who holds a role everywhere and can be told; `but` is not.
    pub(super) async fn holders(&mut self, role: Role, but: Option<Uuid>) -> Result<Vec<Addressee>, DbErr> {
        let code = match role {
            Role::Auditor => Code::Auditor,
            _ => Code::Administrator,
        };
        let known = self.holding.iter().find(|(one, _)| *one == role);
        let accounts = match known {
            Some((_, known)) => known.clone(),
            None => {
                let found = accounts::holding(self.tx, self.organisation, role, None).await?;
                self.holding.push((role, found.clone()));
                found
            }
        };
        let mut told = Vec::new();
        for account in &accounts {
            if let Ok(reader) = self.reach_by_account(account, but).await? {
                told.push(addressee(reader, code, None, Vec::new()));
            }
        }
        Ok(told)
    }

    /// A member of staff whom a rule names, if they can be told and are not `but`.
    pub(super) async fn by_rule(&mut self, staff: Uuid, but: Option<Uuid>) -> Result<Vec<Addressee>, DbErr> {
        let reach = self.reach(staff, but).await?;
        let told = reach.map(|reader| addressee(reader, Code::Rule, None, Vec::new()));
        Ok(told.into_iter().collect())
    }

    /// Reads who has something in hand.
    pub(super) async fn read_holders(&mut self, holders: &[account::Model]) -> Result<(), DbErr> {
        let staff = holders.iter().filter_map(|holder| holder.staff_id);
        let unknown = staff.filter(|staff| !self.reach.contains_key(staff));
        self.read(unknown.collect()).await
    }

    /// Reads to whom people report today; answers the managers.
    async fn read_managers(&mut self, staff: HashSet<Uuid>) -> Result<HashSet<Uuid>, DbErr> {
        let wanted: Vec<Wanted> = staff.iter().map(|staff| self.today_of(*staff)).collect();
        let mut places = HashMap::new();
        for some in wanted.chunks(TOGETHER) {
            places.extend(placement::on_days(self.tx, self.organisation, some).await?);
        }
        let manager = |wanted: &Wanted| places.get(wanted).and_then(|place| place.manager);
        let above: Vec<(Uuid, Option<Uuid>)> = wanted
            .iter()
            .map(|wanted| (wanted.staff, manager(wanted)))
            .collect();
        let managers = above.iter().filter_map(|(_, manager)| *manager).collect();
        self.above.extend(above);
        Ok(managers)
    }

    fn today_of(&self, staff: Uuid) -> Wanted {
        Wanted {
            staff,
            site: None,
            on: self.today,
        }
    }

    async fn read(&mut self, staff: HashSet<Uuid>) -> Result<(), DbErr> {
        let staff: Vec<Uuid> = staff.into_iter().collect();
        for some in staff.chunks(TOGETHER) {
            let people = staff_member::Entity::named(
                self.organisation,
                staff_member::Column::Id,
                some.iter().copied(),
            )
            .all(self.tx)
            .await?;
            let accounts = accounts::accounts_of(self.tx, self.organisation, some).await?;
            let people: HashMap<Uuid, staff_member::Model> =
                people.into_iter().map(|person| (person.id, person)).collect();
            for id in some {
                let found = reach_of(people.get(id), accounts.get(id), self.today);
                self.reach.insert(*id, found);
                if accounts.get(id).is_some_and(|account| account.own_praise) {
                    self.wish_own.insert(*id);
                }
            }
        }
        Ok(())
    }

    /// The rooms and endpoints that are told of praise.
    pub(super) async fn channels(&mut self) -> Result<Vec<Since>, DbErr> {
        if let Some(known) = &self.channels {
            return Ok(known.clone());
        }
        let found: Vec<(Uuid, DateTime<Utc>)> = channel::Entity::within(self.organisation)
            .filter(channel::Column::EndedAt.is_null())
            .order_by_asc(channel::Column::Id)
            .select_only()
            .columns([channel::Column::Id, channel::Column::CreatedAt])
            .into_tuple()
            .all(self.tx)
            .await?;
        let since = |(id, created_at)| Since { id, created_at };
        let found: Vec<Since> = found.into_iter().map(since).collect();
        self.channels = Some(found.clone());
        Ok(found)
    }

    /// Who hears of a recognition as the person's manager, or of praise of a site as its lead.
    pub(super) async fn of_recognition(
        &mut self,
        recognition: &recognition::Model,
    ) -> Result<Vec<Addressee>, DbErr> {
        let Some(praised) = recognition.staff_id else {
            return self.of_site(recognition.site_id, None, Vec::new()).await;
        };
        let mut passed_over = Vec::new();
        let mut next = recognition.manager_id;
        let mut seen = HashSet::new();
        let mut code = Code::Manager;
        while let Some(manager) = next.filter(|manager| seen.len() < HIGHEST && seen.insert(*manager)) {
            match self.in_charge(manager, praised, code, &mut passed_over).await? {
                Some((reader, why)) => {
                    return Ok(vec![Addressee::of_manager(reader, why, manager, passed_over)]);
                }
                None => code = Code::ManagerAbove,
            }
            next = self.manager_of(manager, recognition.occurred_on).await?;
        }
        self.of_site(recognition.site_id, Some(praised), passed_over)
            .await
    }

    /// The nearest above somebody today who can be told and is none of these accounts: a manager, the site's lead, the
    /// administrators; nobody, where there is none. Read by [`Directory::prepare_upwards`].
    pub(super) async fn nearest_but(
        &mut self,
        recognition: &recognition::Model,
        but: &HashSet<Uuid>,
    ) -> Result<Vec<Addressee>, DbErr> {
        let is_other = |reader: Reader| !matches!(reader, Reader::Account(account) if but.contains(&account));
        let Some(praised) = recognition.staff_id else {
            return Ok(Vec::new());
        };
        let mut passed_over = Vec::new();
        let mut next = self.above.get(&praised).copied().flatten();
        let mut seen = HashSet::new();
        let mut code = Code::Manager;
        while let Some(manager) = next.filter(|manager| seen.len() < HIGHEST && seen.insert(*manager)) {
            match self.in_charge(manager, praised, code, &mut passed_over).await? {
                Some((reader, why)) if is_other(reader) => {
                    return Ok(vec![Addressee::of_manager(reader, why, manager, passed_over)]);
                }
                Some(_) | None => code = Code::ManagerAbove,
            }
            next = self.above.get(&manager).copied().flatten();
        }
        for lead in self.leads(recognition.site_id).await? {
            let reader = match &lead.who {
                LeadBy::Grant(account) => self.reach_by_account(account, Some(praised)).await?,
                LeadBy::Roster(staff) => self.reach(*staff, Some(praised)).await?,
            };
            if let Some(reader) = reader.ok().filter(|reader| is_other(*reader)) {
                return Ok(vec![addressee(
                    reader,
                    Code::SiteLead,
                    Some(lead.site),
                    passed_over,
                )]);
            }
        }
        let mut told = self.administrators_but(Some(praised), passed_over).await?;
        told.retain(|one| one.reader != Reader::Nobody && is_other(one.reader));
        Ok(told)
    }

    /// Who has a manager's praise today: they themselves, or their deputy while they are away. None where it cannot be told to
    /// that one; a deputy who is away too has no deputy of their own.
    async fn in_charge(
        &mut self,
        manager: Uuid,
        praised: Uuid,
        code: Code,
        passed_over: &mut Vec<PassedOver>,
    ) -> Result<Option<(Reader, Code)>, DbErr> {
        let deputies = self.deputies().await?;
        let (who, code) = match deputies.get(&manager) {
            None => (manager, code),
            Some(deputy) => {
                let why = Obstacle::Absent;
                passed_over.push(PassedOver { staff: manager, why });
                (*deputy, Code::Deputy)
            }
        };
        let reach = match code == Code::Deputy && deputies.contains_key(&who) {
            true => Err(Obstacle::Absent),
            false => self.reach(who, Some(praised)).await?,
        };
        match reach {
            Ok(reader) => Ok(Some((reader, code))),
            Err(why) => {
                passed_over.push(PassedOver { staff: who, why });
                Ok(None)
            }
        }
    }

    /// Who stands in today, by who is away.
    async fn deputies(&mut self) -> Result<HashMap<Uuid, Uuid>, DbErr> {
        if let Some(known) = &self.deputies {
            return Ok(known.clone());
        }
        let rows = deputy::Entity::within(self.organisation)
            .filter(holding_on(self.today))
            .all(self.tx)
            .await?;
        let found: HashMap<Uuid, Uuid> = rows
            .into_iter()
            .map(|row| (row.absent_id, row.deputy_id))
            .collect();
        self.deputies = Some(found.clone());
        Ok(found)
    }

    /// Whether praise stays with an account that has it for an absent manager, or for themselves (`None`).
    pub(super) async fn keeps(
        &mut self,
        holder: &account::Model,
        stands_for: Option<Uuid>,
    ) -> Result<bool, DbErr> {
        let deputies = self.deputies().await?;
        let Some(staff) = holder.staff_id else {
            return Ok(stands_for.is_none());
        };
        Ok(match stands_for {
            Some(absent) => deputies.get(&absent) == Some(&staff) && !deputies.contains_key(&staff),
            None => !deputies.contains_key(&staff),
        })
    }

    /// The account of a staff member who can be told.
    pub(super) async fn account_of(&mut self, staff: Uuid) -> Result<Option<Uuid>, DbErr> {
        Ok(match self.reach(staff, None).await? {
            Ok(Reader::Account(account)) => Some(account),
            Ok(Reader::Staff(_) | Reader::Channel(_) | Reader::Nobody) | Err(_) => None,
        })
    }

    /// Whether an account can be told still.
    pub(super) async fn reaches(&mut self, account: &account::Model) -> Result<bool, DbErr> {
        if account.closed_at.is_some() {
            return Ok(false);
        }
        Ok(self.reach_by_account(account, None).await?.is_ok())
    }

    /// The site's lead, else the administrators; `but` is not told.
    pub(super) async fn of_site(
        &mut self,
        site: Option<Uuid>,
        but: Option<Uuid>,
        mut passed_over: Vec<PassedOver>,
    ) -> Result<Vec<Addressee>, DbErr> {
        for lead in self.leads(site).await? {
            let reader = match &lead.who {
                LeadBy::Grant(account) => self.reach_by_account(account, but).await?,
                LeadBy::Roster(staff) => self.reach(*staff, but).await?,
            };
            match (reader, &lead.who) {
                (Ok(reader), _) => {
                    return Ok(vec![addressee(
                        reader,
                        Code::SiteLead,
                        Some(lead.site),
                        passed_over,
                    )]);
                }
                (Err(why), LeadBy::Roster(staff)) => passed_over.push(PassedOver { staff: *staff, why }),
                (Err(_), LeadBy::Grant(_)) => {}
            }
        }
        self.administrators_but(but, passed_over).await
    }

    /// The person themself, if they wish to be told and can be; read by [`Directory::prepare`].
    pub(super) async fn oneself(&mut self, staff: Uuid) -> Result<Option<Addressee>, DbErr> {
        if !self.wish_own.contains(&staff) {
            return Ok(None);
        }
        let reach = self.reach(staff, None).await?;
        Ok(reach
            .ok()
            .map(|reader| addressee(reader, Code::Oneself, None, Vec::new())))
    }

    /// Who decides about what the shield keeps: every safe reader, else the administrators.
    pub(super) async fn safe_readers(&mut self) -> Result<Vec<Addressee>, DbErr> {
        let readers = role::safe_readers(self.tx, self.organisation, self.today).await?;
        let mut told = Vec::new();
        for account in &readers {
            if let Ok(reader) = self.reach_by_account(account, None).await? {
                told.push(addressee(reader, Code::SafeReader, None, Vec::new()));
            }
        }
        match told.is_empty() {
            true if readers.is_empty() => {
                let mut told = self.administrators_but(None, Vec::new()).await?;
                let readers = told.iter_mut().filter(|one| one.reader != Reader::Nobody);
                readers.for_each(|one| one.reason = Reason::new(Code::SafeReader));
                Ok(told)
            }
            true => Ok(vec![addressee(Reader::Nobody, Code::Nobody, None, Vec::new())]),
            false => Ok(told),
        }
    }

    async fn administrators_but(
        &mut self,
        but: Option<Uuid>,
        passed_over: Vec<PassedOver>,
    ) -> Result<Vec<Addressee>, DbErr> {
        let administrators = match self.administrators.take() {
            Some(known) => known,
            None => accounts::holding(self.tx, self.organisation, Role::Administrator, None).await?,
        };
        let mut told = Vec::new();
        for account in &administrators {
            if let Ok(reader) = self.reach_by_account(account, but).await? {
                told.push(addressee(reader, Code::Administrator, None, passed_over.clone()));
            }
        }
        self.administrators = Some(administrators);
        Ok(if told.is_empty() {
            vec![addressee(Reader::Nobody, Code::Nobody, None, passed_over)]
        } else {
            told
        })
    }

    async fn leads(&mut self, site: Option<Uuid>) -> Result<Vec<Lead>, DbErr> {
        let Some(site) = site else { return Ok(Vec::new()) };
        if let Some(known) = self.leads.get(&site) {
            return Ok(known.clone());
        }
        let mut found = leads::of_sites(self.tx, self.organisation, &HashSet::from([site])).await?;
        let own = found.remove(&site).unwrap_or_default();
        self.leads.insert(site, own.clone());
        Ok(own)
    }

    async fn manager_of(&self, staff: Uuid, on: NaiveDate) -> Result<Option<Uuid>, DbErr> {
        let wanted = Wanted {
            staff,
            site: None,
            on,
        };
        Ok(placement::on_day(self.tx, self.organisation, wanted)
            .await?
            .manager)
    }

    async fn reach_by_account(
        &mut self,
        account: &account::Model,
        praised: Option<Uuid>,
    ) -> Result<Result<Reader, Obstacle>, DbErr> {
        match account.staff_id {
            Some(staff) => self.reach(staff, praised).await,
            None => Ok(reach_of_stranger(account)),
        }
    }

    async fn reach(&mut self, staff: Uuid, praised: Option<Uuid>) -> Result<Result<Reader, Obstacle>, DbErr> {
        if praised == Some(staff) {
            return Ok(Err(Obstacle::IsPraised));
        }
        if let Some(known) = self.reach.get(&staff) {
            return Ok(*known);
        }
        let person = staff_member::Entity::within(self.organisation)
            .filter(staff_member::Column::Id.eq(staff))
            .one(self.tx)
            .await?;
        let accounts = accounts::accounts_of(self.tx, self.organisation, &[staff]).await?;
        let found = reach_of(person.as_ref(), accounts.get(&staff), self.today);
        self.reach.insert(staff, found);
        Ok(found)
    }
}

/// Whether the lead of its site may have to hear of it, besides praise.
fn may_ask(comment: &comment::Model) -> bool {
    let complains = matches!(
        comment.tone,
        Some(comment::Tone::Complaint | comment::Tone::Mixed)
    );
    complains || comment.state == comment::State::Triage
}

fn reach_of(
    person: Option<&staff_member::Model>,
    account: Option<&account::Model>,
    today: NaiveDate,
) -> Result<Reader, Obstacle> {
    let Some(person) = person else {
        return Err(Obstacle::Left);
    };
    if person.ends_on.is_some_and(|last| last < today) {
        return Err(Obstacle::Left);
    }
    let address = accounts::address(account, Some(person)).ok_or(Obstacle::NoAddress)?;
    match account {
        None => Ok(Reader::Staff(person.id)),
        Some(account) if account.closed_at.is_some() => Err(Obstacle::Closed),
        Some(account) if accounts::is_refused(account, address) => Err(Obstacle::AddressRefused),
        Some(account) => Ok(Reader::Account(account.id)),
    }
}

/// Of somebody who is not on the roster.
fn reach_of_stranger(account: &account::Model) -> Result<Reader, Obstacle> {
    match account.email.as_deref() {
        Some(address) if accounts::is_refused(account, address) => Err(Obstacle::AddressRefused),
        Some(_) => Ok(Reader::Account(account.id)),
        None => Err(Obstacle::NoAddress),
    }
}

impl Addressee {
    /// Who is told as a manager, or as the deputy of one.
    fn of_manager(reader: Reader, code: Code, manager: Uuid, passed_over: Vec<PassedOver>) -> Addressee {
        let mut told = addressee(reader, code, None, passed_over);
        told.reason.stands_for = (code == Code::Deputy).then_some(manager);
        told
    }
}

fn addressee(reader: Reader, code: Code, site: Option<Uuid>, passed_over: Vec<PassedOver>) -> Addressee {
    Addressee {
        reader,
        reason: Reason {
            site,
            passed_over,
            ..Reason::new(code)
        },
    }
}
