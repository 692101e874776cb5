//! Errors as pages: whoever asked for a page gets one.
use poem::{
    Error, Request, Response,
    http::{HeaderValue, header},
};

use super::visit;
use crate::{
    template::{
        Language,
        context::{Page, ProblemKind, ProblemPage},
    },
    web::{Web, observe::RequestId},
};

/// Where the visitor might go instead, as the data of an error.
#[derive(Clone, Debug)]
pub(crate) struct TryInstead(pub String);

/// Who asked for a page, remembered until it is known whether it can be shown.
pub(crate) struct Asker {
    web: Web,
    language: Language,
    request_id: Option<String>,
}

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// Paths that programs ask for: their errors are RFC 9457 problems.
const FOR_PROGRAMS: [&str; 7] = [
    "/v1",
    "/scim",
    "/hooks",
    "/docs",
    "/openapi.json",
    "/healthz",
    "/readyz",
];

impl Asker {
    /// The visitor behind a request for a page; none where a program asks.
    pub(crate) fn of(request: &Request) -> Option<Asker> {
        let path = request.uri().path();
        let is_for = |program: &str| path == program || path.starts_with(&format!("{program}/"));
        if FOR_PROGRAMS.iter().copied().any(is_for) {
            return None;
        }
        Some(Asker {
            language: visit::language(request.data::<Web>()?, request).0,
            web: request.data::<Web>()?.clone(),
            request_id: request.data::<RequestId>().map(|id| id.0.to_string()),
        })
    }

    /// The page that says what went wrong.
    pub(crate) fn answer(self, error: Error) -> Response {
        let instead = error.data::<TryInstead>().map(|instead| instead.0.clone());
        let mut answer = error.into_response();
        let status = answer.status();
        let kind = ProblemKind::of_status(status.as_u16());
        let page = ProblemPage {
            page: Page::guest("Plaudit", self.language, "/brand/plaudit.css"),
            kind,
            words_kept: false,
            request_id: self.request_id.filter(|_| kind == ProblemKind::OurFault),
            action_url: instead,
        };
        match self.web.app.templates.page(&page) {
            Ok(html) => {
                let headers = answer.headers_mut();
                headers.insert(header::CONTENT_TYPE, HTML);
                headers.insert(header::CACHE_CONTROL, NO_STORE);
                headers.remove(header::CONTENT_LENGTH);
                answer.set_body(html);
            }
            Err(error) => tracing::error!(%error, "the page of problems cannot be shown"),
        }
        answer
    }
}
