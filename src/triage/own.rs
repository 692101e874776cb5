//! What somebody on the staff says of themselves: that praise was not theirs, or that it was. Their word brings the
//! comment before their manager; it decides nothing by itself but that nobody is credited against their will.
use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    comment, decision,
    json::{Reason, Reasons},
    verdict,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::{
    DecisionError,
    decide::{Taken, decidable, first_verdict, record},
    settle,
};
use crate::{
    access::target::around,
    capture::{
        draft::Consent,
        read::{self, WithWords},
    },
    ledger::verdict::{self as verdicts, Decision},
    platform::db::Tx,
};

/// The person says that it was they.
pub const CLAIMED: &str = "person.claimed";
/// The person says that it was not they.
pub const NOT_ME: &str = "person.not_me";
/// Somebody who was credited says that it was this person.
pub const NAMED: &str = "person.named_by_colleague";

/// How long open praise is shown to those whom it may mean.
const SHOWN_FOR: TimeDelta = TimeDelta::days(30);
/// Read to find a few that may be shown.
const LOOKED_AT: u64 = 30;

/// Who says something of a comment and themselves.
#[derive(Clone, Copy, Debug)]
pub struct Says<'a> {
    /// Whose comment.
    pub organisation: Uuid,
    /// Which.
    pub comment: Uuid,
    /// Who.
    pub staff: Uuid,
    /// The same, as in the audit log.
    pub actor: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// "That was not me": the credit goes, and the comment back to triage; `somebody` is whom they think it was.
pub async fn not_me(
    tx: &Tx,
    says: Says<'_>,
    somebody: Option<Uuid>,
) -> Result<decision::Model, DecisionError> {
    let comment = decidable(tx, says.organisation, says.comment).await?;
    let before = verdicts::current(tx, &[comment.id]).await?;
    let own = before.iter().find(|verdict| verdict.staff_id == Some(says.staff));
    let own = own.filter(|verdict| verdict.state == verdict::State::Credited);
    let own = own.ok_or(DecisionError::NothingToDecide)?;
    let somebody = somebody.filter(|staff| *staff != says.staff);
    let mut said = vec![says.verdict(
        &comment,
        Some(own),
        Some(says.staff),
        verdict::State::Rejected,
        NOT_ME,
    )];
    let is_open = before.iter().any(|verdict| verdict.state == verdict::State::Open);
    // Somebody must look again even where nobody else comes to mind.
    if somebody.is_some() || !is_open {
        let other = before.iter().find(|verdict| verdict.staff_id == somebody);
        let is_credited = other.is_some_and(|other| other.state == verdict::State::Credited);
        if somebody.is_none() || !is_credited {
            said.push(says.verdict(&comment, other, somebody, verdict::State::Open, NAMED));
        }
    }
    says.take(tx, &comment, decision::Kind::NotMe, said).await
}

/// "I think this was me": somebody decides.
pub async fn claim(tx: &Tx, says: Says<'_>, sites: &HashSet<Uuid>) -> Result<decision::Model, DecisionError> {
    let comment = decidable(tx, says.organisation, says.comment).await?;
    let around = around(tx, says.organisation, sites).await?;
    let before = verdicts::current(tx, &[comment.id]).await?;
    let words = read::with_words(tx, vec![comment.clone()]).await?;
    let is_shown = words
        .first()
        .is_some_and(|words| may_be_shown(words, &around, says.now));
    let own = before.iter().find(|verdict| verdict.staff_id == Some(says.staff));
    if !is_shown || !may_be_about(says.staff, before.iter()) {
        return Err(DecisionError::NothingToDecide);
    }
    let said = vec![says.verdict(&comment, own, Some(says.staff), verdict::State::Open, CLAIMED)];
    says.take(tx, &comment, decision::Kind::Claim, said).await
}

/// What was said by a person of a person stands.
fn is_decided(verdict: &verdict::Model) -> bool {
    verdict.decided_by == verdict::DecidedBy::Person || verdict.state == verdict::State::Credited
}

/// Open praise that may be this person's, newest first: at their site, without complaints, and only where the customer
/// lets colleagues read it.
pub async fn perhaps(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: Uuid,
    sites: &HashSet<Uuid>,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<WithWords>, DbErr> {
    use comment::Column;
    let around = around(connection, organisation, sites).await?;
    if around.is_empty() {
        return Ok(Vec::new());
    }
    let open = comment::Entity::within(organisation)
        .filter(Column::State.eq(comment::State::Triage))
        .filter(Column::ReceivedAt.gt(now - SHOWN_FOR))
        // Said so that SQLite begins at the state: little is open, and nearly everything is praise.
        .filter(Column::Tone.ne(comment::Tone::Praise).not())
        .filter(Column::SiteId.is_in(around.iter().copied()))
        .order_by_desc(Column::ReceivedAt)
        .order_by_desc(Column::Id)
        .limit(LOOKED_AT);
    let mut found = read::with_words(connection, open.all(connection).await?).await?;
    let ids: Vec<Uuid> = found.iter().map(|(comment, _)| comment.id).collect();
    let verdicts = verdicts::current(connection, &ids).await?;
    found.retain(|one| {
        let verdicts = verdicts.iter().filter(|verdict| verdict.comment_id == one.0.id);
        may_be_shown(one, &around, now) && may_be_about(staff, verdicts)
    });
    found.truncate(limit);
    Ok(found)
}

/// Whether it can be this person whom it praises: nothing was said of them, and it names nobody else alone. What names a
/// colleague may be unkind to them, whatever it seemed to be.
fn may_be_about<'a>(staff: Uuid, verdicts: impl Iterator<Item = &'a verdict::Model>) -> bool {
    let (own, others): (Vec<_>, Vec<_>) = verdicts.partition(|verdict| verdict.staff_id == Some(staff));
    match own.first() {
        Some(own) => !is_decided(own),
        None => {
            let open = |verdict: &&&verdict::Model| {
                verdict.staff_id.is_some() && verdict.state == verdict::State::Open
            };
            others.iter().filter(open).count() != 1
        }
    }
}

fn may_be_shown((comment, words): &WithWords, around: &HashSet<Uuid>, now: DateTime<Utc>) -> bool {
    comment.state == comment::State::Triage
        && comment.tone == Some(comment::Tone::Praise)
        && comment.site_id.is_some_and(|site| around.contains(&site))
        && comment.received_at > now - SHOWN_FOR
        && words.consent != Consent::Staff.name()
        && words.text.is_some()
}

impl Says<'_> {
    fn verdict(
        &self,
        comment: &comment::Model,
        before: Option<&verdict::Model>,
        staff: Option<Uuid>,
        state: verdict::State,
        code: &str,
    ) -> Decision {
        let said = before.map_or_else(|| first_verdict(comment, staff), Decision::following);
        let mut evidence: Vec<Reason> = said.evidence.0.clone();
        evidence.push(Reason {
            code: code.to_owned(),
            value: 1.0,
            weight: 0.0,
        });
        Decision {
            state,
            revision: comment.revision,
            decided_by: verdict::DecidedBy::Person,
            actor: Some(self.actor.to_owned()),
            evidence: Reasons(evidence),
            ..said
        }
    }

    async fn take(
        &self,
        tx: &Tx,
        comment: &comment::Model,
        kind: decision::Kind,
        said: Vec<Decision>,
    ) -> Result<decision::Model, DecisionError> {
        let verdicts = verdicts::append(tx, said, self.now).await?;
        let taken = Taken {
            kind,
            verdicts,
            actor: self.actor,
            now: self.now,
            action: if kind == decision::Kind::Claim {
                "claim_praise"
            } else {
                "refuse_praise"
            },
            detail: json!({ "staff": self.staff }),
        };
        let taken = record(tx, comment, taken).await?;
        settle::settle(tx, comment, comment.words_changed, self.now).await?;
        Ok(taken)
    }
}
