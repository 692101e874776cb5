//! What an attribution changes: an attribution row, verdicts, recognitions, the comment's state.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{
    attribution::{Attribution, Candidate, Decision as EngineDecision, Outcome, Tone},
    text::to_code_points,
};
use entity::{
    among, attribution, comment,
    json::{Reason, Reasons, Span, Spans},
    verdict,
};
use sea_orm::{
    ActiveEnum,
    ActiveValue::Set,
    DbErr, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{CaseStatement, Expr},
};
use uuid::Uuid;

use super::{engine::Answer, names::aim::Aim};
use crate::{
    ledger::{
        derive::Credit,
        own,
        verdict::{self as verdicts, Decision},
    },
    platform::db::{Tx, insert_all},
};

/// Candidates below this confidence are not kept, unless they were decided on before.
const KEPT_FROM: f64 = 0.05;

/// What holds after attributions were written.
#[derive(Debug, Default)]
pub struct Written {
    /// The comments with their new state.
    pub comments: Vec<comment::Model>,
    /// Whom the verdicts on them credit.
    pub credits: Vec<Credit>,
}

/// Writes the attributions and verdicts of locked comments.
pub async fn write(tx: &Tx, answers: &[Answer], now: DateTime<Utc>) -> Result<Written, DbErr> {
    let written = write_verdicts(tx, answers, None, now).await?;
    save(tx, &written.comments).await?;
    Ok(written)
}

/// Writes what follows for locked comments from the name alone; returns those that changed, with their new state.
pub async fn write_aimed(
    tx: &Tx,
    answers: &[Answer],
    aim: Aim,
    now: DateTime<Utc>,
) -> Result<Vec<comment::Model>, DbErr> {
    let written = write_verdicts(tx, answers, Some(aim), now).await?;
    save_changes(tx, &written.comments).await?;
    Ok(written.comments)
}

async fn write_verdicts(
    tx: &Tx,
    answers: &[Answer],
    aim: Option<Aim>,
    now: DateTime<Utc>,
) -> Result<Written, DbErr> {
    let ids: Vec<Uuid> = answers.iter().map(|answer| answer.question.comment.id).collect();
    let mut standing = by_comment(verdicts::current(tx, &ids).await?);
    let wish_to_be_asked = own::looked_at_first(tx, to_be_credited(answers)).await?;
    let mut attributions = Vec::with_capacity(answers.len());
    let mut decisions = Vec::new();
    let mut written = Written::default();
    for answer in answers {
        let row = attribution_row(answer, now);
        let before = standing.remove(&answer.question.comment.id).unwrap_or_default();
        let mut own = decide(answer, *row.id.as_ref(), &before, &wish_to_be_asked);
        if let Some(aim) = aim {
            own = aim.take(&answer.question.comment, &before, own);
            if own.is_empty() {
                continue;
            }
        }
        written.credits.extend(credits(&before, &own, now));
        written.comments.push(decided(answer, &before, &own, now));
        attributions.push(row);
        decisions.extend(own);
    }
    insert_all(tx, attributions).await?;
    verdicts::append(tx, decisions, now).await?;
    Ok(written)
}

/// Whom the engine would credit by itself.
fn to_be_credited(answers: &[Answer]) -> HashSet<Uuid> {
    let candidates = answers.iter().flat_map(|answer| &answer.attribution.candidates);
    let credited = candidates.filter(|candidate| candidate.decision == EngineDecision::Credit);
    credited.map(|candidate| candidate.staff).collect()
}

/// Whom verdicts credit once new ones are appended.
fn credits<'a>(
    before: &'a [verdict::Model],
    new: &'a [Decision],
    now: DateTime<Utc>,
) -> impl Iterator<Item = Credit> + 'a {
    let credited = |state| state == verdict::State::Credited;
    let old = standing(before, new)
        .filter(move |verdict| credited(verdict.state))
        .map(|verdict| Credit {
            comment: verdict.comment_id,
            staff: verdict.staff_id,
            since: verdict.created_at,
        });
    let new = new.iter().filter(move |decision| credited(decision.state));
    old.chain(new.map(move |decision| Credit {
        comment: decision.comment,
        staff: decision.staff,
        since: now,
    }))
}

/// Those of the verdicts before that new ones do not replace.
fn standing<'a>(
    before: &'a [verdict::Model],
    new: &'a [Decision],
) -> impl Iterator<Item = &'a verdict::Model> {
    before
        .iter()
        .filter(move |verdict| !new.iter().any(|decision| decision.staff == verdict.staff_id))
}

fn by_comment(verdicts: Vec<verdict::Model>) -> HashMap<Uuid, Vec<verdict::Model>> {
    let mut grouped: HashMap<Uuid, Vec<verdict::Model>> = HashMap::new();
    for verdict in verdicts {
        grouped.entry(verdict.comment_id).or_default().push(verdict);
    }
    grouped
}

fn attribution_row(answer: &Answer, now: DateTime<Utc>) -> attribution::ActiveModel {
    let (asked, said) = (&answer.question, &answer.attribution);
    attribution::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(asked.organisation.id),
        comment_id: Set(asked.comment.id),
        revision: Set(asked.words.number),
        tone: Set(tone(said.tone)),
        outcome: Set(outcome(said.outcome).to_owned()),
        unnamed_praise: Set(said.unnamed.is_some()),
        unnamed_spans: Set(said
            .unnamed
            .as_ref()
            .map(|unnamed| spans(answer, &unnamed.spans))
            .unwrap_or_default()),
        roster_version: Set(said.roster_version),
        settings_version: Set(asked.organisation.settings_version),
        model_version: Set(said.model_version.clone()),
        threshold: Set(answer.threshold),
        created_at: Set(now),
    }
}

/// The verdicts to append: what the engine says of each person where no person decided, and where it is news.
fn decide(
    answer: &Answer,
    attribution: Uuid,
    before: &[verdict::Model],
    wish_to_be_asked: &HashSet<Uuid>,
) -> Vec<Decision> {
    let said = &answer.attribution;
    let mut decisions: Vec<Decision> = Vec::new();
    for (rank, candidate) in (1..).zip(&said.candidates) {
        let before = of(before, Some(candidate.staff));
        if before.is_some()
            || candidate.confidence >= KEPT_FROM
            || candidate.decision != EngineDecision::Reject
        {
            let verdict = engine_verdict(answer, attribution, Some(candidate.staff), before);
            let asks = wish_to_be_asked.contains(&candidate.staff) && !is_credited_for(answer, before);
            decisions.push(with_candidate(verdict, answer, candidate, (rank, asks)));
        }
    }
    if is_site_praise(said) {
        decisions.push(site_praise(answer, attribution, of(before, None)));
    }
    let lost = before
        .iter()
        .filter(|verdict| !is_considered(said, verdict.staff_id));
    decisions.extend(lost.filter(|verdict| is_standing(verdict)).map(|verdict| {
        let lost = engine_verdict(answer, attribution, verdict.staff_id, Some(verdict));
        Decision {
            state: taken_back(verdict),
            ..lost
        }
    }));
    decisions.retain(|decision| is_news(decision, before));
    decisions
}

/// Whether these very words earned it already.
fn is_credited_for(answer: &Answer, before: Option<&verdict::Model>) -> bool {
    before.is_some_and(|before| {
        before.state == verdict::State::Credited && before.revision == answer.question.words.number
    })
}

pub(super) fn of(verdicts: &[verdict::Model], staff: Option<Uuid>) -> Option<&verdict::Model> {
    verdicts.iter().find(|verdict| verdict.staff_id == staff)
}

/// Praise of staff without a name and without candidates is praise of the site, unless somebody is named as well.
fn is_site_praise(said: &Attribution) -> bool {
    let is_named = said
        .candidates
        .iter()
        .any(|candidate| candidate.decision != EngineDecision::Reject);
    !is_named
        && said
            .unnamed
            .as_ref()
            .is_some_and(|unnamed| unnamed.candidates.is_empty())
}

fn is_considered(said: &Attribution, staff: Option<Uuid>) -> bool {
    match staff {
        Some(staff) => said.candidates.iter().any(|candidate| candidate.staff == staff),
        None => is_site_praise(said),
    }
}

fn is_standing(verdict: &verdict::Model) -> bool {
    matches!(verdict.state, verdict::State::Credited | verdict::State::Open)
}

/// A credit that new words no longer bear is withdrawn; an open question is rejected.
fn taken_back(verdict: &verdict::Model) -> verdict::State {
    match verdict.state {
        verdict::State::Credited => verdict::State::Withdrawn,
        _ => verdict::State::Rejected,
    }
}

fn engine_verdict(
    answer: &Answer,
    attribution: Uuid,
    staff: Option<Uuid>,
    before: Option<&verdict::Model>,
) -> Decision {
    Decision {
        organisation: answer.question.organisation.id,
        comment: answer.question.comment.id,
        staff,
        sequence: before.map_or(1, |before| before.sequence + 1),
        revision: answer.question.words.number,
        state: verdict::State::Rejected,
        decided_by: verdict::DecidedBy::Engine,
        actor: None,
        attribution: Some(attribution),
        confidence: None,
        rank: None,
        spans: Spans::default(),
        evidence: Reasons::default(),
    }
}

fn with_candidate(
    verdict: Decision,
    answer: &Answer,
    candidate: &Candidate,
    (rank, asks): (i32, bool),
) -> Decision {
    let was_credited = verdict.sequence > 1 && candidate.decision == EngineDecision::Reject;
    let state = match candidate.decision {
        // Whoever wrote the words down may have praised themselves: somebody else decides.
        EngineDecision::Credit if answer.question.comment.logged_by_staff == Some(candidate.staff) => {
            verdict::State::Open
        }
        EngineDecision::Credit if asks => verdict::State::Open,
        EngineDecision::Credit => verdict::State::Credited,
        EngineDecision::Open => verdict::State::Open,
        EngineDecision::Reject if was_credited => verdict::State::Withdrawn,
        EngineDecision::Reject => verdict::State::Rejected,
    };
    Decision {
        state,
        confidence: Some(candidate.confidence),
        rank: Some(rank),
        spans: spans(answer, &candidate.spans),
        evidence: Reasons(candidate.evidence.iter().map(reason).collect()),
        ..verdict
    }
}

fn site_praise(answer: &Answer, attribution: Uuid, before: Option<&verdict::Model>) -> Decision {
    let unnamed = answer.attribution.unnamed.as_ref();
    Decision {
        state: verdict::State::Credited,
        spans: unnamed
            .map(|unnamed| spans(answer, &unnamed.spans))
            .unwrap_or_default(),
        ..engine_verdict(answer, attribution, None, before)
    }
}

/// The same state as before is no news; and a person's decision stands until a person changes it.
fn is_news(decision: &Decision, before: &[verdict::Model]) -> bool {
    let Some(before) = of(before, decision.staff) else {
        return true;
    };
    before.decided_by == verdict::DecidedBy::Engine && before.state != decision.state
}

fn reason(evidence: &domain::attribution::Evidence) -> Reason {
    Reason {
        code: evidence.code.to_string(),
        value: evidence.value,
        weight: evidence.weight,
    }
}

/// Bytes to code points, as spans are shown.
fn spans(answer: &Answer, bytes: &[domain::text::Span]) -> Spans {
    let text = answer.question.words.text.as_deref().unwrap_or_default();
    let in_code_points = bytes.iter().map(|span| to_code_points(text, *span));
    let short = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
    Spans(
        in_code_points
            .map(|span| Span {
                start: short(span.start),
                end: short(span.end),
            })
            .collect(),
    )
}

/// The comment after the decisions: triage if anyone is open or a person must look again, else done.
fn decided(
    answer: &Answer,
    before: &[verdict::Model],
    new: &[Decision],
    now: DateTime<Utc>,
) -> comment::Model {
    let comment = &answer.question.comment;
    let states: Vec<verdict::State> = standing(before, new)
        .map(|verdict| verdict.state)
        .chain(new.iter().map(|decision| decision.state))
        .collect();
    let waits = states.contains(&verdict::State::Open) || comment.words_changed;
    let of_words = tone(answer.attribution.tone);
    comment::Model {
        state: if waits {
            comment::State::Triage
        } else {
            comment::State::Done
        },
        tone: Some(verdicts::tone_with(of_words, states.into_iter())),
        attributed_at: Some(now),
        ..comment.clone()
    }
}

/// Saves state and tone of many comments: one statement for each combination.
async fn save(tx: &Tx, comments: &[comment::Model]) -> Result<(), DbErr> {
    let mut alike: HashMap<(&str, &str), Vec<&comment::Model>> = HashMap::new();
    for comment in comments {
        alike
            .entry((state_name(comment.state), comment.tone.map_or("", tone_name)))
            .or_default()
            .push(comment);
    }
    for group in alike.into_values() {
        let Some(first) = group.first() else { continue };
        comment::Entity::update_many()
            .col_expr(comment::Column::State, Expr::value(state_name(first.state)))
            .col_expr(comment::Column::Tone, Expr::value(first.tone.map(tone_name)))
            .col_expr(comment::Column::AttributedAt, Expr::value(first.attributed_at))
            .col_expr(comment::Column::ConcernSince, concern_since(first.tone))
            .filter(among(comment::Column::Id, group.iter().map(|comment| comment.id)))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Saves state and tone alone: what was put right, and when it was read first, stays.
async fn save_changes(tx: &Tx, comments: &[comment::Model]) -> Result<(), DbErr> {
    let mut alike: HashMap<(&str, &str), Vec<Uuid>> = HashMap::new();
    for comment in comments {
        let to = (state_name(comment.state), comment.tone.map_or("", tone_name));
        alike.entry(to).or_default().push(comment.id);
    }
    for ((state, tone), ids) in alike {
        comment::Entity::update_many()
            .col_expr(comment::Column::State, Expr::value(state))
            .col_expr(comment::Column::Tone, Expr::value(tone))
            .filter(among(comment::Column::Id, ids))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Words that complain wait for somebody who can put it right, since they came in; later words, afresh. Not where their
/// source asked that nobody be told.
fn concern_since(tone: Option<comment::Tone>) -> Expr {
    let nothing = Expr::value(None::<DateTime<Utc>>);
    if !matches!(tone, Some(comment::Tone::Complaint | comment::Tone::Mixed)) {
        return nothing;
    }
    let is_told = Expr::col(comment::Column::Tell).ne(comment::Tell::None.to_value());
    let received = Expr::col(comment::Column::ReceivedAt);
    CaseStatement::new()
        .case(is_told, received)
        .finally(nothing)
        .into()
}

fn state_name(state: comment::State) -> &'static str {
    match state {
        comment::State::Triage => "triage",
        comment::State::Held => "held",
        comment::State::Shielded => "shielded",
        comment::State::Settling => "settling",
        comment::State::Attributing => "attributing",
        comment::State::Done => "done",
    }
}

fn tone_name(tone: comment::Tone) -> &'static str {
    match tone {
        comment::Tone::Praise => "praise",
        comment::Tone::Mixed => "mixed",
        comment::Tone::Complaint => "complaint",
        comment::Tone::Neutral => "neutral",
    }
}

fn tone(tone: Tone) -> comment::Tone {
    match tone {
        Tone::Praise => comment::Tone::Praise,
        Tone::Mixed => comment::Tone::Mixed,
        Tone::Complaint => comment::Tone::Complaint,
        Tone::Neutral => comment::Tone::Neutral,
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Attributed => "attributed",
        Outcome::Triage => "triage",
        Outcome::None => "none",
    }
}
