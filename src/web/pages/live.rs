//! `/feed/live`: says that something new has come in, while the feed is open and its reader signed in.
use std::time::Duration;

use futures_util::stream;
use poem::{
    IntoResponse, Response, handler,
    http::StatusCode,
    web::sse::{Event, SSE},
};

use super::reader::{Reader, not_found};
use crate::{
    access::{Action, Target},
    web::{live, session},
};

#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let staff = reader.person()?.staff.ok_or_else(not_found)?;
    let target = Target::StaffMember {
        id: staff,
        sites: Vec::new(),
    };
    reader.permit(Action::SHOW_FEED, Some(target))?;
    let token = session::token(reader.web, reader.request);
    let (Some(token), Some(session)) = (token, &reader.session) else {
        return Err(StatusCode::UNAUTHORIZED.into());
    };
    let watched = live::Reader {
        session: session.id,
        token: token.into(),
        staff,
        organisation: reader.organisation.id,
    };
    let news = reader.web.live.watch(reader.web, watched).await?;
    let events = stream::unfold(news, |mut news| async move {
        news.recv().await?;
        Some((Event::message("new").event_type("recognition"), news))
    });
    Ok(SSE::new(events)
        .keep_alive(Duration::from_secs(15))
        .into_response())
}
