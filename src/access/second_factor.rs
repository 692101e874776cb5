//! The second factor of whoever holds a role: codes of an app (TOTP, RFC 6238), and recovery codes for the day on which the
//! app is lost.
//!
//! The secret is sealed, and shown only until a first code proves that the app has it. Recovery codes have 80 bits and are
//! kept as hashes. A code is taken once, with the account locked; wrong ones are counted in the row, so that all replicas
//! count together.
use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    account, alert::Kind, recovery_code, second_factor, second_factor_policy, session, sign_on_link,
    sign_on_session,
};
use rand::RngCore;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::{account as accounts, alert, audit, company, half_session, role, session as sessions};
use crate::platform::{
    db::Tx,
    lock,
    secret::{self, SealError, Secrets},
};

/// Recovery codes that are made at once.
const RECOVERY_CODES: usize = 10;
/// 80 bits: no list of hashes tells them.
const RECOVERY_LENGTH: usize = 16;
/// 160 bits, as RFC 4226 recommends.
const SECRET_LENGTH: usize = 20;
/// Wrong codes in a row after which one waits.
const TRIES: i32 = 5;
/// How long one waits the first time; each further time it is twice as long.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(15);
/// The longest that one waits: so a year of guessing finds one account's code once in 180 years.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(1);

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The account has none.
    #[error("this account has no second factor")]
    NotThere,
    /// It is for holders of roles.
    #[error("a second factor is for people who hold a role")]
    NoRole,
    /// Whoever asks it of others has to have one.
    #[error("set up a second factor for yourself first, then ask it of the others")]
    NotYourself,
    /// One takes off one's own with a code.
    #[error("turn your own second factor off on your own page, with a code of it")]
    Own,
    /// The secret cannot be sealed or opened.
    #[error("the second factor cannot be used: {0}")]
    Seal(#[from] SealError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// What a code proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A code of the app.
    App,
    /// A recovery code; so many are left.
    Recovery {
        /// How many.
        left: u64,
    },
}

/// What came of a code that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is right, and used up.
    Right(Proof),
    /// It was right once: it has been taken, or an app's later one has.
    Used,
    /// It is wrong.
    Wrong,
    /// Too many were wrong: until then none is taken.
    Waits(DateTime<Utc>),
}

/// What is shown until the app has the secret.
#[derive(Clone, Debug)]
pub struct Pending {
    /// In base 32, to be typed.
    pub secret: String,
    /// The address that the QR code holds.
    pub address: String,
}

/// How an account stands.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nothing is there.
    Off,
    /// It is being set up.
    Pending(Pending),
    /// It counts.
    On {
        /// Since when.
        since: DateTime<Utc>,
        /// Recovery codes that are left.
        left: u64,
    },
}

/// How an account stands; `name` is what the app calls it, at `organisation`.
pub async fn standing(
    connection: &impl ConnectionTrait,
    secrets: &Secrets,
    account: &account::Model,
    (organisation, name): (&str, &str),
) -> Result<Standing, FactorError> {
    let Some(factor) = of(connection, account).await? else {
        return Ok(Standing::Off);
    };
    if let Some(since) = factor.confirmed_at {
        let left = codes_of(account).count(connection).await?;
        return Ok(Standing::On { since, left });
    }
    // One whose key is gone is begun anew.
    let Ok(secret) = opened(secrets, &factor) else {
        return Ok(Standing::Off);
    };
    let secret = secret.to_base32();
    Ok(Standing::Pending(Pending {
        address: address(organisation, name, &secret),
        secret,
    }))
}

/// Whether an account proves itself with a second factor.
pub async fn is_on(connection: &impl ConnectionTrait, account: &account::Model) -> Result<bool, DbErr> {
    let factor = of(connection, account).await?;
    Ok(factor.is_some_and(|factor| factor.confirmed_at.is_some()))
}

/// Since when an account has one.
pub async fn since(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let factor = of(connection, account).await?;
    Ok(factor.and_then(|factor| factor.confirmed_at))
}

/// Those of some accounts that have one.
pub async fn having(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    accounts: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>, DbErr> {
    let ids = accounts.iter().copied();
    let found = second_factor::Entity::named(organisation, second_factor::Column::AccountId, ids)
        .filter(second_factor::Column::ConfirmedAt.is_not_null())
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|factor| factor.account_id).collect())
}

/// Whether an account may have one: whoever holds a role.
pub async fn is_offered(connection: &impl ConnectionTrait, account: &account::Model) -> Result<bool, DbErr> {
    role::holds_any(connection, account).await
}

/// Makes a secret for the app; one that was being set up is forgotten.
pub async fn begin(
    tx: &Tx,
    secrets: &Secrets,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<(), FactorError> {
    lock::account(tx, account.organisation_id, account.id).await?;
    if !role::holds_any(tx, account).await? {
        return Err(FactorError::NoRole);
    }
    if is_on(tx, account).await? {
        return Ok(());
    }
    delete(tx, account).await?;
    let mut bytes = [0_u8; SECRET_LENGTH];
    rand::rng().fill_bytes(&mut bytes);
    let row = second_factor::ActiveModel {
        account_id: Set(account.id),
        organisation_id: Set(account.organisation_id),
        secret: Set(secrets.seal_bytes(&bytes, &about(account.id))?),
        created_at: Set(now),
        confirmed_at: Set(None),
        last_step: Set(None),
        wrong: Set(0),
        waits_until: Set(None),
    };
    row.insert(tx).await?;
    Ok(())
}

/// Turns it on by a first code: from now on links alone sign nobody in. The recovery codes, which are told only here; none
/// where the code is wrong. Sessions that began without it end, but for `here`.
pub async fn confirm(
    tx: &Tx,
    secrets: &Secrets,
    account: &account::Model,
    typed: &str,
    here: &session::Model,
    now: DateTime<Utc>,
) -> Result<Option<Vec<String>>, FactorError> {
    lock::account(tx, account.organisation_id, account.id).await?;
    let pending = of(tx, account)
        .await?
        .filter(|factor| factor.confirmed_at.is_none());
    let pending = pending.ok_or(FactorError::NotThere)?;
    let Some(step) = step_of(&opened(secrets, &pending)?, typed, now)? else {
        return Ok(None);
    };
    let row = second_factor::ActiveModel {
        account_id: Unchanged(account.id),
        confirmed_at: Set(Some(now)),
        last_step: Set(Some(step)),
        ..Default::default()
    };
    row.update(tx).await?;
    let actor = sessions::actor(account.id);
    let codes = new_codes(tx, account).await?;
    sessions::end_others(tx, account, here.id, &actor, now).await?;
    super::sign_in::revoke(tx, account.organisation_id, &[account.id], &actor, now).await?;
    sessions::prove(tx, here, now).await?;
    record(
        tx,
        account,
        &actor,
        "add_second_factor",
        serde_json::json!({}),
        now,
    )
    .await?;
    Ok(Some(codes))
}

/// Looks at a code of the app, or a recovery code, and uses it up where it is right.
pub async fn check(
    tx: &Tx,
    secrets: &Secrets,
    account: &account::Model,
    typed: &str,
    now: DateTime<Utc>,
) -> Result<Checked, FactorError> {
    lock::account(tx, account.organisation_id, account.id).await?;
    let factor = of(tx, account)
        .await?
        .filter(|factor| factor.confirmed_at.is_some());
    let factor = factor.ok_or(FactorError::NotThere)?;
    if let Some(until) = factor.waits_until.filter(|until| *until > now) {
        return Ok(Checked::Waits(until));
    }
    let typed = super::sign_in::tidied_code(typed);
    if typed.len() == RECOVERY_LENGTH {
        return match use_recovery_code(tx, account, &typed).await? {
            true => right_by_recovery(tx, account, &factor, now).await,
            false => wrong(tx, account, &factor, now).await,
        };
    }
    match step_of(&opened(secrets, &factor)?, &typed, now)? {
        None => wrong(tx, account, &factor, now).await,
        Some(step) if factor.last_step.is_some_and(|last| step <= last) => Ok(Checked::Used),
        Some(step) => {
            forget_wrong(tx, account, Some(step)).await?;
            note_wrong_before(tx, account, &factor, now).await?;
            Ok(Checked::Right(Proof::App))
        }
    }
}

/// Makes recovery codes in the place of those that there are.
pub async fn renew_codes(
    tx: &Tx,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<Vec<String>, FactorError> {
    if !is_on(tx, account).await? {
        return Err(FactorError::NotThere);
    }
    let codes = new_codes(tx, account).await?;
    let actor = sessions::actor(account.id);
    record(
        tx,
        account,
        &actor,
        "renew_recovery_codes",
        serde_json::json!({}),
        now,
    )
    .await?;
    Ok(codes)
}

/// Notes that somebody who is signed in proved by a code that it is they, before they change something.
pub async fn confirm_session(
    tx: &Tx,
    account: &account::Model,
    session: &session::Model,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    sessions::prove(tx, session, now).await?;
    let actor = sessions::actor(account.id);
    record(tx, account, &actor, "confirm_by_code", serde_json::json!({}), now).await
}

/// Turns it off at the wish of its owner, who has just proved themselves by it.
pub async fn turn_off(tx: &Tx, account: &account::Model, now: DateTime<Utc>) -> Result<(), FactorError> {
    delete(tx, account).await?;
    let actor = sessions::actor(account.id);
    record(
        tx,
        account,
        &actor,
        "remove_second_factor",
        serde_json::json!({}),
        now,
    )
    .await?;
    Ok(())
}

/// Takes it off an account whose owner lost the device: they are signed out everywhere, and told.
pub async fn take_off(
    tx: &Tx,
    account: &account::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), FactorError> {
    if sessions::actor(account.id) == actor {
        return Err(FactorError::Own);
    }
    lock::account(tx, account.organisation_id, account.id).await?;
    if of(tx, account).await?.is_none() {
        return Err(FactorError::NotThere);
    }
    delete(tx, account).await?;
    accounts::sign_out_everywhere(tx, account, actor, now).await?;
    alert::happened(tx, account, Kind::SecondFactorTakenOff, now).await?;
    record(
        tx,
        account,
        actor,
        "take_off_second_factor",
        serde_json::json!({}),
        now,
    )
    .await?;
    Ok(())
}

/// Forgets it with everything that belongs to it.
pub(super) async fn delete(tx: &Tx, account: &account::Model) -> Result<(), DbErr> {
    delete_codes(tx, account).await?;
    second_factor::Entity::delete_many()
        .filter(second_factor::Column::OrganisationId.eq(account.organisation_id))
        .filter(second_factor::Column::AccountId.eq(account.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether holders of roles of an organisation need one.
pub async fn is_needed(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<bool, DbErr> {
    let rule = second_factor_policy::Entity::within(organisation);
    Ok(rule.count(connection).await? > 0)
}

/// Whether an account's role waits for a second factor, however they sign in next; who comes through the company needs none.
pub(crate) async fn is_due(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<bool, DbErr> {
    let own = account.organisation_id;
    if !is_needed(connection, own).await? || is_on(connection, account).await? {
        return Ok(false);
    }
    let links = sign_on_link::Entity::within(own)
        .filter(sign_on_link::Column::AccountId.eq(account.id))
        .count(connection)
        .await?;
    Ok(links == 0)
}

/// Asks it of holders of roles, or not any more. Whoever asks it has one.
pub async fn set_needed(
    tx: &Tx,
    organisation: Uuid,
    is_needed: bool,
    asking: Option<&account::Model>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), FactorError> {
    lock::organisation(tx, organisation).await?;
    if is_needed {
        let has_one = match asking {
            Some(account) => is_on(tx, account).await?,
            None => false,
        };
        if !has_one {
            return Err(FactorError::NotYourself);
        }
    }
    second_factor_policy::Entity::delete_many()
        .filter(second_factor_policy::Column::OrganisationId.eq(organisation))
        .exec(tx)
        .await?;
    if is_needed {
        let row = second_factor_policy::ActiveModel {
            organisation_id: Set(organisation),
            created_at: Set(now),
        };
        row.insert(tx).await?;
    }
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action: "change_second_factor_policy",
        subject_kind: "organisation",
        subject_id: Some(organisation.to_string()),
        detail: serde_json::json!({ "needed": is_needed }),
    };
    Ok(audit::record(tx, entry).await?)
}

/// Whether somebody who signed in holds roles that wait until they have a second factor. What began at the company counts
/// as proved there, but for the one who is let in past it in an emergency.
pub(crate) async fn is_lacking(
    connection: &impl ConnectionTrait,
    session: &session::Model,
    account: &account::Model,
) -> Result<bool, DbErr> {
    let own = account.organisation_id;
    if !session.with_role || !is_needed(connection, own).await? || is_on(connection, account).await? {
        return Ok(false);
    }
    let begun_there = sign_on_session::Entity::within(own)
        .filter(sign_on_session::Column::SessionId.eq(session.id))
        .count(connection)
        .await?;
    Ok(begun_there == 0 || company::is_for_emergencies(connection, own, account.id).await?)
}

async fn of(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<Option<second_factor::Model>, DbErr> {
    second_factor::Entity::within(account.organisation_id)
        .filter(second_factor::Column::AccountId.eq(account.id))
        .one(connection)
        .await
}

fn codes_of(account: &account::Model) -> sea_orm::Select<recovery_code::Entity> {
    recovery_code::Entity::within(account.organisation_id)
        .filter(recovery_code::Column::AccountId.eq(account.id))
}

/// What the secret is sealed for.
fn about(account: Uuid) -> String {
    format!("second_factor/{account}")
}

fn opened(secrets: &Secrets, factor: &second_factor::Model) -> Result<Secret, FactorError> {
    let bytes = secrets.open_bytes(&factor.secret, &about(factor.account_id))?;
    let bytes: [u8; SECRET_LENGTH] = bytes.try_into().map_err(|_| SealError::Damaged)?;
    Ok(Secret::new_stack(bytes))
}

/// Six digits every thirty seconds by SHA-1, which is what every app speaks; clocks may differ by one step.
fn totp(secret: &Secret) -> Result<Totp, SealError> {
    let built = Builder::new().with_secret(secret.clone()).with_skew(1).build();
    built.map_err(|_| SealError::Damaged)
}

/// The time step of a code that is right now.
fn step_of(secret: &Secret, typed: &str, now: DateTime<Utc>) -> Result<Option<i64>, SealError> {
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let found = totp(secret)?.check(&digits, seconds);
    Ok(found.and_then(|step| i64::try_from(step).ok()))
}

fn address(organisation: &str, name: &str, secret: &str) -> String {
    let written = |text: &str| {
        // A colon parts the two names.
        let text = text.replace(':', " ");
        percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let (organisation, name) = (written(organisation), written(name));
    format!("otpauth://totp/{organisation}:{name}?secret={secret}&issuer={organisation}")
}

async fn new_codes(tx: &Tx, account: &account::Model) -> Result<Vec<String>, DbErr> {
    delete_codes(tx, account).await?;
    let codes: Vec<String> = std::iter::repeat_with(new_code).take(RECOVERY_CODES).collect();
    let rows = codes.iter().map(|code| recovery_code::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(account.organisation_id),
        account_id: Set(account.id),
        code_hash: Set(hash_of(account.id, code)),
    });
    recovery_code::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    Ok(codes.iter().map(|code| in_fours(code, "-")).collect())
}

async fn delete_codes(tx: &Tx, account: &account::Model) -> Result<(), DbErr> {
    recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::OrganisationId.eq(account.organisation_id))
        .filter(recovery_code::Column::AccountId.eq(account.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Letters and digits that are not mistaken for each other (Crockford's base 32), five bits each.
fn new_code() -> String {
    let mut random = [0_u8; RECOVERY_LENGTH];
    rand::rng().fill_bytes(&mut random);
    random.iter().map(|byte| super::sign_in::letter(*byte)).collect()
}

fn hash_of(account: Uuid, code: &str) -> Vec<u8> {
    secret::hash(&format!("recovery/{account}/{code}"))
}

/// In fours, as "K7QW-3M2X-AB4D-EF9H" with `between` them.
#[must_use]
pub fn in_fours(code: &str, between: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(between)
}

async fn use_recovery_code(tx: &Tx, account: &account::Model, code: &str) -> Result<bool, DbErr> {
    let used = recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::OrganisationId.eq(account.organisation_id))
        .filter(recovery_code::Column::AccountId.eq(account.id))
        .filter(recovery_code::Column::CodeHash.eq(hash_of(account.id, code)))
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}

async fn right_by_recovery(
    tx: &Tx,
    account: &account::Model,
    factor: &second_factor::Model,
    now: DateTime<Utc>,
) -> Result<Checked, FactorError> {
    forget_wrong(tx, account, factor.last_step).await?;
    note_wrong_before(tx, account, factor, now).await?;
    let left = codes_of(account).count(tx).await?;
    let actor = sessions::actor(account.id);
    let detail = serde_json::json!({ "left": left });
    record(tx, account, &actor, "use_recovery_code", detail, now).await?;
    alert::happened(tx, account, Kind::RecoveryCodeUsed, now).await?;
    Ok(Checked::Right(Proof::Recovery { left }))
}

async fn forget_wrong(tx: &Tx, account: &account::Model, last_step: Option<i64>) -> Result<(), DbErr> {
    let row = second_factor::ActiveModel {
        account_id: Unchanged(account.id),
        last_step: Set(last_step),
        wrong: Set(0),
        waits_until: Set(None),
        ..Default::default()
    };
    row.update(tx).await.map(|_| ())
}

/// Counts a wrong code. With the fifth in a row the account waits, its half sessions end, and its owner is told: whoever
/// got so far has opened a link out of their mail.
async fn wrong(
    tx: &Tx,
    account: &account::Model,
    factor: &second_factor::Model,
    now: DateTime<Utc>,
) -> Result<Checked, FactorError> {
    let count = factor.wrong.saturating_add(1);
    let waits_until = (count % TRIES == 0).then(|| now + wait_after(count / TRIES));
    let row = second_factor::ActiveModel {
        account_id: Unchanged(account.id),
        wrong: Set(count),
        waits_until: Set(waits_until),
        ..Default::default()
    };
    row.update(tx).await?;
    let Some(until) = waits_until else {
        return Ok(Checked::Wrong);
    };
    half_session::end_all(tx, account.organisation_id, &[account.id]).await?;
    note_wrong(tx, account, TRIES, now).await?;
    alert::happened(tx, account, Kind::WrongCodes, now).await?;
    Ok(Checked::Waits(until))
}

fn wait_after(chains: i32) -> TimeDelta {
    let doubled = 1_i32.checked_shl(u32::try_from(chains - 1).unwrap_or_default());
    let wait = doubled.and_then(|doubled| FIRST_WAIT.checked_mul(doubled));
    wait.filter(|wait| *wait > TimeDelta::zero())
        .map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

/// Wrong codes that a right one ended stand in one line, as those that ended in a wait do.
async fn note_wrong_before(
    tx: &Tx,
    account: &account::Model,
    factor: &second_factor::Model,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    match factor.wrong % TRIES {
        0 => Ok(()),
        count => note_wrong(tx, account, count, now).await,
    }
}

async fn note_wrong(tx: &Tx, account: &account::Model, count: i32, now: DateTime<Utc>) -> Result<(), DbErr> {
    let detail = serde_json::json!({ "count": count });
    record(
        tx,
        account,
        &sessions::actor(account.id),
        "refuse_second_factor",
        detail,
        now,
    )
    .await
}

async fn record(
    tx: &Tx,
    account: &account::Model,
    actor: &str,
    action: &str,
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: account.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "account",
        subject_id: Some(account.id.to_string()),
        detail,
    };
    audit::record(tx, entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appendix B of RFC 6238, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::new_stack(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            assert_eq!(step_of(&secret, code, at).unwrap(), Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn clocks_may_differ_by_one_step_and_no_more() {
        let secret = Secret::new_stack(*b"12345678901234567890");
        let step = |seconds| {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            step_of(&secret, " 081 804 ", at).unwrap()
        };
        let own = 1_111_111_109 / 30;
        for near in [-30, 0, 30] {
            assert_eq!(step(1_111_111_109 + near), Some(own), "{near}");
        }
        for far in [-60, 60] {
            assert_eq!(step(1_111_111_109 + far), None, "{far}");
        }
    }

    #[test]
    fn each_wait_is_twice_the_last_and_a_day_at_most() {
        let minutes = |chains| wait_after(chains).num_minutes();
        assert_eq!([1, 2, 3, 7, 8, 100].map(minutes), [15, 30, 60, 960, 1440, 1440]);
    }

    #[test]
    fn an_address_names_organisation_and_person_whatever_they_are_called() {
        let address = address("Tarn: & Holloway", "a@example.org", "ABC");
        assert_eq!(
            address,
            "otpauth://totp/Tarn%20%20%26%20Holloway:a%40example%2Eorg?secret=ABC&issuer=Tarn%20%20%26%20Holloway"
        );
    }
}
