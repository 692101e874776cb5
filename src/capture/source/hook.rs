//! The address to which a tool pushes: made for one source, shown once, kept as a hash. Who has it may push.
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use entity::{hook, source};
use rand::RngCore;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    QueryFilter, sea_query::Expr,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    NewSource, SourceError, backfill, fetch, record, secrets,
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

/// What is to change about a hook; what is empty stays.
#[derive(Clone, Debug, Default)]
pub struct HookPatch {
    pub settings: Option<Value>,
    pub secrets: Option<secrecy::SecretString>,
    /// Another reading key.
    pub reading_key: Option<secrecy::SecretString>,
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
        if settings.get("fetch") != source.settings.get("fetch") {
            backfill::from_the_first_page(tx, source).await?;
        }
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
    if let Some(key) = &patch.reading_key {
        fetch::key::enter(tx, sealing, &changed, key, actor, now).await?;
    }
    record(tx, &changed, "update_hook", actor, now).await?;
    Ok(changed)
}
