//! `/scim/v2`: where the company's directory brings people in. Its keys open nothing else, and no other key opens it.
mod answer;
mod discovery;
mod users;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoEndpoint, Request, Route, get, post};

pub(super) use answer::error_of;

use super::auth;
use crate::access::{Action, Caller};

pub(super) const ROOT: &str = "/scim/v2";

/// What each path takes, for answers that say so.
pub(super) const METHODS: [(&str, &[&str]); 9] = [
    ("/scim/v2/.search", &["POST"]),
    ("/scim/v2/Users", &["GET", "HEAD", "POST"]),
    ("/scim/v2/Users/.search", &["POST"]),
    ("/scim/v2/Users/:id", &["DELETE", "GET", "HEAD", "PATCH", "PUT"]),
    ("/scim/v2/ServiceProviderConfig", &["GET", "HEAD"]),
    ("/scim/v2/ResourceTypes", &["GET", "HEAD"]),
    ("/scim/v2/ResourceTypes/:id", &["GET", "HEAD"]),
    ("/scim/v2/Schemas", &["GET", "HEAD"]),
    ("/scim/v2/Schemas/:id", &["GET", "HEAD"]),
];

/// Whether a path is the directory's.
pub(super) fn is_for(path: &str) -> bool {
    path.strip_prefix(ROOT)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// All of it.
pub(super) fn routes() -> impl Endpoint {
    Route::new()
        .at("/Users", get(users::list).post(users::create))
        .at(
            "/Users/:id",
            get(users::show)
                .put(users::replace)
                .patch(users::patch)
                .delete(users::delete),
        )
        .at("/ServiceProviderConfig", get(discovery::config))
        .at("/ResourceTypes", get(discovery::resource_types))
        .at("/ResourceTypes/:id", get(discovery::resource_type))
        .at("/Schemas", get(discovery::schemas))
        .at("/Schemas/:id", get(discovery::one_schema))
        .at("/.search", post(users::search))
        .at("/Users/.search", post(users::search))
        .around(known)
        .into_endpoint()
}

/// Nothing is answered to strangers, and no other key is let in.
async fn known<E: Endpoint>(next: Arc<E>, mut request: Request) -> poem::Result<E::Output> {
    let caller: Caller = auth::permit_program(&request, Action::PROVISION_PEOPLE).await?;
    request.set_data(caller);
    next.call(request).await
}
