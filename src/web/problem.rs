//! Errors as RFC 9457 problems: the one file where errors of the service become answers.

use poem::{
    Endpoint, Error, IntoResponse, Request, Response,
    error::NotFoundError,
    http::{Method, StatusCode},
};
use poem_openapi::{ApiResponse, Object, payload::Json};
use sea_orm::DbErr;

use super::{allow, pages::Asker, scim};
use crate::{
    access::{Denied, preference::WrongPreference, role::RoleError, second_factor::FactorError},
    attribute::names::answer::NameError,
    capture::{
        draft::Unusable, group::NotStored, held::HeldError, import::ImportError as CommentImportError,
        shielded::ShieldError, source::SourceError, spoken::NotLogged,
    },
    deliver::channel::manage::ChannelError,
    platform::{db, secret::SealError, table::TableError},
    roster::{RosterError, import::ImportError as RosterImportError, rota::file::RotaError},
    route::rule::manage::RuleError,
    sign_on::provider::ProviderError,
    triage::DecisionError,
};

/// What went wrong, in the form of RFC 9457.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Problem {
    /// A stable name of this kind of problem: `urn:plaudit:problem:` and a slug.
    #[oai(rename = "type")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: String,
    /// The status of the answer.
    #[oai(validator(minimum(value = "400"), maximum(value = "599")))]
    pub status: u16,
    /// What was wrong this time, where, and what would be right.
    pub detail: Option<String>,
}

/// Any failure of an operation.
#[derive(Debug, ApiResponse)]
pub enum Failure {
    /// A problem, as RFC 9457 describes.
    #[oai(content_type = "application/problem+json")]
    Problem(StatusCode, Json<Problem>),
}

impl Failure {
    /// A problem of a kind: `slug` and `title` are stable, `detail` tells of this case.
    pub fn new(status: StatusCode, slug: &str, title: &str, detail: impl Into<Option<String>>) -> Failure {
        Failure::Problem(status, Json(Problem::new(status, slug, title, detail.into())))
    }

    /// What was asked for is not there, or is another organisation's.
    #[must_use]
    pub fn not_found(what: &str) -> Failure {
        Failure::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Not found",
            Some(format!("there is no such {what}")),
        )
    }

    /// What was sent cannot be used.
    #[must_use]
    pub fn invalid(detail: impl ToString) -> Failure {
        Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "The request cannot be used",
            Some(detail.to_string()),
        )
    }

    /// It contradicts what is there.
    #[must_use]
    pub fn conflict(detail: impl ToString) -> Failure {
        Failure::new(
            StatusCode::CONFLICT,
            "conflict",
            "It contradicts what is there",
            Some(detail.to_string()),
        )
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let Failure::Problem(status, _) = self;
        *status
    }

    /// After how many seconds it is worth asking again, where it is.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        let is_passing = matches!(
            self.status(),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        );
        is_passing.then_some(30)
    }

    /// Our own fault; the cause goes to the log, not to the caller.
    #[must_use]
    pub fn internal(error: &dyn std::fmt::Display) -> Failure {
        tracing::error!(%error, "a request failed");
        Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong here",
            Some("it is our fault; nothing was changed".to_owned()),
        )
    }
}

impl Problem {
    /// A problem of a kind.
    #[must_use]
    pub fn new(status: StatusCode, slug: &str, title: &str, detail: Option<String>) -> Problem {
        Problem {
            kind: format!("urn:plaudit:problem:{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
        }
    }
}

impl From<WrongPreference> for Failure {
    fn from(wrong: WrongPreference) -> Failure {
        Failure::invalid(wrong)
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Failure {
        if db::is_passing(&error) {
            tracing::error!(%error, "the database cannot be used");
            return unavailable(
                "the database cannot be used at the moment; nothing was changed; try again later",
            );
        }
        Failure::internal(&error)
    }
}

/// Nothing was changed, and it is worth asking again.
#[must_use]
pub fn unavailable(detail: &str) -> Failure {
    Failure::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "Not possible at the moment",
        Some(detail.to_owned()),
    )
}

impl From<NotStored> for Failure {
    fn from(error: NotStored) -> Failure {
        match &error {
            NotStored::Stopping => unavailable("the server is stopping; nothing was stored"),
            NotStored::Database(cause) if db::is_passing(cause) => {
                tracing::error!(%error, "the database cannot be used");
                unavailable("the database cannot be used at the moment; nothing was stored; try again later")
            }
            NotStored::Database(_) => Failure::internal(&error),
        }
    }
}

impl From<Unusable> for Failure {
    fn from(error: Unusable) -> Failure {
        Failure::invalid(error)
    }
}

impl From<RosterError> for Failure {
    fn from(error: RosterError) -> Failure {
        match error {
            RosterError::Database(cause) => cause.into(),
            RosterError::Taken { .. } | RosterError::Erased | RosterError::StillHere => {
                Failure::conflict(error)
            }
            _ => Failure::invalid(error),
        }
    }
}

impl Failure {
    /// What the path names is not there, or is another organisation's.
    #[must_use]
    pub fn of_path(error: RosterError) -> Failure {
        match error {
            RosterError::NotFound { what, .. } => Failure::not_found(what),
            other => other.into(),
        }
    }
}

impl From<RosterImportError> for Failure {
    fn from(error: RosterImportError) -> Failure {
        match error {
            RosterImportError::Database(cause) => cause.into(),
            RosterImportError::Roster(cause) => cause.into(),
            RosterImportError::Table(TableError::File { .. }) => Failure::internal(&error),
            RosterImportError::Stale { .. } => Failure::conflict(error),
            _ => Failure::invalid(error),
        }
    }
}

impl From<RotaError> for Failure {
    fn from(error: RotaError) -> Failure {
        match error {
            RotaError::Database(cause) => cause.into(),
            RotaError::Roster(cause) => cause.into(),
            RotaError::Table(TableError::File { .. }) => Failure::internal(&error),
            RotaError::Table(_) | RotaError::Wrong(_) => Failure::invalid(error),
        }
    }
}

impl From<CommentImportError> for Failure {
    fn from(error: CommentImportError) -> Failure {
        match error {
            CommentImportError::Database(cause) => cause.into(),
            CommentImportError::Roster(cause) => cause.into(),
            CommentImportError::Table(TableError::File { .. }) | CommentImportError::Rejects(_) => {
                Failure::internal(&error)
            }
            CommentImportError::Paused(_) | CommentImportError::CannotUndo(_) => Failure::conflict(error),
            _ => Failure::invalid(error),
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Failure {
        match error {
            SourceError::Database(cause) => cause.into(),
            SourceError::Taken { .. } => Failure::conflict(error),
            _ => Failure::invalid(error),
        }
    }
}

impl From<DecisionError> for Failure {
    fn from(error: DecisionError) -> Failure {
        match error {
            DecisionError::Database(cause) => cause.into(),
            DecisionError::NoSuchComment => Failure::not_found("comment"),
            DecisionError::NoSuchStaffMember(_)
            | DecisionError::NobodyNamed
            | DecisionError::Contradiction(_) => Failure::invalid(error),
            _ => Failure::conflict(error),
        }
    }
}

impl From<NotLogged> for Failure {
    fn from(error: NotLogged) -> Failure {
        match error {
            NotLogged::Database(cause) => cause.into(),
            NotLogged::Closed | NotLogged::KeyReused => Failure::conflict(error),
            NotLogged::Oneself | NotLogged::Unusable(_) => Failure::invalid(error),
            NotLogged::Enough => Failure::new(
                StatusCode::TOO_MANY_REQUESTS,
                "enough_for_today",
                "Enough for today",
                Some(error.to_string()),
            ),
        }
    }
}

impl From<ChannelError> for Failure {
    fn from(error: ChannelError) -> Failure {
        match error {
            ChannelError::Database(cause) => cause.into(),
            ChannelError::NotFound(_) => Failure::not_found("channel"),
            ChannelError::Seal(_) | ChannelError::NoSecret => Failure::conflict(error),
            _ => Failure::invalid(error),
        }
    }
}

impl From<RuleError> for Failure {
    fn from(error: RuleError) -> Failure {
        match error {
            RuleError::Database(cause) => cause.into(),
            RuleError::NotFound(_) => Failure::not_found("rule"),
            RuleError::TooMany => Failure::conflict(error),
            RuleError::Invalid { .. } => Failure::invalid(error),
        }
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Failure {
        match error {
            ProviderError::Database(cause) => cause.into(),
            ProviderError::NotFound(_) => Failure::not_found("provider"),
            ProviderError::Seal(_) | ProviderError::LastProvider | ProviderError::LastAdministrator => {
                Failure::conflict(error)
            }
            _ => Failure::invalid(error),
        }
    }
}

impl From<RoleError> for Failure {
    fn from(error: RoleError) -> Failure {
        match error {
            RoleError::Database(cause) => cause.into(),
            RoleError::NotFound => Failure::not_found("role"),
            RoleError::LastAdministrator | RoleError::Emergency | RoleError::SeveralAtAddress(_) => {
                Failure::conflict(error)
            }
            RoleError::HoldsEverywhere
            | RoleError::NoSuchSite
            | RoleError::NoSuchPerson
            | RoleError::NotAnAddress(_)
            | RoleError::NoAddress
            | RoleError::HasLeft => Failure::invalid(error),
        }
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Failure {
        match error {
            NameError::Database(cause) => cause.into(),
            NameError::Roster(cause) => cause.into(),
            NameError::NoSuchName => Failure::not_found("name"),
            NameError::Answered | NameError::NothingToUndo | NameError::Oneself | NameError::Borne { .. } => {
                Failure::conflict(error)
            }
        }
    }
}

impl From<ShieldError> for Failure {
    fn from(error: ShieldError) -> Failure {
        match error {
            ShieldError::Database(cause) => cause.into(),
            ShieldError::NoSuchComment => Failure::not_found("comment"),
            ShieldError::NotWaiting => Failure::conflict(error),
        }
    }
}

impl From<HeldError> for Failure {
    fn from(error: HeldError) -> Failure {
        match error {
            HeldError::Database(cause) => cause.into(),
            HeldError::NoSuchComment => Failure::not_found("comment"),
            HeldError::NotHeld => Failure::conflict(error),
        }
    }
}

impl From<FactorError> for Failure {
    fn from(error: FactorError) -> Failure {
        match error {
            FactorError::Database(cause) => cause.into(),
            FactorError::NotThere | FactorError::NoRole => Failure::not_found("second factor"),
            FactorError::NotYourself | FactorError::Own => Failure::conflict(error),
            FactorError::Seal(SealError::NoKey) => Failure::conflict(error),
            FactorError::Seal(_) => Failure::internal(&error),
        }
    }
}

impl From<Denied> for Failure {
    fn from(error: Denied) -> Failure {
        if error == Denied::NeedsFreshSignIn {
            let title = "Confirm that it is you";
            return Failure::new(StatusCode::FORBIDDEN, "confirm", title, Some(error.to_string()));
        }
        if error == Denied::NeedsSecondFactor {
            let title = "Set up a second factor";
            return Failure::new(
                StatusCode::FORBIDDEN,
                "second_factor",
                title,
                Some(error.to_string()),
            );
        }
        Failure::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Not permitted",
            Some(error.to_string()),
        )
    }
}

/// Turns every error that is not an answer yet into a problem: unknown paths, bodies that cannot be read, and so on.
/// Whoever asked for a page gets one.
pub async fn as_problem<E: Endpoint>(next: std::sync::Arc<E>, request: Request) -> poem::Result<Response> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let asker = Asker::of(&request);
    let error = match next.call(request).await {
        Ok(answer) => return Ok(answer.into_response()),
        Err(error) => error,
    };
    let mut answer = match asker {
        Some(asker) => asker.answer(error),
        None if error.is_from_response() => error.into_response(),
        None => problem_of(&error, method.as_str()),
    };
    if scim::is_for(&path) {
        answer = scim::error_of(answer).await;
    }
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        allow::tell(&path, answer.headers_mut());
    }
    if method == Method::HEAD {
        answer.set_body(());
    }
    Ok(answer)
}

fn problem_of(error: &Error, method: &str) -> Response {
    let status = error.status();
    let words = error.to_string();
    let (slug, title, detail) = match status {
        StatusCode::NOT_FOUND if error.is::<NotFoundError>() => (
            "no_such_path",
            "There is nothing at this path",
            "see /docs for what there is".to_owned(),
        ),
        StatusCode::NOT_FOUND => ("not_found", "Not found", words),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "This path takes other methods",
            format!("{method} is not one of them"),
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "media_type",
            "The body is of another type",
            "send it as application/json".to_owned(),
        ),
        StatusCode::FORBIDDEN => (
            "forbidden",
            "Not permitted",
            "what a browser sends has to come from a page of this service, and to say so: Origin or Sec-Fetch-Site".to_owned(),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The body is too large", words),
        StatusCode::UNAUTHORIZED => (
            "unauthorised",
            "No valid key",
            "send an Authorization header with a key: Bearer plaudit_…".to_owned(),
        ),
        status if status.is_client_error() => ("bad_request", "The request cannot be read", words),
        _ => return Failure::internal(error).into_response(),
    };
    let status = if status.is_client_error() {
        status
    } else {
        StatusCode::BAD_REQUEST
    };
    let mut answer = Failure::new(status, slug, title, Some(detail)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        answer
            .headers_mut()
            .insert("www-authenticate", poem::http::HeaderValue::from_static("Bearer"));
    }
    answer
}
