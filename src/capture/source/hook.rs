//! The address to which a tool pushes: made for one source, shown once, kept as a hash. Who has it may push.
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use entity::{hook, push, push_comment, source};
use rand::RngCore;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

use super::{
    NewSource, SourceError, record, secrets,
    tool::{SecretsFrom, Tool, signature::Signature},
};
use crate::{
    access::audit,
    platform::{db::Tx, secret::Secrets},
};

/// For how many days pushes are kept unless somebody says otherwise.
pub const KEPT_DAYS: i32 = 30;
const LONGEST_KEPT_DAYS: i32 = 365;
const ADDRESS_BYTES: usize = 24;

/// A source to which a tool is to push.
#[derive(Clone, Debug)]
pub struct NewHook {
    pub plain: NewSource,
    /// What differs from the tool's file.
    pub settings: Value,
    /// One a line; empty where the tool signs nothing.
    pub secrets: secrecy::SecretString,
    pub retention_days: i32,
}

/// What there is to say of a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookHealth {
    pub last_push_at: Option<DateTime<Utc>>,
    /// Pushes that are kept, and their bytes.
    pub pushes: i64,
    pub bytes: i64,
    pub waiting: u64,
    pub quarantined: u64,
    pub refused: i64,
    pub refused_at: Option<DateTime<Utc>>,
    pub retention_days: i32,
    /// It must sign, and no secret was entered yet.
    pub lacks_secret: bool,
    /// Why the last push that was counted was refused; only after [`diagnose`].
    pub refused_why: Option<String>,
    /// Pushes come and are read, and none brought a comment; only after [`diagnose`].
    pub says_nothing: bool,
}

/// Makes a source with an address; the secret part of it is returned this once.
pub async fn create(
    tx: &Tx,
    sealing: &Secrets,
    organisation: Uuid,
    new: NewHook,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(source::Model, String), SourceError> {
    let tool = Tool::find(&new.plain.kind).ok_or_else(|| invalid("kind", "is no tool that pushes"))?;
    check(tool, &new)?;
    let mut source = super::insert(tx, organisation, new.plain, new.settings, actor, now).await?;
    if !secrets::lines(&new.secrets).is_empty() {
        source = keep_secrets(tx, sealing, &source, &new.secrets, now).await?;
    }
    let address = new_address();
    hook::ActiveModel {
        source_id: Set(source.id),
        organisation_id: Set(organisation),
        address_hash: Set(crate::platform::secret::hash(&address)),
        made_at: Set(now),
        pushes: Set(0),
        bytes: Set(0),
        last_push_at: Set(None),
        refused: Set(0),
        refused_at: Set(None),
        retention_days: Set(new.retention_days),
    }
    .insert(tx)
    .await?;
    Ok((source, address))
}

fn check(tool: &Tool, new: &NewHook) -> Result<(), SourceError> {
    let tool = tool
        .with(&new.settings)
        .map_err(|error| invalid("settings", &error))?;
    check_secrets(&tool, &new.secrets)?;
    check_retention(new.retention_days)
}

fn check_retention(days: i32) -> Result<(), SourceError> {
    match (1..=LONGEST_KEPT_DAYS).contains(&days) {
        true => Ok(()),
        false => Err(invalid(
            "retention_days",
            &format!("give 1 to {LONGEST_KEPT_DAYS} days"),
        )),
    }
}

/// As many secrets as the tool has. None where it can do without, or shows them only once it has the address: until they
/// are entered its pushes are refused.
pub(super) fn check_secrets(tool: &Tool, given: &secrecy::SecretString) -> Result<(), SourceError> {
    let (found, wanted) = (secrets::lines(given).len(), tool.secrets.len());
    let can_do_without =
        found == 0 && (tool.works_without_secrets() || tool.secrets_from != SecretsFrom::Here);
    if found == wanted && found > 0 && !tool.signature.takes(&secrets::lines(given)) {
        return Err(invalid(
            "secrets",
            "this is no key that the tool signs with: copy the whole secret, with what stands in front of it",
        ));
    }
    if found == wanted || can_do_without {
        return Ok(());
    }
    let message = match wanted {
        0 => "this tool signs nothing; give none".to_owned(),
        _ => format!("give {wanted}, one a line: {}", tool.secrets.join(", ")),
    };
    Err(invalid("secrets", &message))
}

/// Encrypts other secrets for a source.
pub(in crate::capture) async fn keep_secrets(
    tx: &Tx,
    sealing: &Secrets,
    source: &source::Model,
    given: &secrecy::SecretString,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    let lines = secrets::lines(given).join("\n").into();
    let sealed = secrets::seal(sealing, source.organisation_id, source.id, &lines)?;
    let mut row: source::ActiveModel = source.clone().into();
    row.sealed = Set(Some(sealed));
    row.sealed_at = Set(Some(now));
    Ok(row.update(tx).await?)
}

fn new_address() -> String {
    URL_SAFE_NO_PAD.encode(random::<ADDRESS_BYTES>())
}

/// Secrets to be entered at a tool that takes ours, one a line; none where the tool makes them, or signs nothing.
#[must_use]
pub fn new_secrets(tool: &Tool) -> Option<secrecy::SecretString> {
    const BYTES: usize = 32;
    if tool.secrets.is_empty() || tool.secrets_from != SecretsFrom::Here {
        return None;
    }
    let secret = || match &tool.signature {
        Signature::StandardWebhooks => format!("whsec_{}", STANDARD.encode(random::<BYTES>())),
        _ => URL_SAFE_NO_PAD.encode(random::<BYTES>()),
    };
    let lines: Vec<String> = tool.secrets.iter().map(|_| secret()).collect();
    Some(lines.join("\n").into())
}

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut random = [0_u8; BYTES];
    rand::rng().fill_bytes(&mut random);
    random
}

fn invalid(field: &'static str, message: &str) -> SourceError {
    SourceError::Invalid {
        field,
        message: message.to_owned(),
    }
}

/// Another address in place of the one there is, which is told this once and replaces the old one at once.
pub async fn renew(
    tx: &Tx,
    source: &source::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<String, SourceError> {
    let address = new_address();
    let renewed = hook::Entity::update_many()
        .col_expr(
            hook::Column::AddressHash,
            Expr::value(crate::platform::secret::hash(&address)),
        )
        .col_expr(hook::Column::MadeAt, Expr::value(now))
        .filter(hook::Column::SourceId.eq(source.id))
        .exec(tx)
        .await?;
    if renewed.rows_affected == 0 {
        return Err(invalid("kind", "nothing is pushed to this source"));
    }
    record(tx, source, "renew_address", actor, now).await?;
    Ok(address)
}

/// The hook with an address, and its source; also of one that was removed.
pub async fn by_address(
    connection: &impl ConnectionTrait,
    address: &str,
) -> Result<Option<(hook::Model, source::Model)>, DbErr> {
    let hook = hook::Entity::find()
        .filter(hook::Column::AddressHash.eq(crate::platform::secret::hash(address)))
        .one(connection)
        .await?;
    let Some(hook) = hook else { return Ok(None) };
    let source = source::Entity::within(hook.organisation_id)
        .filter(source::Column::Id.eq(hook.source_id))
        .one(connection)
        .await?;
    Ok(source.map(|source| (hook, source)))
}

/// Counts pushes that were refused, with one line in the audit log for all of them.
pub async fn note_refused(
    tx: &Tx,
    source: &source::Model,
    count: u64,
    why: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let more = i64::try_from(count).unwrap_or(i64::MAX);
    hook::Entity::update_many()
        .col_expr(hook::Column::Refused, Expr::col(hook::Column::Refused).add(more))
        .col_expr(hook::Column::RefusedAt, Expr::value(now))
        .filter(hook::Column::SourceId.eq(source.id))
        .exec(tx)
        .await?;
    let entry = audit::Entry {
        organisation: source.organisation_id,
        at: now,
        actor: "stranger",
        action: "refuse_push",
        subject_kind: "source",
        subject_id: Some(source.id.to_string()),
        detail: json!({ "count": count, "why": why }),
    };
    audit::record(tx, entry).await
}

/// How the hooks among an organisation's sources are doing, in two queries however many they are.
pub async fn healths(
    connection: &impl ConnectionTrait,
    sources: &[source::Model],
) -> Result<HashMap<Uuid, HookHealth>, DbErr> {
    let pushed: Vec<&source::Model> = sources
        .iter()
        .filter(|source| Tool::find(&source.kind).is_some())
        .collect();
    let Some(first) = pushed.first() else {
        return Ok(HashMap::new());
    };
    let (organisation, ids) = (first.organisation_id, pushed.iter().map(|source| source.id));
    let hooks = hook::Entity::named(organisation, hook::Column::SourceId, ids.clone())
        .all(connection)
        .await?;
    let mut healths: HashMap<Uuid, HookHealth> =
        hooks.iter().map(|hook| (hook.source_id, health(hook))).collect();
    for source in &pushed {
        if let Some(health) = healths.get_mut(&source.id) {
            health.lacks_secret = lacks_secret(source);
        }
    }
    let counts: Vec<(Uuid, push::State, i64)> =
        push::Entity::named(organisation, push::Column::SourceId, ids)
            .filter(push::Column::State.ne(push::State::Read))
            .select_only()
            .column(push::Column::SourceId)
            .column(push::Column::State)
            .column_as(push::Column::Id.count(), "n")
            .group_by(push::Column::SourceId)
            .group_by(push::Column::State)
            .into_tuple()
            .all(connection)
            .await?;
    for (source, state, n) in counts {
        let n = u64::try_from(n).unwrap_or_default();
        if let Some(health) = healths.get_mut(&source) {
            match state {
                push::State::Waiting => health.waiting = n,
                push::State::Quarantined => health.quarantined = n,
                push::State::Read => {}
            }
        }
    }
    Ok(healths)
}

fn lacks_secret(source: &source::Model) -> bool {
    let tool = Tool::find(&source.kind).and_then(|tool| tool.with(&source.settings).ok());
    source.sealed.is_none() && tool.is_some_and(|tool| !tool.works_without_secrets())
}

/// Looks closer at one source, so that [`trouble`] can say more of it.
pub async fn diagnose(
    connection: &impl ConnectionTrait,
    source: &source::Model,
    health: &mut HookHealth,
) -> Result<(), DbErr> {
    if health.refused > 0 {
        health.refused_why = last_refusal(connection, source).await?;
    }
    let pushes = push::Entity::within(source.organisation_id)
        .select_only()
        .column(push::Column::Id)
        .filter(push::Column::SourceId.eq(source.id))
        .into_query();
    let comment = push_comment::Entity::within(source.organisation_id)
        .filter(push_comment::Column::PushId.in_subquery(pushes))
        .one(connection)
        .await?;
    let are_read = health.waiting == 0 && health.quarantined == 0;
    health.says_nothing = comment.is_none() && health.pushes > 0 && are_read;
    Ok(())
}

async fn last_refusal(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Option<String>, DbErr> {
    let line = entity::audit::Entity::within(source.organisation_id)
        .filter(entity::audit::Column::Action.eq("refuse_push"))
        .filter(entity::audit::Column::SubjectId.eq(source.id.to_string()))
        .order_by_desc(entity::audit::Column::Id)
        .one(connection)
        .await?;
    let why = line.and_then(|line| line.detail.get("why")?.as_str().map(str::to_owned));
    Ok(why)
}

fn health(hook: &hook::Model) -> HookHealth {
    HookHealth {
        lacks_secret: false,
        refused_why: None,
        says_nothing: false,
        last_push_at: hook.last_push_at,
        pushes: hook.pushes,
        bytes: hook.bytes,
        waiting: 0,
        quarantined: 0,
        refused: hook.refused,
        refused_at: hook.refused_at,
        retention_days: hook.retention_days,
    }
}

/// What is to change about a hook; what is empty stays.
#[derive(Clone, Debug, Default)]
pub struct HookPatch {
    pub settings: Option<Value>,
    pub secrets: Option<secrecy::SecretString>,
    pub retention_days: Option<i32>,
}

/// Changes a hook. Pushes that could not be read are read again by [`inbox::replay`] once somebody says so.
pub async fn update(
    tx: &Tx,
    sealing: &Secrets,
    source: &source::Model,
    patch: HookPatch,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    let tool = Tool::find(&source.kind).ok_or_else(|| invalid("hook", "nothing is pushed to this source"))?;
    let settings = patch.settings.unwrap_or_else(|| source.settings.clone());
    let set = tool
        .with(&settings)
        .map_err(|error| invalid("settings", &error))?;
    let mut changed = source.clone();
    if let Some(given) = &patch.secrets {
        if secrets::lines(given).is_empty() && !set.secrets.is_empty() {
            return Err(invalid(
                "secrets",
                "give other ones; those there are cannot be taken away",
            ));
        }
        check_secrets(&set, given)?;
        changed = keep_secrets(tx, sealing, source, given, now).await?;
    }
    if settings != source.settings {
        let mut row: source::ActiveModel = changed.into();
        row.settings = Set(settings);
        changed = row.update(tx).await?;
    }
    if let Some(days) = patch.retention_days {
        check_retention(days)?;
        hook::Entity::update_many()
            .col_expr(hook::Column::RetentionDays, Expr::value(days))
            .filter(hook::Column::SourceId.eq(source.id))
            .exec(tx)
            .await?;
    }
    record(tx, &changed, "update_hook", actor, now).await?;
    Ok(changed)
}

/// What is wrong with a source to which nothing can be pushed as it should, in words; none where pushes come and are
/// read.
#[must_use]
pub fn trouble(health: &HookHealth) -> Option<String> {
    if health.lacks_secret {
        return Some(
            "the secret is missing: enter the one that the tool shows; until then every push is refused"
                .to_owned(),
        );
    }
    if health.quarantined > 0 {
        return Some(format!(
            "{} pushes cannot be read; see the quarantine for why, correct the mapping, and read them again",
            health.quarantined
        ));
    }
    if health.refused > 0 && health.refused_at > health.last_push_at {
        return Some(refused(health));
    }
    if health.last_push_at.is_none() {
        let nothing = "nothing was pushed yet: enter the address there, and let the tool send a test";
        return Some(nothing.to_owned());
    }
    let nothing_said = "pushes come and are rightly signed, but none brought a comment: see that the tool sends answers \
                        with words, and that `text` says where they stand";
    health.says_nothing.then(|| nothing_said.to_owned())
}

fn refused(health: &HookHealth) -> String {
    let why = match &health.refused_why {
        Some(why) => format!(": {why}"),
        None => String::new(),
    };
    format!(
        "{} pushes were refused, the last one after the last that was taken{why}; compare the secret here with the one there, \
         and the clocks",
        health.refused
    )
}
