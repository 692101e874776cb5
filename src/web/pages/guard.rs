//! Nobody gets to a page whom its row of the table does not let: this stands before the handler, so that no handler can
//! forget to ask.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use poem::{Endpoint, Error, Request, Response, http::StatusCode};

use super::{
    Visit,
    reader::{Reader, recognise},
};
use crate::{
    access::{Action, Target},
    web::{Web, body},
};

/// Who may open a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever comes: the address is the permission, or none is needed.
    Anybody,
    /// Whoever is signed in: it is about themselves.
    SignedIn,
    /// Who may do this to the organisation.
    May(Action),
    /// Who may do this to what the address names; the handler looks that up and asks [`Reader::permit`].
    MayTo(Action),
}

/// Whether the handler asked for the permission that its row names.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    action: Action,
    is_asked: Arc<AtomicBool>,
}

impl Asked {
    pub(super) fn note(&self, action: Action) {
        if action == self.action {
            self.is_asked.store(true, Ordering::Relaxed);
        }
    }
}

/// A handler behind its row.
pub(super) struct Guarded<E> {
    pub(super) who: Who,
    pub(super) next: E,
}

impl<E: Endpoint<Output = Response>> Endpoint for Guarded<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        if self.who == Who::Anybody {
            return self.next.call(request).await;
        }
        let web = request.data::<Web>().cloned().ok_or_else(broken)?;
        let known = recognise(&Visit::new(&web, &request)).await?;
        if known.is_signed_in() {
            body::mark_known(&request);
        }
        if let Who::May(action) = self.who {
            let reader = Reader::of(Visit::new(&web, &request), known.clone());
            reader.person()?;
            reader.permit(action, Some(Target::Organisation))?;
        }
        request.set_data(known);
        let Who::MayTo(action) = self.who else {
            return self.next.call(request).await;
        };
        let asked = Asked {
            action,
            is_asked: Arc::default(),
        };
        request.set_data(asked.clone());
        let answer = self.next.call(request).await?;
        if asked.is_asked.load(Ordering::Relaxed) {
            return Ok(answer);
        }
        tracing::error!(
            action = action.operation,
            "a page was not guarded as the table says"
        );
        Err(broken())
    }
}

fn broken() -> Error {
    Error::from_status(StatusCode::INTERNAL_SERVER_ERROR)
}
