//! A draft as rows.
use entity::{comment, comment_revision, json::Words};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use uuid::Uuid;

use super::draft::Draft;
use crate::platform::job::{Job, NewJob};

pub(super) fn comment(draft: &Draft, id: Uuid) -> comment::ActiveModel {
    comment::ActiveModel {
        id: Set(id),
        organisation_id: Set(draft.organisation),
        source_id: Set(draft.source),
        external_id: Set(draft.external_id.clone()),
        idempotency_key: Set(draft.idempotency_key.clone()),
        import_id: Set(draft.import),
        site_id: Set(draft.words.site),
        state: Set(first_state(draft)),
        held_for: Set(held_for(draft)),
        cleared_revision: Set(None),
        kept_at: Set(None),
        tone: Set(None),
        tell: Set(draft.tell),
        revision: Set(1),
        words_changed: Set(false),
        occurred_at: Set(draft.occurred_at()),
        received_at: Set(draft.received_at),
        attributed_at: Set(None),
        receipt_hash: Set(draft.receipt_hash.clone()),
        withdrawn_at: Set(None),
        erased_at: Set(None),
        erased_reason: Set(None),
        concern_since: Set(None),
        handled_at: Set(None),
        handled_by: Set(None),
        logged_by: Set(draft.logged.map(|logged| logged.account)),
        logged_by_staff: Set(draft.logged.and_then(|logged| logged.staff)),
    }
}

fn held_for(draft: &Draft) -> Option<Words> {
    let codes = draft.held_for.iter().map(|reason| reason.code().to_owned());
    (!draft.held_for.is_empty()).then(|| Words(codes.collect()))
}

fn first_state(draft: &Draft) -> comment::State {
    match draft.held_for.is_empty() {
        true => unread_state(draft),
        false => comment::State::Held,
    }
}

/// Of words that are to be read, now or once they have settled.
pub(super) fn unread_state(draft: &Draft) -> comment::State {
    match draft.settle.is_zero() {
        true => comment::State::Attributing,
        false => comment::State::Settling,
    }
}

pub(super) fn revision(draft: &Draft, comment: Uuid, number: i32) -> comment_revision::Model {
    let words = draft.words.clone();
    comment_revision::Model {
        id: Uuid::now_v7(),
        organisation_id: draft.organisation,
        comment_id: comment,
        number,
        text: Some(words.text),
        score_value: words.score.map(|score| score.value),
        score_scale: words.score.map(|score| score.scale.name().to_owned()),
        site_id: words.site,
        hint: words.hint,
        author: words.author,
        staff_reference: words.staff_reference,
        post: words.post,
        permalink: words.permalink,
        language: words.language,
        consent: words.consent.name().to_owned(),
        metadata: words.metadata,
        revised_at: draft.revised_at(),
        received_at: draft.received_at,
    }
}

pub(super) fn all_set(revision: comment_revision::Model) -> comment_revision::ActiveModel {
    revision.into_active_model().reset_all()
}

pub(super) fn attribute_job(draft: &Draft, comment: Uuid, revision: i32) -> NewJob {
    NewJob {
        organisation: draft.organisation,
        job: Job::Attribute { comment, revision },
        run_at: draft.received_at + draft.settle,
        key: None,
    }
}
