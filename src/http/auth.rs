//! Who calls the API: the key in the `Authorization` header.
use poem::{Request, http::StatusCode};
use poem_openapi::{SecurityScheme, auth::Bearer};

use super::{Web, address, problem::Failure};
use crate::access::{Action, Caller, permit};

/// A key: `Authorization: Bearer plaudit_…`.
#[derive(Debug, SecurityScheme)]
#[oai(ty = "bearer", rename = "Key", checker = "check")]
pub struct KeyAuth(Caller);

impl KeyAuth {
    /// The caller, if they may do this.
    pub fn permit(self, action: Action) -> Result<Caller, Failure> {
        permit::permit(&self.0, action)?;
        Ok(self.0)
    }
}

async fn check(request: &Request, bearer: Bearer) -> poem::Result<Caller> {
    let web = request
        .data::<Web>()
        .ok_or_else(|| poem::Error::from_status(StatusCode::INTERNAL_SERVER_ERROR))?;
    let address = address::of(request, &web.app.config.server.trusted_proxies);
    let caller = web
        .known
        .caller(&web.app.db, &bearer.token, web.app.clock.now())
        .await
        .map_err(Failure::from)?;
    let Some(caller) = caller else {
        web.limits.note_wrong_key(address)?;
        return Err(poem::Error::from_status(StatusCode::UNAUTHORIZED));
    };
    web.limits.may_call(&caller)?;
    Ok(caller)
}
