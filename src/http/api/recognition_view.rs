//! What the API says of recognitions and boards.
use uuid::Uuid;

use crate::{
    access::Caller,
    http::{Web, problem::Failure},
    recognition::scope::Scope,
};

/// The scope that at most one of three parameters names; foreign and unknown ids are not found.
pub(super) async fn scope_of(
    web: &Web,
    caller: &Caller,
    site: Option<Uuid>,
    team: Option<Uuid>,
    staff: Option<Uuid>,
) -> Result<Scope, Failure> {
    let (scope, what) = match (site, team, staff) {
        (None, None, None) => return Ok(Scope::Organisation),
        (Some(site), None, None) => (Scope::Site(site), "site"),
        (None, Some(manager), None) => (Scope::Team(manager), "staff member"),
        (None, None, Some(person)) => (Scope::Person(person), "staff member"),
        _ => return Err(Failure::invalid("give only one of site, team and staff")),
    };
    if scope.exists(web.app.db.read(), caller.organisation).await? {
        Ok(scope)
    } else {
        Err(Failure::not_found(what))
    }
}
