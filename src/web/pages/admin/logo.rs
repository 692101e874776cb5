//! The logo among the settings: sent as a file, looked at, taken away.
use poem::{Response, handler, http::StatusCode, web::Multipart};

use super::{bad_request, settings};
use crate::{
    platform::blocking::blocking,
    roster::logo::{self, Logo, UnusableLogo},
    template::context::FormProblemKind as Problem,
    web::{pages::reader::Reader, problem::Failure},
};

/// `/settings/logo`: takes the picture, or says what is wrong with it and keeps the one there is.
#[handler]
pub(crate) async fn set(reader: Reader<'_>, form: Multipart) -> poem::Result<Response> {
    let file = read(form).await?;
    if file.is_empty() {
        return refuse(&reader, Problem::LogoMissing);
    }
    match blocking(move || Logo::read(&file)).await {
        Ok(logo) => keep(&reader, Some(logo)).await,
        Err(unusable) => refuse(&reader, problem(&unusable)),
    }
}

/// `/settings/logo/remove`
#[handler]
pub(crate) async fn remove(reader: Reader<'_>) -> poem::Result<Response> {
    keep(&reader, None).await
}

/// The file of the form; empty where none was chosen.
async fn read(mut form: Multipart) -> poem::Result<Vec<u8>> {
    while let Some(field) = form.next_field().await.map_err(|_| bad_request())? {
        if field.name() == Some("logo") {
            return field.bytes().await.map_err(|_| bad_request());
        }
    }
    Ok(Vec::new())
}

async fn keep(reader: &Reader<'_>, picture: Option<Logo>) -> poem::Result<Response> {
    let app = &reader.web.app;
    let (own, actor) = (reader.organisation.id, &reader.caller.actor);
    let tx = app.db.write().await.map_err(Failure::from)?;
    logo::set(&tx, own, picture, actor, app.clock.now())
        .await
        .map_err(Failure::from)?;
    tx.commit().await.map_err(Failure::from)?;
    Ok(reader.see_other("/settings", Some("saved")))
}

fn refuse(reader: &Reader<'_>, problem: Problem) -> poem::Result<Response> {
    let mut page = settings::page(reader, &reader.organisation);
    page.logo_problem = Some(problem);
    reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn problem(unusable: &UnusableLogo) -> Problem {
    match unusable {
        UnusableLogo::NoPng(_) | UnusableLogo::NotWritable(_) => Problem::LogoKind,
        UnusableLogo::FileTooLarge { .. }
        | UnusableLogo::PictureTooLarge { .. }
        | UnusableLogo::TooManyPixels { .. } => Problem::LogoSize,
    }
}
