//! A poster for a place: the address of its form, to be printed, for cameras and to be typed.
use entity::site;
use poem::{Response, handler, http::StatusCode};

use super::{
    Visit,
    join::qr,
    place::{self, Place},
};
use crate::template::context::{PosterLink, PosterPage};

/// `/poster/ORGANISATION` and `/poster/ORGANISATION/SITE`.
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let place = Place::of(&visit).await?;
    let form = place.path();
    let address = format!("{}{form}", visit.web.app.config.server.base_url);
    let typed = address
        .split_once("://")
        .map_or(address.as_str(), |(_, rest)| rest);
    let other = |site: &site::Model| PosterLink {
        name: site.path.clone(),
        url: visit.link(&poster(&place::path(&place.organisation, Some(site))), None),
    };
    let page = PosterPage {
        page: visit.frame(&place.organisation, &poster(&form)),
        site: place.site.as_ref().map(|site| site.name.clone()),
        qr: qr(&address),
        address: typed.to_owned(),
        others: place.offered.iter().map(other).collect(),
    };
    visit.page(StatusCode::OK, &page)
}

/// The address of the poster of a form.
fn poster(form: &str) -> String {
    form.replacen("/thank/", "/poster/", 1)
}
