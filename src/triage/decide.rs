//! A person's decision on one comment: verdicts appended, recognitions derived, all in the caller's transaction.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{comment, decision, json::Ids, staff_member, verdict};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::{DecisionError, settle};
use crate::{
    access::audit,
    attribute::{app::AttributeApp, names},
    ledger::verdict::{self as verdicts, Decision},
    platform::{db::Tx, lock},
};

/// What a person says of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It praises these people, candidates or not; what else is open is rejected.
    Credit(Vec<Uuid>),
    /// The name is not that of somebody on the staff.
    NotStaff,
    /// It praises nobody: what was credited is withdrawn as well.
    NotPraise,
    /// It praises somebody whom nobody knows.
    NobodyKnown {
        /// Whether it then counts as praise of the site.
        site_praise: bool,
    },
}

/// A decision to take.
#[derive(Clone, Debug)]
pub struct NewDecision<'a> {
    /// Whose comment.
    pub organisation: Uuid,
    /// Which.
    pub comment: Uuid,
    /// What.
    pub answer: Answer,
    /// People who were credited and should not be.
    pub take_back: Vec<Uuid>,
    /// Whether others whom somebody credited keep that: it is about those alone who are named.
    pub keeps_others: bool,
    /// Who decides, as in the audit log.
    pub actor: &'a str,
    /// Who that is on the staff, unless they may credit themselves.
    pub oneself: Option<Uuid>,
    /// When.
    pub now: DateTime<Utc>,
}

/// Takes a decision. What is open is closed by it; credits that the engine gave to others stay, unless the decision
/// says otherwise; credits that a person gave earlier, and this decision does not repeat, are withdrawn.
pub async fn decide(tx: &Tx, new: NewDecision<'_>) -> Result<decision::Model, DecisionError> {
    new.check()?;
    let comment = decidable(tx, new.organisation, new.comment).await?;
    new.check_logged(&comment)?;
    check_staff(tx, &new).await?;
    let before = verdicts::current(tx, &[comment.id]).await?;
    let decided = new.verdicts(&comment, &before);
    if decided.is_empty() {
        return Err(DecisionError::NothingToDecide);
    }
    let appended = verdicts::append(tx, decided, new.now).await?;
    let taken = record(tx, &comment, new.taken(appended)).await?;
    settle::settle(tx, &comment, false, new.now).await?;
    Ok(taken)
}

/// The same; and who is credited by a name that they do not bear is noted, so that somebody is asked whether it is theirs.
pub async fn decide_and_learn(
    app: &AttributeApp,
    tx: &Tx,
    new: NewDecision<'_>,
) -> Result<decision::Model, DecisionError> {
    let (subject, now) = ((new.organisation, new.comment), new.now);
    let credited = new.credited().to_vec();
    let taken = decide(tx, new).await?;
    names::found::learn(app, tx, subject, &credited, now).await?;
    Ok(taken)
}

/// The comment, locked, if it is one on which people can decide now.
pub(super) async fn decidable(
    tx: &Tx,
    organisation: Uuid,
    id: Uuid,
) -> Result<comment::Model, DecisionError> {
    let comment = lock::comment(tx, organisation, id).await?;
    let comment = comment.ok_or(DecisionError::NoSuchComment)?;
    match comment.state {
        _ if comment.withdrawn_at.is_some() => Err(DecisionError::Withdrawn),
        comment::State::Held | comment::State::Shielded => Err(DecisionError::Held),
        comment::State::Settling | comment::State::Attributing => Err(DecisionError::NotReadYet),
        comment::State::Triage | comment::State::Done => Ok(comment),
    }
}

async fn check_staff(tx: &Tx, new: &NewDecision<'_>) -> Result<(), DecisionError> {
    let named: HashSet<Uuid> = new.credited().iter().chain(&new.take_back).copied().collect();
    if named.is_empty() {
        return Ok(());
    }
    let known: Vec<Uuid> =
        staff_member::Entity::named(new.organisation, staff_member::Column::Id, named.iter().copied())
            .select_only()
            .column(staff_member::Column::Id)
            .into_tuple()
            .all(tx)
            .await?;
    match named.iter().find(|id| !known.contains(id)) {
        Some(unknown) => Err(DecisionError::NoSuchStaffMember(*unknown)),
        None => Ok(()),
    }
}

impl NewDecision<'_> {
    fn check(&self) -> Result<(), DecisionError> {
        let credited = self.credited();
        if matches!(self.answer, Answer::Credit(_)) && credited.is_empty() {
            return Err(DecisionError::NobodyNamed);
        }
        if self.oneself.is_some_and(|own| credited.contains(&own)) {
            return Err(DecisionError::Oneself);
        }
        match self.take_back.iter().find(|id| credited.contains(id)) {
            Some(both) => Err(DecisionError::Contradiction(*both)),
            None => Ok(()),
        }
    }

    /// Nobody credits themselves with words that they wrote down: not even an administrator.
    fn check_logged(&self, comment: &comment::Model) -> Result<(), DecisionError> {
        let by = comment.logged_by.map(|account| format!("account:{account}"));
        let is_own = by.is_some_and(|by| by == self.actor)
            && comment
                .logged_by_staff
                .is_some_and(|own| self.credited().contains(&own));
        match is_own {
            true => Err(DecisionError::Oneself),
            false => Ok(()),
        }
    }

    fn credited(&self) -> &[Uuid] {
        match &self.answer {
            Answer::Credit(staff) => staff,
            _ => &[],
        }
    }

    /// The keys of the verdicts that this decision credits; no person is praise of the site.
    fn credits(&self) -> Vec<Option<Uuid>> {
        let mut credits: Vec<Option<Uuid>> = Vec::new();
        for staff in self.credited() {
            if !credits.contains(&Some(*staff)) {
                credits.push(Some(*staff));
            }
        }
        if self.answer == (Answer::NobodyKnown { site_praise: true }) {
            credits.push(None);
        }
        credits
    }

    fn verdicts(&self, comment: &comment::Model, before: &[verdict::Model]) -> Vec<Decision> {
        let credits = self.credits();
        let mut decided: Vec<Decision> = Vec::new();
        for verdict in before {
            let state = self.state_of(verdict, &credits);
            // After the words changed, a decision that stays as it was is confirmed for the new ones.
            let is_confirmed = comment.words_changed && verdict.decided_by == verdict::DecidedBy::Person;
            let is_named = credits.contains(&verdict.staff_id);
            if state != verdict.state || is_confirmed || is_named {
                decided.push(self.by_person(comment, Decision::following(verdict), state));
            }
        }
        let is_known = |staff: &Option<Uuid>| before.iter().any(|verdict| verdict.staff_id == *staff);
        for staff in credits.iter().filter(|staff| !is_known(staff)) {
            let first = first_verdict(comment, *staff);
            decided.push(self.by_person(comment, first, verdict::State::Credited));
        }
        decided
    }

    fn state_of(&self, verdict: &verdict::Model, credits: &[Option<Uuid>]) -> verdict::State {
        use verdict::State;
        let is_by_person = verdict.decided_by == verdict::DecidedBy::Person;
        let is_taken_back = verdict
            .staff_id
            .is_some_and(|staff| self.take_back.contains(&staff));
        match verdict.state {
            _ if credits.contains(&verdict.staff_id) => State::Credited,
            State::Open => State::Rejected,
            State::Credited if self.keeps_others && !is_taken_back && self.answer != Answer::NotPraise => {
                State::Credited
            }
            State::Credited if is_by_person || is_taken_back || self.answer == Answer::NotPraise => {
                State::Withdrawn
            }
            state => state,
        }
    }

    fn by_person(&self, comment: &comment::Model, verdict: Decision, state: verdict::State) -> Decision {
        Decision {
            state,
            revision: comment.revision,
            decided_by: verdict::DecidedBy::Person,
            actor: Some(self.actor.to_owned()),
            ..verdict
        }
    }

    fn taken(&self, verdicts: Vec<Uuid>) -> Taken<'_> {
        Taken {
            kind: self.kind(),
            verdicts,
            actor: self.actor,
            now: self.now,
            action: "decide_triage",
            detail: json!({
                "decision": self.kind().to_value(),
                "staff": self.credited(),
                "taken_back": self.take_back,
                "site_praise": self.credits().contains(&None),
            }),
        }
    }

    fn kind(&self) -> decision::Kind {
        match self.answer {
            Answer::Credit(_) => decision::Kind::Credit,
            Answer::NotStaff => decision::Kind::NotStaff,
            Answer::NotPraise => decision::Kind::NotPraise,
            Answer::NobodyKnown { .. } => decision::Kind::NobodyKnown,
        }
    }
}

/// A verdict on somebody whom the engine did not consider.
pub(super) fn first_verdict(comment: &comment::Model, staff: Option<Uuid>) -> Decision {
    Decision {
        organisation: comment.organisation_id,
        comment: comment.id,
        staff,
        sequence: 1,
        revision: comment.revision,
        state: verdict::State::Credited,
        decided_by: verdict::DecidedBy::Person,
        actor: None,
        attribution: None,
        confidence: None,
        rank: None,
        spans: Default::default(),
        evidence: Default::default(),
    }
}

/// A decision that was taken, to be kept for undoing and in the audit log.
pub(super) struct Taken<'a> {
    pub(super) kind: decision::Kind,
    /// What it appended.
    pub(super) verdicts: Vec<Uuid>,
    pub(super) actor: &'a str,
    pub(super) now: DateTime<Utc>,
    /// As the audit log names it.
    pub(super) action: &'static str,
    pub(super) detail: serde_json::Value,
}

pub(super) async fn record(
    tx: &Tx,
    comment: &comment::Model,
    taken: Taken<'_>,
) -> Result<decision::Model, DbErr> {
    let earlier = decision::Entity::within(comment.organisation_id)
        .filter(decision::Column::CommentId.eq(comment.id))
        .count(tx)
        .await?;
    let entry = audit::Entry {
        organisation: comment.organisation_id,
        at: taken.now,
        actor: taken.actor,
        action: taken.action,
        subject_kind: "comment",
        subject_id: Some(comment.id.to_string()),
        detail: taken.detail,
    };
    audit::record(tx, entry).await?;
    decision::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(comment.organisation_id),
        comment_id: Set(comment.id),
        number: Set(i32::try_from(earlier).unwrap_or(i32::MAX - 1) + 1),
        kind: Set(taken.kind),
        verdicts: Set(Ids(taken.verdicts)),
        words_had_changed: Set(comment.words_changed),
        actor: Set(taken.actor.to_owned()),
        created_at: Set(taken.now),
        undone_at: Set(None),
        undone_by: Set(None),
    }
    .insert(tx)
    .await
}
