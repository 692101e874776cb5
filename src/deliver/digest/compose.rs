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
    deliver::app::DeliverApp,
    deliver::link,
    template::context::{Band, DigestMail, Standing, Week},
};

/// The mail of a digest; none where nothing is left to tell.
pub(crate) fn mail(app: &DeliverApp, addressed: &Addressed, material: &Material) -> Option<DigestMail> {
    let mut frame = addressed.frame(app, Vec::new(), material.desk.language());
    frame.because = material.desk.reads_as(&addressed.organisation);
    Some(DigestMail {
        week: week(app, &addressed.organisation, material)?,
        page_url: Some(link::page_url(app, addressed.notice.id)),
        mail: frame,
    })
}

/// What the page of a digest shows; none where nothing is left to tell.
pub(crate) async fn page(
    app: &DeliverApp,
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    digest: &notice::Model,
    reader: &account::Model,
) -> Result<Option<Week>, DbErr> {
    let materials = material::read(connection, organisation, &[(digest, reader)]).await?;
    let material = materials.get(&digest.id);
    Ok(material.and_then(|material| week(app, organisation, material)))
}

fn week(app: &DeliverApp, organisation: &organisation::Model, material: &Material) -> Option<Week> {
    if material.is_empty() {
        return None;
    }
    let monday = material.monday;
    let last_day = monday.checked_sub_days(Days::new(1)).unwrap_or(monday);
    let board_url = format!("{}/board", app.config.server.base_url);
    Some(Week {
        about: material.desk.about(organisation),
        last: last_day,
        bands: Band::of(material.board.standings.iter().map(standing).collect()),
        board_url: material.board.has_more.then_some(board_url),
        ..parts::of(app, material)
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
