//! Links to wallboards: unguessable, shown once, kept as a hash, over on a day or when they are taken back.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::wall_link;
use rand::RngCore;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::audit,
    ledger::{
        feed::{self, Audience, Shown},
        scope::Scope,
    },
    platform::{
        db::{Db, Tx},
        secret,
    },
};

/// For how many days a link may be made.
pub const DAYS: [i64; 3] = [30, 90, 365];
/// How far back a wallboard goes.
pub const SHOWN_FOR: TimeDelta = TimeDelta::days(30);
/// Thank-yous that it shows.
pub const MOST: u64 = 50;
/// Links of one site or team that are listed.
const LISTED: u64 = 200;
/// `last_used_at` is written at most this often.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::hours(1);

/// A link to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewLink<'a> {
    /// Whose.
    pub organisation: Uuid,
    /// A site or a team.
    pub scope: Scope,
    /// What it is called.
    pub name: &'a str,
    /// How many days it works.
    pub days: i64,
    /// Who makes it.
    pub actor: &'a str,
}

/// Makes a link; its token is returned once and kept nowhere.
pub async fn make(tx: &Tx, new: NewLink<'_>, now: DateTime<Utc>) -> Result<String, DbErr> {
    let mut random = [0_u8; 32];
    rand::rng().fill_bytes(&mut random);
    let token = URL_SAFE_NO_PAD.encode(random);
    let (site, manager) = columns(new.scope);
    let link = wall_link::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(new.organisation),
        site_id: Set(site),
        manager_id: Set(manager),
        name: Set(new.name.to_owned()),
        token_hash: Set(secret::hash(&token)),
        created_by: Set(new.actor.to_owned()),
        created_at: Set(now),
        expires_at: Set(now + TimeDelta::days(new.days)),
        last_used_at: Set(None),
        revoked_at: Set(None),
    }
    .insert(tx)
    .await?;
    record(tx, &link, new.actor, "create_wall_link", now).await?;
    Ok(token)
}

fn columns(scope: Scope) -> (Option<Uuid>, Option<Uuid>) {
    match scope {
        Scope::Site(site) => (Some(site), None),
        Scope::Team(manager) => (None, Some(manager)),
        Scope::Person(_) | Scope::Organisation => (None, None),
    }
}

/// What a link shows.
#[must_use]
pub fn scope(link: &wall_link::Model) -> Option<Scope> {
    let site = link.site_id.map(Scope::Site);
    site.or_else(|| link.manager_id.map(Scope::Team))
}

async fn record(
    tx: &Tx,
    link: &wall_link::Model,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: link.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "wall_link",
        subject_id: Some(link.id.to_string()),
        detail: json!({ "site": link.site_id, "manager": link.manager_id, "until": link.expires_at }),
    };
    audit::record(tx, entry).await
}

/// The links of a site or a team, newest first, those that are over included.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    scope: Scope,
) -> Result<Vec<wall_link::Model>, DbErr> {
    use wall_link::Column;
    let links = wall_link::Entity::within(organisation);
    let links = match scope {
        Scope::Site(site) => links.filter(Column::SiteId.eq(site)),
        Scope::Team(manager) => links.filter(Column::ManagerId.eq(manager)),
        Scope::Person(_) | Scope::Organisation => return Ok(Vec::new()),
    };
    links
        .order_by_desc(Column::Id)
        .limit(LISTED)
        .all(connection)
        .await
}

/// A link of an organisation.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<wall_link::Model>, DbErr> {
    wall_link::Entity::within(organisation)
        .filter(wall_link::Column::Id.eq(id))
        .one(connection)
        .await
}

/// The link of a token, whether it works or is over.
pub async fn of_token(
    connection: &impl ConnectionTrait,
    token: &str,
) -> Result<Option<wall_link::Model>, DbErr> {
    wall_link::Entity::find()
        .filter(wall_link::Column::TokenHash.eq(secret::hash(token)))
        .one(connection)
        .await
}

/// Whether a link works.
#[must_use]
pub fn is_open(link: &wall_link::Model, now: DateTime<Utc>) -> bool {
    link.revoked_at.is_none() && link.expires_at > now
}

/// Takes a link back; says whether it was not before.
pub async fn revoke(
    tx: &Tx,
    link: &wall_link::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let revoked = wall_link::Entity::update_many()
        .col_expr(wall_link::Column::RevokedAt, Expr::value(now))
        .filter(wall_link::Column::OrganisationId.eq(link.organisation_id))
        .filter(wall_link::Column::Id.eq(link.id))
        .filter(wall_link::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    if revoked.rows_affected == 0 {
        return Ok(false);
    }
    record(tx, link, actor, "revoke_wall_link", now).await?;
    Ok(true)
}

/// Notes that a link was used.
pub fn note_use(db: &Db, link: &wall_link::Model, now: DateTime<Utc>) {
    if link.last_used_at.is_some_and(|last| now - last < USE_NOTED_EVERY) {
        return;
    }
    let id = link.id;
    db.note(move |db| async move {
        let tx = db.write().await?;
        wall_link::Entity::update_many()
            .col_expr(wall_link::Column::LastUsedAt, Expr::value(now))
            .filter(wall_link::Column::Id.eq(id))
            .exec(&tx)
            .await?;
        tx.commit().await
    });
}

/// What a link shows, newest first.
pub async fn shown(
    connection: &impl ConnectionTrait,
    link: &wall_link::Model,
    now: DateTime<Utc>,
) -> Result<Vec<Shown>, DbErr> {
    match scope(link) {
        Some(scope) => {
            let for_whom = (scope, audience(now));
            feed::feed(connection, link.organisation_id, for_whom, None, MOST).await
        }
        None => Ok(Vec::new()),
    }
}

/// The same without what it says: another answer means another board.
pub async fn marks(
    connection: &impl ConnectionTrait,
    link: &wall_link::Model,
    now: DateTime<Utc>,
) -> Result<Vec<(Uuid, i32)>, DbErr> {
    match scope(link) {
        Some(scope) => feed::marks(connection, link.organisation_id, (scope, audience(now)), MOST).await,
        None => Ok(Vec::new()),
    }
}

fn audience(now: DateTime<Utc>) -> Audience {
    Audience::Anybody {
        since: now - SHOWN_FOR,
    }
}
