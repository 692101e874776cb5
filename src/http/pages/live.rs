//! `/feed/live`: says that something new has come in, while the feed is open and its reader signed in.
use std::time::Duration;

use futures_util::{Stream, stream};
use poem::{
    Error, IntoResponse, Response, handler,
    http::StatusCode,
    web::sse::{Event, SSE},
};
use uuid::Uuid;

use super::reader::{Reader, not_found};
use crate::{
    access::{Action, Target},
    http::{Web, problem::Failure, session},
    recognition::feed::{self, Place},
};

/// How often it is looked: a query off an index.
const EVERY: Duration = Duration::from_secs(2);

/// Whose feed is watched, and what was newest.
struct Watch {
    web: Web,
    token: String,
    organisation: Uuid,
    staff: Uuid,
    newest: Option<Place>,
}

/// Server-sent events of the kind `recognition`. The stream ends with the session, or when the service stops; browsers
/// ask again by themselves, and whoever is signed out is then refused.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let staff = reader.person()?.staff.ok_or_else(not_found)?;
    let target = Target::StaffMember {
        id: staff,
        sites: Vec::new(),
    };
    reader.permit(Action::SHOW_FEED, Some(target))?;
    let token = session::token(reader.web, reader.request);
    let token = token.ok_or_else(|| Error::from_status(StatusCode::UNAUTHORIZED))?;
    let mut watch = Watch {
        web: reader.web.clone(),
        token: token.to_owned(),
        organisation: reader.organisation.id,
        staff,
        newest: None,
    };
    watch.newest = watch.look().await.map_err(Failure::from)?;
    Ok(SSE::new(watch.events())
        .keep_alive(Duration::from_secs(15))
        .into_response())
}

impl Watch {
    async fn look(&self) -> Result<Option<Place>, sea_orm::DbErr> {
        feed::newest_of(self.web.app.db.read(), self.organisation, self.staff).await
    }

    async fn is_signed_in(&self) -> bool {
        let found = session::authenticate(&self.web, &self.token).await;
        found.is_ok_and(|found| found.is_some())
    }

    fn events(self) -> impl Stream<Item = Event> + Send + 'static {
        stream::unfold(self, |mut watch| async move {
            loop {
                let stop = watch.web.stop.clone();
                stop.run_until_cancelled(tokio::time::sleep(EVERY)).await?;
                if !watch.is_signed_in().await {
                    return None;
                }
                let newest = watch.look().await.ok()?;
                if newest > watch.newest {
                    watch.newest = newest;
                    return Some((Event::message("new").event_type("recognition"), watch));
                }
            }
        })
    }
}
