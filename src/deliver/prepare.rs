//! From jobs to mails that can leave: read in sets, composed on all cores.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use entity::{
    account::{self, Frequency},
    notice::{self, Kind, State},
    organisation, staff_member,
};
use lettre::Address;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    compose::{
        Addressed,
        mails::{self, Matter},
    },
    link,
    mail::Letter,
    settle::Settled,
    stage::Parcel,
};
use crate::{
    access::account as accounts,
    deliver::app::DeliverApp,
    platform::job::{Claimed, Job, JobError, worker::Failures},
    route::reason::{Code, Muted, Reason},
    template::TemplateError,
};

/// What is to become of the jobs of a batch.
#[derive(Default)]
pub(super) struct Prepared {
    /// These mails leave.
    pub(super) parcels: Vec<Parcel>,
    /// No mail leaves.
    pub(super) settled: Vec<Settled>,
    /// They cannot be prepared for now.
    pub(super) failures: Failures,
}

/// A notice that is to be mailed.
struct Task {
    job: Claimed,
    to: Address,
    addressed: Addressed,
    matter: Matter,
}

/// Prepares a batch.
pub(super) async fn prepare(
    app: &DeliverApp,
    jobs: Vec<Claimed>,
    now: DateTime<Utc>,
) -> anyhow::Result<Prepared> {
    let mut prepared = Prepared::default();
    let desk = Read::all(app, &jobs).await?;
    let mut tasks = Vec::new();
    for job in jobs {
        match desk.task(app, job) {
            Ok(task) => tasks.push(task),
            Err(settled) => prepared.settled.push(*settled),
        }
    }
    gather(app, &mut tasks).await?;
    for (task, mail) in compose(app, tasks, now).await? {
        match mail {
            Ok(Some(letter)) => prepared.parcels.push(task.parcel(letter)),
            Ok(None) => {
                let settled = Settled::cancelled(&task.job, &task.addressed.notice);
                prepared.settled.push(settled);
            }
            Err(error) => prepared.failures.push((task.job, JobError::retry(error))),
        }
    }
    Ok(prepared)
}

/// What the jobs of a batch need, by id.
struct Read {
    notices: HashMap<Uuid, notice::Model>,
    readers: HashMap<Uuid, account::Model>,
    staff: HashMap<Uuid, staff_member::Model>,
    organisations: HashMap<Uuid, Arc<organisation::Model>>,
}

impl Read {
    async fn all(app: &DeliverApp, jobs: &[Claimed]) -> Result<Read, DbErr> {
        let db = app.db.read();
        let notices = notice::Entity::find()
            .filter(notice::Column::Id.is_in(jobs.iter().filter_map(subject)))
            .all(db)
            .await?;
        let readers: HashSet<Uuid> = notices.iter().filter_map(|notice| notice.reader_id).collect();
        let readers = account::Entity::find()
            .filter(account::Column::Id.is_in(readers))
            .all(db)
            .await?;
        let staff: HashSet<Uuid> = readers.iter().filter_map(|reader| reader.staff_id).collect();
        let staff = staff_member::Entity::find()
            .filter(staff_member::Column::Id.is_in(staff))
            .all(db)
            .await?;
        let organisations: HashSet<Uuid> = notices.iter().map(|notice| notice.organisation_id).collect();
        let organisations = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(organisations))
            .all(db)
            .await?;
        Ok(Read {
            notices: notices.into_iter().map(|row| (row.id, row)).collect(),
            readers: readers.into_iter().map(|row| (row.id, row)).collect(),
            staff: staff.into_iter().map(|row| (row.id, row)).collect(),
            organisations: organisations
                .into_iter()
                .map(|row| (row.id, Arc::new(row)))
                .collect(),
        })
    }

    /// What is to be mailed, or how the job ends without.
    fn task(&self, app: &DeliverApp, job: Claimed) -> Result<Task, Box<Settled>> {
        let notice = subject(&job)
            .and_then(|id| self.notices.get(&id))
            .filter(|notice| notice.organisation_id == job.organisation && notice.state == State::Waiting);
        let organisation = notice.and_then(|notice| self.organisations.get(&notice.organisation_id));
        let (Some(notice), Some(organisation)) = (notice, organisation) else {
            return Err(Box::new(Settled::done(&job)));
        };
        let Some((reader, address)) = self.reader(notice) else {
            return Err(Box::new(Settled::unreachable(&job, notice)));
        };
        let reason = Reason::read(&notice.reason);
        if let Some(muted) = muted(app, notice, &reason, reader) {
            // What was passed on by mail stands in no digest of theirs: it goes back to the desk.
            return Err(Box::new(if reason.code == Code::PassedOn {
                Settled::unreachable(&job, notice)
            } else {
                Settled::muted(&job, notice, muted)
            }));
        }
        let Ok(to) = address.parse::<Address>() else {
            return Err(Box::new(Settled::bad_address(&job, notice, reader, address)));
        };
        Ok(Task {
            job,
            to,
            addressed: Addressed {
                reason,
                notice: notice.clone(),
                reader: reader.clone(),
                organisation: organisation.clone(),
            },
            matter: Matter::Nothing,
        })
    }

    /// The reader and their address; none where they cannot be told by mail any more.
    fn reader(&self, notice: &notice::Model) -> Option<(&account::Model, &str)> {
        let reader = self.readers.get(&notice.reader_id?)?;
        let is_theirs = reader.organisation_id == notice.organisation_id && reader.closed_at.is_none();
        let person = reader.staff_id.and_then(|staff| self.staff.get(&staff));
        let address = accounts::address(Some(reader), person).filter(|_| is_theirs)?;
        (!accounts::is_refused(reader, address)).then_some((reader, address))
    }
}

fn subject(job: &Claimed) -> Option<Uuid> {
    match job.job {
        Job::Deliver { notice } => Some(notice),
        _ => None,
    }
}

fn muted(
    app: &DeliverApp,
    notice: &notice::Model,
    reason: &Reason,
    reader: &account::Model,
) -> Option<Muted> {
    let wanted = match notice.kind {
        Kind::Digest => reader.frequency != Frequency::Off,
        _ if reason.code == Code::PassedOn => reader.frequency != Frequency::Off,
        _ => reader.frequency == Frequency::AtOnce,
    };
    if !app.mailer.is_on() {
        return Some(Muted::MailOff);
    }
    (!wanted).then_some(Muted::Frequency)
}

/// Reads what the notices tell.
async fn gather(app: &DeliverApp, tasks: &mut [Task]) -> Result<(), DbErr> {
    let mut by_organisation: BTreeMap<Uuid, Vec<&mut Task>> = BTreeMap::new();
    for task in tasks {
        let own = by_organisation.entry(task.addressed.organisation.id).or_default();
        own.push(task);
    }
    for mut tasks in by_organisation.into_values() {
        let Some(first) = tasks.first() else { continue };
        let organisation = first.addressed.organisation.clone();
        let addressed: Vec<&Addressed> = tasks.iter().map(|task| &task.addressed).collect();
        let matters = mails::gather(app.db.read(), &organisation, &addressed).await?;
        for (task, matter) in tasks.iter_mut().zip(matters) {
            task.matter = matter;
        }
    }
    Ok(())
}

type Composed = (Task, Result<Option<Letter>, TemplateError>);

/// Puts what they tell into words, shared out over the cores.
async fn compose(app: &DeliverApp, tasks: Vec<Task>, now: DateTime<Utc>) -> anyhow::Result<Vec<Composed>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = tasks.len().div_ceil(cores).max(1);
    let mut shares = JoinSet::new();
    let mut tasks = tasks.into_iter().peekable();
    while tasks.peek().is_some() {
        let (own, app): (Vec<Task>, DeliverApp) = (tasks.by_ref().take(share).collect(), app.clone());
        shares.spawn_blocking(move || -> Vec<Composed> {
            let compose = |task: Task| {
                let letter = task.letter(&app, now);
                (task, letter)
            };
            own.into_iter().map(compose).collect()
        });
    }
    let mut composed = Vec::new();
    while let Some(share) = shares.join_next().await {
        composed.extend(share.context("composing mails failed")?);
    }
    Ok(composed)
}

impl Task {
    fn letter(&self, app: &DeliverApp, now: DateTime<Utc>) -> Result<Option<Letter>, TemplateError> {
        let mail = mails::mail(app, &self.addressed, &self.matter, now)?;
        Ok(mail.map(|mail| Letter {
            about: self.addressed.notice.id,
            to: self.to.clone(),
            mail,
            unsubscribe_url: Some(link::unsubscribe_url(app, self.addressed.notice.id)),
            list: self.addressed.organisation.slug.clone(),
            at: now,
        }))
    }

    fn parcel(self, letter: Letter) -> Parcel {
        Parcel {
            job: self.job,
            letter,
            withdrawn: self.matter.withdrawn().to_vec(),
            linked: self.matter.linked(),
            notice: self.addressed.notice,
            reader: self.addressed.reader.id,
        }
    }
}
