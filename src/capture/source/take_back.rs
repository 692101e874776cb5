//! What customers take back at their tool is taken back here: words, pushes, and what could not be read of it.
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{comment, push, source};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    inbox,
    read_pushes::{HELD, Waiting},
    tool::Tool,
};
use crate::{
    capture::{app::CaptureApp, draft::Draft, erase, store::store},
    platform::db::Tx,
};

/// As the audit log names it.
const ACTOR: &str = "push";

/// Takes back what pushes name, by the tool's ids.
pub(super) async fn all(
    app: &CaptureApp,
    tx: &Tx,
    withdrawn: &[(Waiting, Vec<String>)],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    forget_unread(app, tx, withdrawn).await?;
    let mut named: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (waiting, ids) in withdrawn {
        let comments = named.entry(waiting.source.organisation_id).or_default();
        comments.extend(comments_of(tx, waiting, ids).await?);
    }
    let request = erase::Request {
        actor: ACTOR,
        reason: "deleted_at_source",
        now,
    };
    for (organisation, comments) in named {
        erase::withdraw(tx, organisation, &comments, request).await?;
    }
    let pushes = withdrawn.iter().map(|(waiting, _)| waiting.push.id);
    inbox::delete(tx, pushes.collect()).await
}

/// The comments that their source no longer has. What was taken back before it came is remembered without words, so that
/// it does not come later.
async fn comments_of(tx: &Tx, waiting: &Waiting, ids: &[String]) -> Result<Vec<Uuid>, DbErr> {
    let source = &waiting.source;
    let comments = comment::Entity::within(source.organisation_id)
        .filter(comment::Column::SourceId.eq(source.id))
        .filter(comment::Column::ExternalId.is_in(ids.iter().map(String::as_str)))
        .order_by_asc(comment::Column::Id)
        .all(tx)
        .await?;
    let known: HashSet<&str> = comments
        .iter()
        .filter_map(|comment| comment.external_id.as_deref())
        .collect();
    let unknown: BTreeSet<&str> = ids
        .iter()
        .map(String::as_str)
        .filter(|id| !known.contains(id))
        .collect();
    let drafts: Vec<Draft> = unknown.into_iter().map(|id| wordless(waiting, id)).collect();
    let stored = store(tx, &drafts).await?;
    let known = comments.iter().map(|comment| comment.id);
    Ok(known.chain(stored.iter().map(|stored| stored.id())).collect())
}

/// Deletes what could not be read and speaks of nothing but what is taken back: of each source the newest, as many
/// as a few MiB hold, so that this is bounded; the rest goes with its age.
async fn forget_unread(app: &CaptureApp, tx: &Tx, withdrawn: &[(Waiting, Vec<String>)]) -> Result<(), DbErr> {
    const NEWEST: u64 = 1000;
    let mut by_source: HashMap<Uuid, (&source::Model, HashSet<&str>)> = HashMap::new();
    for (waiting, ids) in withdrawn {
        let (_, known) = by_source
            .entry(waiting.source.id)
            .or_insert_with(|| (&waiting.source, HashSet::new()));
        known.extend(ids.iter().map(String::as_str));
    }
    for (source, ids) in by_source.into_values() {
        let sizes: Vec<(Uuid, i64)> = push::Entity::within(source.organisation_id)
            .filter(push::Column::SourceId.eq(source.id))
            .filter(push::Column::State.eq(push::State::Quarantined))
            .select_only()
            .columns([push::Column::Id, push::Column::Bytes])
            .order_by_desc(push::Column::Id)
            .limit(NEWEST)
            .into_tuple()
            .all(tx)
            .await?;
        let mut room = HELD;
        let fits = sizes.into_iter().take_while(|(_, bytes)| {
            room -= bytes;
            room >= 0
        });
        let unread = push::Entity::named(source.organisation_id, push::Column::Id, fits.map(|(id, _)| id))
            .all(tx)
            .await?;
        let is_withdrawn = |push: &push::Model| {
            let named = named_by(app, source, push);
            !named.is_empty() && named.iter().all(|id| ids.contains(id.as_str()))
        };
        let gone = unread.iter().filter(|push| is_withdrawn(push));
        inbox::delete(tx, gone.map(|push| push.id).collect()).await?;
    }
    Ok(())
}

/// The ids that a push names, as far as they can be read.
fn named_by(app: &CaptureApp, source: &source::Model, push: &push::Model) -> Vec<String> {
    let named = || {
        let tool = Tool::find(&source.kind)?.with(&source.settings).ok()?;
        let body = inbox::open(&app.secrets, push).ok()?;
        tool.ids(&tool.payload(&body.content_type, &body.bytes).ok()?)
    };
    named().unwrap_or_default()
}

/// A comment that nobody reads.
fn wordless(waiting: &Waiting, id: &str) -> Draft {
    Draft {
        external_id: Some(id.to_owned()),
        ..Draft::new(&waiting.source, waiting.push.received_at)
    }
}
