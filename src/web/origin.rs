//! Forms and scripts of other sites may not act in the name of whoever is signed in here. Browsers say where a request
//! comes from (`Sec-Fetch-Site`, `Origin`); no token in the form is needed.
use std::sync::Arc;

use poem::{
    Endpoint, Request,
    http::{Method, StatusCode, header},
};

use super::{Web, session};

/// Pages whose address is the permission, and which nobody's cookie opens; mail programs post to `/u/`, tools to `/hooks/`.
const OPEN: [&str; 4] = ["/thank/", "/r/", "/u/", "/hooks/"];

/// Where a request comes from, as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// A page of ours.
    Here,
    /// Another site.
    Elsewhere,
    /// No browser of this decade.
    Unsaid,
}

/// Refuses what another site sends with an unsafe method.
pub async fn refuse_other_sites<E: Endpoint>(next: Arc<E>, request: Request) -> poem::Result<E::Output> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_open = OPEN.iter().any(|path| request.uri().path().starts_with(path));
    if !is_safe && !is_open && !is_trusted(&request) {
        return Err(poem::Error::from_status(StatusCode::FORBIDDEN));
    }
    next.call(request).await
}

/// Who does not say where they come from is no browser, and has nobody's cookie.
fn is_trusted(request: &Request) -> bool {
    match of(request) {
        From::Here => true,
        From::Elsewhere => false,
        From::Unsaid => {
            let web = request.data::<Web>();
            web.is_none_or(|web| session::token(web, request).is_none())
        }
    }
}

/// Where a request comes from.
pub(crate) fn of(request: &Request) -> From {
    let said = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match said("sec-fetch-site") {
        Some("same-origin" | "none") => return From::Here,
        Some(_) => return From::Elsewhere,
        None => {}
    }
    let Some(origin) = said("origin") else {
        return From::Unsaid;
    };
    let base_url = request
        .data::<Web>()
        .map(|web| web.app.config.server.base_url.as_str());
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin_host = origin.split_once("://").map(|(_, host)| host);
    let is_ours = base_url.is_some_and(|base| base == origin || base.starts_with(&format!("{origin}/")));
    if is_ours || (host.is_some() && host == origin_host) {
        From::Here
    } else {
        From::Elsewhere
    }
}
