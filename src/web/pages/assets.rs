//! Stylesheets, scripts and pictures: kept by browsers for good under an address that changes with the content.
use std::borrow::Cow;

use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
};
use sha2::{Digest, Sha256};

use super::Visit;
use crate::{
    roster::{logo, organisation},
    template::{self, brand::Brand},
    web::problem::Failure,
};

/// Under an address with the content's fingerprint.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Under any other address: asked for again, answered with 304 while it is the same.
const ASK_AGAIN: &str = "public, no-cache";

/// `/static/NAME`
#[handler]
pub(crate) fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let asset =
        template::asset(visit.part("name")).ok_or_else(|| poem::Error::from_status(StatusCode::NOT_FOUND))?;
    let is_exact = visit.has(&format!("v={}", asset.fingerprint));
    let keep = if is_exact { FOR_GOOD } else { ASK_AGAIN };
    Ok(answer(
        visit.request,
        asset.bytes,
        asset.content_type,
        &asset.fingerprint,
        keep,
    ))
}

/// `/brand/ORGANISATION.css`: the organisation's colours; `plaudit.css` is for pages of no organisation.
/// `/brand/ORGANISATION.png`: its logo.
#[handler]
pub(crate) async fn show_brand(visit: Visit<'_>) -> poem::Result<Response> {
    let nothing = || poem::Error::from_status(StatusCode::NOT_FOUND);
    let (slug, kind) = visit.part("file").rsplit_once('.').ok_or_else(nothing)?;
    let found = organisation::by_slug(visit.web.app.db.read(), slug)
        .await
        .map_err(Failure::from)?;
    if found.is_none() && (slug, kind) == ("plaudit", "css") {
        return Ok(sheet(&visit, &Brand::default()));
    }
    let found = found.ok_or_else(nothing)?;
    match kind {
        "css" => Ok(sheet(&visit, &organisation::brand(&found))),
        "png" => show_logo(&visit, &found).await,
        _ => Err(nothing()),
    }
}

fn sheet(visit: &Visit<'_>, brand: &Brand) -> Response {
    let sheet = brand.stylesheet();
    let fingerprint: String = Sha256::digest(&sheet)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    answer(
        visit.request,
        Cow::Owned(sheet.into_bytes()),
        "text/css; charset=utf-8",
        &fingerprint,
        ASK_AGAIN,
    )
}

async fn show_logo(visit: &Visit<'_>, of: &entity::organisation::Model) -> poem::Result<Response> {
    let db = visit.web.app.db.read();
    let png = logo::of(db, of.id).await.map_err(Failure::from)?;
    let (Some(png), Some(fingerprint)) = (png, &of.logo) else {
        return Err(poem::Error::from_status(StatusCode::NOT_FOUND));
    };
    let is_exact = visit.has(&format!("v={fingerprint}"));
    let keep = if is_exact { FOR_GOOD } else { ASK_AGAIN };
    Ok(answer(
        visit.request,
        Cow::Owned(png),
        "image/png",
        fingerprint,
        keep,
    ))
}

fn answer(
    request: &Request,
    bytes: Cow<'static, [u8]>,
    content_type: &str,
    fingerprint: &str,
    keep: &'static str,
) -> Response {
    let tag = format!("\"{fingerprint}\"");
    let known = request.header(header::IF_NONE_MATCH).unwrap_or_default();
    let answer = Response::builder()
        .header(header::ETAG, &tag)
        .header(header::CACHE_CONTROL, keep);
    if known.split(',').any(|known| is_same(known, &tag)) {
        return answer.status(StatusCode::NOT_MODIFIED).finish();
    }
    answer.content_type(content_type).body(bytes.into_owned())
}

/// Weakly compared, as RFC 9110 asks for `If-None-Match`.
fn is_same(known: &str, tag: &str) -> bool {
    let known = known.trim();
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}
