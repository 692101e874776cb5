//! Puts one comment to the engine.
use std::sync::Arc;

use chrono_tz::Tz;
use domain::{
    attribution::{self, Attribution, Model, Scale, Score, Settings},
    roster::Roster,
    rota::Duty,
};
use entity::{comment, comment_revision, organisation};
use uuid::Uuid;

/// A comment with everything the engine is to know of it.
pub struct Question {
    /// The comment.
    pub comment: comment::Model,
    /// The words that hold.
    pub words: comment_revision::Model,
    /// Whose it is.
    pub organisation: organisation::Model,
    /// The zone of the site.
    pub zone: Tz,
    /// The person whom the source named.
    pub staff: Option<Uuid>,
    /// Whom the rota leaves.
    pub duty: Duty,
    /// The index of names.
    pub roster: Arc<Roster>,
}

/// What the engine says.
pub struct Answer {
    /// What it was asked.
    pub question: Question,
    /// Its attribution; spans in bytes.
    pub attribution: Attribution,
    /// Confidence from which a credit was automatic.
    pub threshold: f64,
}

/// The settings of an organisation.
#[must_use]
pub fn settings(organisation: &organisation::Model) -> Settings {
    let default = Settings::default();
    Settings {
        threshold: organisation.threshold.unwrap_or(default.threshold),
        ..default
    }
}

/// Asks the engine; pure.
#[must_use]
pub fn ask(question: Question) -> Answer {
    let settings = settings(&question.organisation);
    let author = question.words.author.as_ref();
    let comment = attribution::Comment {
        text: question.words.text.as_deref().unwrap_or_default(),
        score: score(&question.words),
        site: question.words.site_id,
        occurred_at: Some(
            question
                .comment
                .occurred_at
                .with_timezone(&question.zone)
                .naive_local(),
        ),
        author: author.and_then(|author| author.name.as_deref()),
        hint: question.words.hint.as_deref(),
        staff: question.staff,
        language: question.words.language.as_deref(),
    };
    let (roster, model) = (&question.roster, Model::shipped());
    let attribution = attribution::attribute_on_duty(roster, &comment, &settings, model, &question.duty);
    Answer {
        threshold: settings.threshold,
        attribution,
        question,
    }
}

fn score(words: &comment_revision::Model) -> Option<f64> {
    let scale = Scale::from_name(words.score_scale.as_deref()?)?;
    Score {
        value: words.score_value?,
        scale,
    }
    .fraction()
}
