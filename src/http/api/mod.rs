//! The API: a struct a resource. Every operation names its [`crate::access::Action`].
pub mod comment_view;
pub mod comments;

use poem_openapi::Tags;

/// The resources of the API.
#[derive(Tags)]
pub enum Tag {
    /// What customers said.
    Comments,
}

/// All resources.
pub type Apis = (comments::Comments, ());

/// All resources.
#[must_use]
pub fn apis() -> Apis {
    (comments::Comments, ())
}
