//! What signs somebody in once: links by mail, codes from a manager, first links from the command line.
//!
//! Tokens and codes follow from the row's id and the installation's key, so that a repeated mail carries the same link
//! and a code can be shown again; what is kept are hashes. A code is short, so its hash is keyed.
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    account,
    sign_in_link::{self, Kind},
    staff_member,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, Func, IntoColumnRef},
};
use uuid::Uuid;

use super::{account as accounts, audit, company, person};
use crate::platform::{
    calendar,
    db::Tx,
    job::{self, Job},
    secret::{self, Secrets},
};

/// How long a link by mail works.
pub const LINK_WORKS: TimeDelta = TimeDelta::minutes(15);
/// How long a code works, and a first link.
pub const CODE_WORKS: TimeDelta = TimeDelta::days(7);
/// 50 bits: with the budget of `web::limit` a week of guessing finds one of 500 open codes once in 370,000 weeks.
const CODE_LENGTH: usize = 10;
/// Links by mail that may be open for one account: whoever asks again has them in their mail.
const OPEN_LINKS: u64 = 3;
/// Accounts of one statement.
const CHUNK: usize = 1000;
/// People of an organisation of whom one address may be.
const MOST_ACCOUNTS: usize = 5;

/// A link to make.
#[derive(Clone, Debug)]
pub struct NewLink<'a> {
    /// How it gets there.
    pub kind: Kind,
    /// Code of the language its mail speaks.
    pub language: Option<&'a str>,
    /// The page that was asked for.
    pub path: Option<&'a str>,
    /// Who makes it, as the audit log names them.
    pub actor: &'a str,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Makes a link for every account of an address that may sign in, with the jobs that mail them. Nothing happens where
/// the address is unknown (`false`), and nothing more where enough links are open already.
pub async fn request(tx: &Tx, secrets: &Secrets, address: &str, new: &NewLink<'_>) -> Result<bool, DbErr> {
    let accounts = accounts_at(tx, address, new.now).await?;
    for account in &accounts {
        send(tx, secrets, account, new).await?;
    }
    Ok(!accounts.is_empty())
}

/// Makes a link for one account, with the job that mails it, unless enough are open.
pub async fn send(
    tx: &Tx,
    secrets: &Secrets,
    account: &account::Model,
    new: &NewLink<'_>,
) -> Result<(), DbErr> {
    if !company::may_use_mail(tx, account, new.now).await? {
        return Ok(());
    }
    let open = of_account(account)
        .filter(sign_in_link::Column::Kind.eq(Kind::Mail))
        .filter(usable(new.now));
    if open.count(tx).await? >= OPEN_LINKS {
        return Ok(());
    }
    let link = make(tx, secrets, account, new).await?;
    job::enqueue(
        tx,
        account.organisation_id,
        Job::SignIn { link: link.id },
        new.now,
    )
    .await
}

/// Makes a link for an account; with [`token`] or [`code`] it can be handed over.
pub async fn make(
    tx: &Tx,
    secrets: &Secrets,
    account: &account::Model,
    new: &NewLink<'_>,
) -> Result<sign_in_link::Model, DbErr> {
    let id = Uuid::now_v7();
    let (works, hash) = match new.kind {
        Kind::Mail => (LINK_WORKS, secret::hash(&token(secrets, id))),
        Kind::Invite | Kind::Link => (CODE_WORKS, secret::hash(&token(secrets, id))),
        Kind::Join => (CODE_WORKS, secrets.fingerprint(code(secrets, id))),
    };
    let made = sign_in_link::ActiveModel {
        id: Set(id),
        organisation_id: Set(account.organisation_id),
        account_id: Set(account.id),
        kind: Set(new.kind),
        token_hash: Set(hash),
        language: Set(new.language.map(str::to_owned)),
        path: Set(new.path.map(str::to_owned)),
        created_by: Set(new.actor.to_owned()),
        created_at: Set(new.now),
        expires_at: Set(new.now + works),
        used_at: Set(None),
        revoked_at: Set(None),
    }
    .insert(tx)
    .await?;
    if new.kind != Kind::Mail {
        let entry = entry(&made, new.actor, "create_sign_in_link", new.now);
        audit::record(tx, entry).await?;
    }
    Ok(made)
}

/// The token of a link.
#[must_use]
pub fn token(secrets: &Secrets, link: Uuid) -> String {
    secrets.token("sign_in", link)
}

/// The code of a link: ten letters and digits that are not mistaken for each other (Crockford's base 32).
#[must_use]
pub fn code(secrets: &Secrets, link: Uuid) -> String {
    let digest = secret::hash(&secrets.token("join", link));
    digest
        .iter()
        .take(CODE_LENGTH)
        .map(|byte| letter(*byte))
        .collect()
}

/// The letter of five bits of a random byte.
pub(super) fn letter(byte: u8) -> char {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    LETTERS
        .get(usize::from(byte % 32))
        .map_or('0', |letter| char::from(*letter))
}

/// A code as it was typed, as it was meant: case, blanks and hyphens aside, O is 0 and I and L are 1.
#[must_use]
pub fn tidied_code(typed: &str) -> String {
    let meant = |letter: char| match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .map(meant)
        .collect()
}

/// What a link or code opens, while it can be used; links are by mail or from the command line, codes by hand. What links
/// with a provider signs nobody in by itself.
pub async fn find(
    connection: &impl ConnectionTrait,
    hash: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Option<(sign_in_link::Model, account::Model)>, DbErr> {
    let signs_in = Condition::all().add(sign_in_link::Column::Kind.ne(Kind::Link));
    found(connection, hash, signs_in, now).await
}

/// What a link opens that links an account with a provider.
pub(crate) async fn find_to_link(
    connection: &impl ConnectionTrait,
    hash: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Option<(sign_in_link::Model, account::Model)>, DbErr> {
    let links = Condition::all().add(sign_in_link::Column::Kind.eq(Kind::Link));
    found(connection, hash, links, now).await
}

/// The same by its id.
pub(crate) async fn to_link_by_id(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<(sign_in_link::Model, account::Model)>, DbErr> {
    let link = sign_in_link::Entity::within(organisation)
        .filter(sign_in_link::Column::Id.eq(id))
        .filter(sign_in_link::Column::Kind.eq(Kind::Link))
        .filter(usable(now))
        .one(connection)
        .await?;
    let Some(link) = link else { return Ok(None) };
    let account = accounts::by_id(connection, organisation, link.account_id).await?;
    Ok(account.map(|account| (link, account)))
}

async fn found(
    connection: &impl ConnectionTrait,
    hash: Vec<u8>,
    kind: Condition,
    now: DateTime<Utc>,
) -> Result<Option<(sign_in_link::Model, account::Model)>, DbErr> {
    let found = sign_in_link::Entity::find()
        .filter(sign_in_link::Column::TokenHash.eq(hash))
        .filter(kind)
        .filter(usable(now))
        .one(connection)
        .await?;
    let Some(link) = found else { return Ok(None) };
    let account = accounts::by_id(connection, link.organisation_id, link.account_id).await?;
    Ok(account.map(|account| (link, account)))
}

/// Uses a link up; `false` where somebody was quicker.
pub async fn take(tx: &Tx, link: Uuid, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let used = sign_in_link::Entity::update_many()
        .col_expr(sign_in_link::Column::UsedAt, Expr::value(now))
        .filter(sign_in_link::Column::Id.eq(link))
        .filter(usable(now))
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}

/// The code that is open for an account, the newest if there are several.
pub async fn open_code(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<Option<sign_in_link::Model>, DbErr> {
    of_account(account)
        .filter(sign_in_link::Column::Kind.eq(Kind::Join))
        .filter(usable(now))
        .order_by_desc(sign_in_link::Column::Id)
        .one(connection)
        .await
}

/// Takes back what is open for accounts: links, codes and invitations.
pub async fn revoke(
    tx: &Tx,
    organisation: Uuid,
    accounts: &[Uuid],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for chunk in accounts.chunks(CHUNK) {
        let open = sign_in_link::Entity::named(
            organisation,
            sign_in_link::Column::AccountId,
            chunk.iter().copied(),
        )
        .filter(usable(now));
        let open = open.all(tx).await?;
        sign_in_link::Entity::update_many()
            .col_expr(sign_in_link::Column::RevokedAt, Expr::value(now))
            .filter(sign_in_link::Column::Id.is_in(open.iter().map(|link| link.id)))
            .exec(tx)
            .await?;
        let entries = open
            .iter()
            .map(|link| entry(link, actor, "revoke_sign_in_link", now));
        audit::record_all(tx, entries).await?;
    }
    Ok(())
}

/// The newest invitation that is open for an account: what signs them in, or links them with the company.
pub async fn open_invitation(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<Option<sign_in_link::Model>, DbErr> {
    of_account(account)
        .filter(sign_in_link::Column::Kind.is_in([Kind::Invite, Kind::Link]))
        .filter(usable(now))
        .order_by_desc(sign_in_link::Column::Id)
        .one(connection)
        .await
}

/// Invitations of the organisation that are open.
pub async fn open_invitations(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<sign_in_link::Model>, DbErr> {
    sign_in_link::Entity::within(organisation)
        .filter(sign_in_link::Column::Kind.is_in([Kind::Invite, Kind::Link]))
        .filter(usable(now))
        .all(connection)
        .await
}

fn usable(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(sign_in_link::Column::UsedAt.is_null())
        .add(sign_in_link::Column::RevokedAt.is_null())
        .add(sign_in_link::Column::ExpiresAt.gt(now))
}

fn of_account(account: &account::Model) -> sea_orm::Select<sign_in_link::Entity> {
    sign_in_link::Entity::within(account.organisation_id)
        .filter(sign_in_link::Column::AccountId.eq(account.id))
}

/// Accounts that are told at an address and may sign in. Staff members who have none get theirs now.
pub(crate) async fn accounts_at(
    tx: &Tx,
    address: &str,
    now: DateTime<Utc>,
) -> Result<Vec<account::Model>, DbErr> {
    let typed = address.trim().to_lowercase();
    let mut found = accounts_with(&typed).all(tx).await?;
    let staff = staff_with(&typed)
        .order_by_asc(staff_member::Column::Id)
        .all(tx)
        .await?;
    let mut of_organisation: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for one in staff {
        let theirs = of_organisation.entry(one.organisation_id).or_default();
        // Whoever fills one organisation with an address keeps nobody of another from signing in.
        if theirs.len() < MOST_ACCOUNTS {
            theirs.push(one.id);
        }
    }
    for (organisation, staff) in of_organisation {
        let made = accounts::of_staff(tx, organisation, &staff, now).await?;
        found.extend(made.into_values().filter(|account| account.email.is_none()));
    }
    found.sort_by_key(|account| account.id);
    found.dedup_by_key(|account| account.id);
    let mut admitted: Vec<account::Model> = Vec::new();
    for account in found {
        if may_sign_in(tx, &account, now).await? {
            admitted.push(account);
        }
    }
    let mut counted: HashMap<Uuid, usize> = HashMap::new();
    admitted.retain(|account| {
        let count = counted.entry(account.organisation_id).or_default();
        *count += 1;
        *count <= MOST_ACCOUNTS
    });
    Ok(admitted)
}

/// Whether somebody may sign in at all: their account is open, they did not leave long ago, and the company's directory did
/// not end them.
pub(crate) async fn may_sign_in(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    Ok(account.closed_at.is_none() && !is_gone(connection, account, now).await?)
}

/// Whether anybody has an address, on a roster or as their own. Strangers ask this of the connections that read.
pub async fn is_anybodys(connection: &impl ConnectionTrait, address: &str) -> Result<bool, DbErr> {
    let typed = address.trim().to_lowercase();
    let is_account_s = accounts_with(&typed).limit(1).count(connection).await? > 0;
    Ok(is_account_s || staff_with(&typed).limit(1).count(connection).await? > 0)
}

fn accounts_with(typed: &str) -> sea_orm::Select<account::Entity> {
    account::Entity::find().filter(is_written(account::Column::Email, typed))
}

fn staff_with(typed: &str) -> sea_orm::Select<staff_member::Entity> {
    staff_member::Entity::find().filter(is_written(staff_member::Column::Email, typed))
}

fn is_written(column: impl IntoColumnRef, typed: &str) -> Expr {
    Expr::expr(Func::lower(Expr::col(column))).eq(typed)
}

async fn is_gone(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let staff = person::on_roster(connection, account).await?;
    let today = calendar::today(connection, account.organisation_id, now).await?;
    let is_long_gone = staff.as_ref().is_some_and(|one| person::is_long_gone(one, today));
    Ok(is_long_gone || person::is_shut_out(connection, staff.as_ref()).await?)
}

fn entry<'a>(
    link: &sign_in_link::Model,
    actor: &'a str,
    action: &'a str,
    now: DateTime<Utc>,
) -> audit::Entry<'a> {
    let kind = match link.kind {
        Kind::Mail => "mail",
        Kind::Join => "join",
        Kind::Invite => "invite",
        Kind::Link => "link",
    };
    audit::Entry {
        organisation: link.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "account",
        subject_id: Some(link.account_id.to_string()),
        detail: serde_json::json!({ "kind": kind, "link": link.id }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Config;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        assert_eq!(tidied_code(" k7qw-3m2x "), "K7QW3M2X");
        assert_eq!(tidied_code("oil0 1234"), "01101234");
    }

    #[test]
    fn a_code_has_ten_letters_and_is_the_same_again() {
        let secrets = Secrets::load(&Config::from_toml("").unwrap()).unwrap();
        let link = Uuid::now_v7();
        let first = code(&secrets, link);
        assert_eq!(first.len(), 10);
        assert_eq!(first, tidied_code(&first));
        assert_eq!(first, code(&secrets, link));
        assert_ne!(first, code(&secrets, Uuid::now_v7()));
    }
}
