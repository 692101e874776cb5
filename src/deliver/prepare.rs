//! From jobs to messages that can leave: read in sets, composed on all cores.
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use entity::{
    account::{self, Frequency},
    channel,
    notice::{self, Kind},
    organisation,
};
use sea_orm::DbErr;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    channel::{Channel, Recipient, Rendered, mail::Mail, of_kind, place},
    compose::{
        Addressed, Message,
        mails::{self, Matter},
    },
    pace::{self, Bundle},
    read::Read,
    settle::Settled,
    stage::{Item, Parcel},
};
use crate::{
    access::preference,
    deliver::app::DeliverApp,
    platform::job::{Claimed, Job, JobError, Kind as Lane, worker::Failures},
    route::reason::{Code, Muted, Reason},
};

/// Notices that one mail gathers.
const MOST_GATHERED: usize = 50;

/// What is to become of the jobs of a batch.
#[derive(Default)]
pub(super) struct Prepared {
    /// These leave.
    pub(super) parcels: Vec<Parcel>,
    /// Nothing leaves.
    pub(super) settled: Vec<Settled>,
    /// They cannot be prepared for now, or wait for their turn.
    pub(super) failures: Failures,
}

/// A notice that is to be told.
pub(super) struct Task {
    pub(super) job: Claimed,
    pub(super) channel: &'static dyn Channel,
    pub(super) to: Recipient,
    pub(super) message: Message,
    /// How often it was tried.
    pub(super) attempts: usize,
}

/// Why there is none.
enum Left {
    Settled(Box<Settled>),
    Failed(Claimed, JobError),
}

/// Prepares a batch.
pub(super) async fn prepare(
    app: &DeliverApp,
    jobs: Vec<Claimed>,
    now: DateTime<Utc>,
) -> anyhow::Result<Prepared> {
    let mut prepared = Prepared::default();
    let read = Read::all(app, &jobs, now).await?;
    let mut tasks = Vec::new();
    for task in jobs.into_iter().flat_map(|job| read.tasks(app, job, now)) {
        match task {
            Ok(task) => tasks.push(task),
            Err(Left::Settled(settled)) => prepared.settled.push(*settled),
            Err(Left::Failed(job, error)) => prepared.failures.push((job, error)),
        }
    }
    gather(app, &mut tasks).await?;
    tasks.retain(|task| match untold(task) {
        Some(settled) => {
            prepared.settled.push(settled);
            false
        }
        None => true,
    });
    let (bundles, put_off) = pace::bundle(app, tasks, now).await?;
    prepared.failures.extend(put_off);
    for (bundle, rendered) in render(app, bundles, now).await? {
        match rendered {
            Ok(Some(rendered)) => prepared.parcels.push(bundle.parcel(rendered)),
            Ok(None) => {
                let tasks = bundle.tasks.iter();
                let cancelled = tasks.map(|task| Settled::cancelled(&task.job, task.notice()));
                prepared.settled.extend(cancelled);
            }
            Err(error) => {
                let why = format!("{error:#}");
                let failed = bundle
                    .jobs()
                    .map(|job| (job.clone(), JobError::retry(anyhow!("{why}"))));
                prepared.failures.extend(failed);
            }
        }
    }
    prepared.share_jobs();
    Ok(prepared)
}

impl Prepared {
    /// A job that gathers ends with what leaves; where that failed, all of it is decided anew.
    fn share_jobs(&mut self) {
        let failed: HashSet<i64> = self.failures.iter().map(|(job, _)| job.id).collect();
        let items = self.parcels.iter().flat_map(|parcel| &parcel.items);
        let leaving: HashSet<i64> = items.map(|item| item.job.id).collect();
        self.settled.retain(|one| !failed.contains(&one.job().id));
        for one in &mut self.settled {
            one.leave_job(leaving.contains(&one.job().id));
        }
    }
}

impl Read {
    /// What is to be told, or how the job ends without.
    fn tasks(&self, app: &DeliverApp, job: Claimed, now: DateTime<Utc>) -> Vec<Result<Task, Left>> {
        let Job::Gather { account } = job.job else {
            return vec![self.task(app, job, now)];
        };
        let Some(organisation) = self.organisation(job.organisation) else {
            return vec![Err(Left::Settled(Box::new(Settled::done(&job))))];
        };
        let mut room = MOST_GATHERED;
        let tasks: Vec<_> = self
            .deferred(&job, account)
            .map(|notice| self.to_reader(app, job.clone(), notice, organisation, now))
            .take_while(|task| {
                let has_room = room > 0;
                room -= usize::from(has_room && task.is_ok());
                has_room
            })
            .collect();
        if tasks.is_empty() {
            return vec![Err(Left::Settled(Box::new(Settled::done(&job))))];
        }
        tasks
    }

    fn task(&self, app: &DeliverApp, job: Claimed, now: DateTime<Utc>) -> Result<Task, Left> {
        let settled = |settled| Left::Settled(Box::new(settled));
        let (Some(notice), Some(organisation)) = (self.notice(&job), self.organisation(job.organisation))
        else {
            return Err(settled(Settled::done(&job)));
        };
        match (notice.channel_id, job.job.kind()) {
            (Some(channel), _) => match self.channels.get(&channel) {
                Some(channel) => self.to_place(app, job, notice, organisation, channel),
                None => Err(settled(Settled::ended(&job, channel))),
            },
            // It was passed on to a reader, by a job of its own.
            (None, Lane::Call) => Err(settled(Settled::elsewhere(&job))),
            (None, _) => self.to_reader(app, job, notice, organisation, now),
        }
    }

    fn to_reader(
        &self,
        app: &DeliverApp,
        job: Claimed,
        notice: &notice::Model,
        organisation: &Arc<organisation::Model>,
        now: DateTime<Utc>,
    ) -> Result<Task, Left> {
        let settled = |settled| Left::Settled(Box::new(settled));
        let Some((reader, address)) = self.reader(notice) else {
            return Err(settled(Settled::unreachable(&job, notice)));
        };
        let reason = Reason::read(&notice.reason);
        if !self.is_still_reader(reader, &reason) {
            // The comment is routed again, to whoever has the role by now.
            return Err(settled(Settled::cancelled(&job, notice)));
        }
        if let Some(muted) = muted(app, notice, &reason, reader) {
            // What was passed on by mail stands in no digest of theirs: it goes back to the desk.
            return Err(settled(if reason.code == Code::PassedOn {
                Settled::unreachable(&job, notice)
            } else {
                Settled::muted(&job, notice, muted)
            }));
        }
        let Ok(address) = address.parse() else {
            return Err(settled(Settled::bad_address(&job, notice, reader, address)));
        };
        let is_gathered = matches!(job.job, Job::Gather { .. });
        let leaves = self.leaves((notice, reader), &reason, is_gathered, now);
        if leaves > now && matches!(notice.kind, Kind::Digest | Kind::Reminder) {
            let why = "its reader wants to hear nothing now";
            return Err(Left::Failed(job, JobError::PutOff { at: leaves, why }));
        }
        if leaves > now {
            return Err(settled(Settled::deferred(&job, notice, reader.id, leaves)));
        }
        let to = Recipient::Reader {
            account: reader.id,
            address,
        };
        Ok(self.task_of(job, &Mail, to, (notice, organisation, Some(reader.clone()))))
    }

    fn to_place(
        &self,
        app: &DeliverApp,
        job: Claimed,
        notice: &notice::Model,
        organisation: &Arc<organisation::Model>,
        channel: &channel::Model,
    ) -> Result<Task, Left> {
        let kind = of_kind(&channel.kind);
        let kind = kind.ok_or_else(|| anyhow!("there is no kind of channel {:?}", channel.kind));
        match kind.and_then(|kind| Ok((kind, place(app, channel)?))) {
            Ok((kind, place)) => {
                let to = Recipient::Place(Box::new(place));
                Ok(self.task_of(job, kind, to, (notice, organisation, None)))
            }
            Err(error) => Err(Left::Failed(job, JobError::Retry(error))),
        }
    }

    fn task_of(
        &self,
        job: Claimed,
        channel: &'static dyn Channel,
        to: Recipient,
        (notice, organisation, reader): (&notice::Model, &Arc<organisation::Model>, Option<account::Model>),
    ) -> Task {
        Task {
            job,
            channel,
            to,
            message: Message {
                addressed: Addressed {
                    reason: Reason::read(&notice.reason),
                    notice: notice.clone(),
                    reader,
                    organisation: organisation.clone(),
                },
                matter: Matter::Nothing,
            },
            attempts: self.attempts(notice.id),
        }
    }
}

impl Task {
    fn notice(&self) -> &notice::Model {
        &self.message.addressed.notice
    }
}

fn muted(
    app: &DeliverApp,
    notice: &notice::Model,
    reason: &Reason,
    reader: &account::Model,
) -> Option<Muted> {
    let wanted = match notice.kind {
        Kind::Digest => preference::wants_digest(reader),
        _ if reason.code == Code::PassedOn => reader.frequency != Frequency::Off,
        kind => preference::is_mailed(reader, kind),
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
        let own = by_organisation.entry(task.job.organisation).or_default();
        own.push(task);
    }
    for mut tasks in by_organisation.into_values() {
        let Some(first) = tasks.first() else { continue };
        let organisation = first.message.addressed.organisation.clone();
        let addressed: Vec<&Addressed> = tasks.iter().map(|task| &task.message.addressed).collect();
        let matters = mails::gather(app.db.read(), &organisation, &addressed).await?;
        for (task, matter) in tasks.iter_mut().zip(matters) {
            task.message.matter = matter;
        }
    }
    Ok(())
}

/// How a job ends once it is known what its notice tells: with nothing left, or not by this channel.
fn untold(task: &Task) -> Option<Settled> {
    if matches!(task.message.matter, Matter::Nothing) {
        return Some(Settled::cancelled(&task.job, task.notice()));
    }
    let muted = task.channel.mutes(&task.message)?;
    Some(Settled::muted(&task.job, task.notice(), muted))
}

type Composed = (Bundle, anyhow::Result<Option<Rendered>>);

/// Puts them into the form of their channels, shared out over the cores.
async fn render(app: &DeliverApp, bundles: Vec<Bundle>, now: DateTime<Utc>) -> anyhow::Result<Vec<Composed>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = bundles.len().div_ceil(cores).max(1);
    let mut shares = JoinSet::new();
    let mut bundles = bundles.into_iter().peekable();
    while bundles.peek().is_some() {
        let (own, app): (Vec<Bundle>, DeliverApp) = (bundles.by_ref().take(share).collect(), app.clone());
        shares.spawn_blocking(move || -> Vec<Composed> {
            let render = |bundle: Bundle| {
                let rendered = bundle.render(&app, now);
                (bundle, rendered)
            };
            own.into_iter().map(render).collect()
        });
    }
    let mut composed = Vec::new();
    while let Some(share) = shares.join_next().await {
        composed.extend(share.context("composing messages failed")?);
    }
    Ok(composed)
}

impl Bundle {
    fn parcel(self, rendered: Rendered) -> Parcel {
        let item = |task: Task| Item {
            withdrawn: task.message.matter.withdrawn().to_vec(),
            linked: task.message.matter.linked(),
            attempts: task.attempts,
            notice: task.message.addressed.notice,
            job: task.job,
        };
        Parcel {
            channel: self.channel,
            to: self.to,
            items: self.tasks.into_iter().map(item).collect(),
            rendered,
        }
    }
}
