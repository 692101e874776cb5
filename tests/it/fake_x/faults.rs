//! The ways X says no or nothing, as seen in the wild or described in its documentation.

use serde_json::json;

use crate::fake_http::{Manner, Reply};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 429, the body of the API of today; the window counts as used up until its end.
    WindowUsedUp,
    /// 429 with the body that the documentation shows.
    WindowUsedUpCode88,
    /// 429 without any header on when to come back.
    WindowUsedUpUntold,
    UsageCappedDaily,
    UsageCappedMonthly,
    /// The same with 403, as others have met it.
    UsageCappedForbidden,
    TooManyConnections,
    OutOfCredit,
    Unauthorized,
    /// The application belongs to no project.
    NotEnrolled,
    /// What all calls of the API before version 2 are told.
    AccessLevel,
    NotPermitted,
    Conflict,
    ServerError(u16),
    Redirect,
    HtmlSuccess,
    Truncated,
    Oversize,
    HangBeforeHead,
    HangInBody,
    /// A byte at a time, slowly.
    Trickle,
    Disconnect,
}

/// Those that pass by themselves, for random faults.
pub(crate) const PASSING: [Fault; 6] = [
    Fault::ServerError(500),
    Fault::ServerError(503),
    Fault::HtmlSuccess,
    Fault::Truncated,
    Fault::Oversize,
    Fault::Disconnect,
];

/// Bytes of an oversize answer: more than clients take (four mebibytes).
const OVERSIZE: usize = 5 << 20;

impl Fault {
    /// Whether it uses up the caller's window.
    pub(crate) fn uses_up_window(self) -> bool {
        matches!(self, Self::WindowUsedUp | Self::WindowUsedUpCode88)
    }

    /// The answer in place of the one that was due.
    pub(crate) fn reply(self, due: impl FnOnce() -> Reply) -> Reply {
        match self {
            Self::ServerError(status) => Reply::html(status, "<html><body>Over capacity</body></html>"),
            Self::HtmlSuccess => Reply::html(200, "<html><body>Just a moment…</body></html>"),
            Self::Redirect => Reply::html(302, "").with("location", "https://elsewhere.example/2/tweets"),
            Self::Oversize => Reply::html(200, &" ".repeat(OVERSIZE)),
            Self::Truncated => due().sent(Manner::Cut),
            Self::HangBeforeHead => due().sent(Manner::HangBeforeHead),
            Self::HangInBody => due().sent(Manner::HangInBody),
            Self::Trickle => due().sent(Manner::Trickle),
            Self::Disconnect => due().sent(Manner::Disconnect),
            refusal => refusal.refusal(),
        }
    }

    fn refusal(self) -> Reply {
        match self {
            Self::WindowUsedUp | Self::WindowUsedUpUntold => problem(429, "about:blank", "Too Many Requests"),
            Self::WindowUsedUpCode88 => Reply::json(
                429,
                &json!({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
            ),
            Self::UsageCappedDaily => usage_capped(429, "Daily"),
            Self::UsageCappedMonthly => usage_capped(429, "Monthly"),
            Self::UsageCappedForbidden => usage_capped(403, "Monthly"),
            Self::TooManyConnections => Reply::json(
                429,
                &json!({"title": "ConnectionException", "connection_issue": "TooManyConnections",
                    "type": "https://api.x.com/2/problems/streaming-connection"}),
            ),
            Self::OutOfCredit => problem(
                402,
                "https://api.twitter.com/2/problems/credits",
                "CreditsDepleted",
            ),
            Self::Unauthorized => problem(401, "about:blank", "Unauthorized"),
            Self::NotEnrolled => Reply::json(
                403,
                &json!({"title": "Client Forbidden", "reason": "client-not-enrolled", "detail": "Attach the app to a project.",
                    "type": "https://api.twitter.com/2/problems/client-forbidden"}),
            ),
            Self::AccessLevel => Reply::json(
                403,
                &json!({"errors": [{"code": 453, "message": "You may need a different access level."}]}),
            ),
            Self::NotPermitted => problem(
                403,
                "https://api.x.com/2/problems/oauth1-permissions",
                "Oauth1 Permissions",
            ),
            Self::Conflict => problem(409, "https://api.x.com/2/problems/conflict", "Conflict"),
            other => panic!("{other:?} is not a refusal"),
        }
    }
}

pub(crate) fn problem(status: u16, kind: &str, title: &str) -> Reply {
    Reply::json(
        status,
        &json!({"type": kind, "title": title, "detail": title, "status": status}),
    )
}

pub(crate) fn bad_parameter(name: &str, value: &str, message: &str) -> Reply {
    Reply::json(
        400,
        &json!({"errors": [{"parameters": {name: [value]}, "message": message}], "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": "https://api.twitter.com/2/problems/invalid-request"}),
    )
}

fn usage_capped(status: u16, period: &str) -> Reply {
    Reply::json(
        status,
        &json!({"title": "UsageCapExceeded", "detail": format!("Usage cap exceeded: {period} product cap"),
            "type": "https://api.twitter.com/2/problems/usage-capped", "period": period, "scope": "Product"}),
    )
}
