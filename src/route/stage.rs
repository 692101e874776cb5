//! The stage: jobs `route` in, notices and jobs `deliver` out, in one transaction.
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{among, comment, notice, notice_recognition, organisation, recognition};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    addressee::Directory,
    come_back::come_back,
    plan::{self, Known},
    promise,
    rule::Rules,
    unheard::Replaced,
    write,
};
use crate::{
    ledger::verdict,
    platform::{
        db::Tx,
        job::{
            Claimed, Job, queue,
            worker::{Batch, Failures},
        },
        lock,
        service::Service,
    },
};

/// Routes a batch.
pub async fn route(service: Service, batch: Batch) -> anyhow::Result<Failures> {
    if batch.lost.is_cancelled() {
        return Ok(Failures::new());
    }
    let tx = service.db.write_repeatable().await?;
    let ids: Vec<Uuid> = batch.jobs.iter().filter_map(subject).collect();
    let comments = lock::comments(&tx, &ids).await?;
    // Whoever comes with a change under way is told; a later one finds what is written here.
    lock::rosters(&tx, comments.iter().map(|comment| comment.organisation_id)).await?;
    let ours = queue::finish(&tx, &batch.jobs).await?;
    let wanted: HashSet<Uuid> = batch
        .jobs
        .iter()
        .filter(|job| ours.contains(&job.id))
        .filter_map(subject)
        .collect();
    let comments: Vec<comment::Model> = comments
        .into_iter()
        .filter(|comment| wanted.contains(&comment.id))
        .collect();
    route_comments(&tx, comments, service.clock.now()).await?;
    tx.commit().await?;
    Ok(Failures::new())
}

fn subject(job: &Claimed) -> Option<Uuid> {
    match job.job {
        Job::Route { comment } => Some(comment),
        _ => None,
    }
}

async fn route_comments(tx: &Tx, comments: Vec<comment::Model>, now: DateTime<Utc>) -> Result<(), DbErr> {
    let mut known = known(tx, &comments).await?;
    let mut by_organisation: BTreeMap<Uuid, Vec<comment::Model>> = BTreeMap::new();
    for comment in comments {
        by_organisation
            .entry(comment.organisation_id)
            .or_default()
            .push(comment);
    }
    for (id, comments) in by_organisation {
        let Some(organisation) = organisation::Entity::find_by_id(id).one(tx).await? else {
            continue;
        };
        let mut directory = Directory::new(tx, &organisation, now);
        let own = comments.iter().filter_map(|comment| known.get(&comment.id));
        let praised: Vec<&recognition::Model> = own.flat_map(|known| &known.recognitions).collect();
        directory.prepare(&praised, &comments).await?;
        let mut rules =
            Rules::read(tx, &organisation, (praised.as_slice(), comments.as_slice()), now).await?;
        if rules.tell_leads() {
            directory.prepare_leads(&praised).await?;
        }
        let waiting = promise::waiting(&praised);
        let mut promised = Vec::new();
        let mut replaced = Replaced::default();
        let (mut plans, mut earlier, mut told_themselves) = (Vec::new(), Vec::new(), Vec::new());
        for comment in comments {
            let known = known.remove(&comment.id).unwrap_or_default();
            if !known.notices.is_empty() || comment.state == comment::State::Triage {
                promised.push((comment.id, comment.state));
            }
            let mut own = plan::plan(&mut directory, &mut rules, (&comment, &known), now).await?;
            replaced.extend(known.replace(&comment, &mut own));
            plans.extend(own);
            if known
                .notices
                .iter()
                .any(|notice| notice.kind == notice::Kind::OwnPraise)
            {
                told_themselves.push(comment.id);
            }
            earlier.extend(known.notices);
        }
        replaced.remove(tx).await?;
        let told = write::write(tx, id, plans, &earlier, now).await?;
        promise::make(tx, &organisation, (&waiting, &told), now).await?;
        promise::pause_or_go_on(tx, &promised, now).await?;
        come_back(tx, &told_themselves, now).await?;
    }
    Ok(())
}

async fn known(tx: &Tx, comments: &[comment::Model]) -> Result<HashMap<Uuid, Known>, DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    let mut known: HashMap<Uuid, Known> = HashMap::new();
    let recognitions = recognition::Entity::find()
        .filter(among(recognition::Column::CommentId, ids.iter().copied()))
        .filter(recognition::Column::WithdrawnAt.is_null())
        .filter(recognition::Column::Quiet.eq(false))
        .all(tx)
        .await?;
    for recognition in recognitions {
        let of = known.entry(recognition.comment_id).or_default();
        of.recognitions.push(recognition);
    }
    for verdict in verdict::current(tx, &ids).await? {
        known
            .entry(verdict.comment_id)
            .or_default()
            .verdicts
            .push(verdict);
    }
    let notices = notice::Entity::find()
        .filter(among(notice::Column::CommentId, ids))
        .all(tx)
        .await?;
    let mut told = told(tx, &notices).await?;
    for notice in notices {
        let Some(comment) = notice.comment_id else {
            continue;
        };
        let of = known.entry(comment).or_default();
        of.told.extend(told.remove(&notice.id).unwrap_or_default());
        of.notices.push(notice);
    }
    Ok(known)
}

async fn told(
    tx: &Tx,
    notices: &[notice::Model],
) -> Result<HashMap<Uuid, Vec<notice_recognition::Model>>, DbErr> {
    let rows = notice_recognition::Entity::find()
        .filter(among(
            notice_recognition::Column::NoticeId,
            notices.iter().map(|notice| notice.id),
        ))
        .all(tx)
        .await?;
    let mut by_notice: HashMap<Uuid, Vec<notice_recognition::Model>> = HashMap::new();
    for row in rows {
        by_notice.entry(row.notice_id).or_default().push(row);
    }
    Ok(by_notice)
}
