//! A digest as its reader sees it, in the mail and on its page.
use chrono::{DateTime, Days, Utc};
use entity::{notice, organisation};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{super::compose::Addressed, board, desk::Desk, material, parts, pick};
use crate::{
    app::App,
    deliver::link,
    template::{
        Language,
        context::{Because, BecauseKind, DigestMail, Week},
        time_words,
    },
};

/// A digest that has something to tell.
#[derive(Debug)]
pub(crate) struct Digest {
    pub(crate) week: Week,
    /// Recognitions that were withdrawn after it was made and before it left.
    pub(crate) withdrawn: Vec<Uuid>,
    /// Notices whose pages its quotations link to.
    pub(crate) linked: Vec<Uuid>,
    reads_as: (BecauseKind, String),
}

impl Digest {
    /// The mail.
    pub(crate) fn mail(&self, app: &App, addressed: &Addressed) -> DigestMail {
        let (key, what) = self.reads_as.clone();
        let mut frame = addressed.frame(app, String::new());
        frame.because = Because { key, what };
        DigestMail {
            mail: frame,
            week: self.week.clone(),
            page_url: Some(link::page_url(app, addressed.notice.id)),
        }
    }
}

/// Composes a digest; none where nothing is left to tell.
pub(crate) async fn compose(
    app: &App,
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    digest: &notice::Model,
    reader: &entity::account::Model,
    now: DateTime<Utc>,
) -> Result<Option<Digest>, DbErr> {
    let monday = digest.period_start.unwrap_or_else(|| now.date_naive());
    let (material, withdrawn) = material::read(connection, organisation, digest, monday).await?;
    if material.is_empty() {
        return Ok(None);
    }
    let last_day = monday.checked_sub_days(Days::new(1)).unwrap_or(monday);
    let desk = Desk::of(connection, organisation, reader, last_day).await?;
    let bands = board::month(connection, organisation, &desk.team, last_day).await?;
    let complaints = pick::complaints(connection, digest).await?;
    let week = Week {
        about: desk.about(organisation),
        period: time_words::days(parts::week_before(monday), last_day, Language::English),
        bands,
        board_period: format!(
            "{} {}",
            time_words::month(last_day, Language::English),
            last_day.format("%Y")
        ),
        complaints,
        ..parts::of(app, &material)
    };
    Ok(Some(Digest {
        reads_as: desk.reads_as(organisation),
        linked: material.linked(),
        withdrawn: withdrawn.into_iter().map(|recognition| recognition.id).collect(),
        week,
    }))
}
