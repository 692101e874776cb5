//! A digest as its reader sees it, in the mail and on its page.
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
    route::reason::{Every, Reason},
    template::context::{Band, DigestMail, Standing, Week},
};

/// The mail of a digest; none where nothing is left to tell.
pub(crate) fn mail(app: &DeliverApp, addressed: &Addressed, material: &Material) -> Option<DigestMail> {
    let mut frame = addressed.frame(app, Vec::new(), material.desk.language());
    let every = addressed.reason.every.unwrap_or(Every::Week);
    frame.because = material.desk.reads_as(&addressed.organisation, every);
    Some(DigestMail {
        week: week(app, &addressed.organisation, material, every)?,
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
    let every = Reason::read(&digest.reason).every.unwrap_or(Every::Week);
    Ok(material.and_then(|material| week(app, organisation, material, every)))
}

fn week(
    app: &DeliverApp,
    organisation: &organisation::Model,
    material: &Material,
    every: Every,
) -> Option<Week> {
    if material.is_empty() {
        return None;
    }
    let board_url = format!("{}/board", app.config.server.base_url);
    Some(Week {
        about: material.desk.about(organisation),
        every: every.name(),
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
        logged: 0,
    };
    (*count, standing)
}
