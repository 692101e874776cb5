//! A digest as its reader sees it, in the mail and on its page.
use chrono::Days;
use entity::{account, notice, organisation};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    super::compose::Addressed,
    material::{self, Material},
    parts,
};
use crate::{
    app::App,
    deliver::link,
    template::{
        Language,
        context::{Band, Because, DigestMail, Standing, Week},
        time_words,
    },
};

/// The mail of a digest; none where nothing is left to tell.
pub(crate) fn mail(app: &App, addressed: &Addressed, material: &Material) -> Option<DigestMail> {
    let mut frame = addressed.frame(app, String::new());
    let (key, what) = material.desk.reads_as(&addressed.organisation);
    frame.because = Because { key, what };
    Some(DigestMail {
        week: week(app, &addressed.organisation, material, frame.language)?,
        page_url: Some(link::page_url(app, addressed.notice.id)),
        mail: frame,
    })
}

/// What the page of a digest shows; none where nothing is left to tell.
pub(crate) async fn page(
    app: &App,
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    digest: &notice::Model,
    reader: &account::Model,
) -> Result<Option<Week>, DbErr> {
    let materials = material::read(connection, organisation, &[(digest, reader)]).await?;
    let material = materials.get(&digest.id);
    Ok(material.and_then(|material| week(app, organisation, material, Language::English)))
}

fn week(
    app: &App,
    organisation: &organisation::Model,
    material: &Material,
    language: Language,
) -> Option<Week> {
    if material.is_empty() {
        return None;
    }
    let monday = material.monday;
    let last_day = monday.checked_sub_days(Days::new(1)).unwrap_or(monday);
    let board_url = format!("{}/board", app.config.server.base_url);
    Some(Week {
        about: material.desk.about(organisation),
        period: time_words::days(parts::week_before(monday), last_day, language),
        bands: Band::of(material.board.standings.iter().map(standing).collect()),
        board_period: format!(
            "{} {}",
            time_words::month(last_day, language),
            last_day.format("%Y")
        ),
        board_url: material.board.has_more.then_some(board_url),
        ..parts::of(app, material, language)
    })
}

fn standing((count, name): &(u64, String)) -> (u64, Standing) {
    let standing = Standing {
        name: name.clone(),
        site: None,
        url: None,
        me: false,
    };
    (*count, standing)
}
