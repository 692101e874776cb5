//! The API: a struct a resource. Every operation names its [`crate::access::Action`].
pub mod comment_view;
pub mod comments;
pub mod recognition_view;
pub mod recognitions;
pub mod triage;
pub mod triage_view;

use poem_openapi::Tags;

/// The resources of the API.
#[derive(Tags)]
pub enum Tag {
    /// What customers said.
    Comments,
    /// Credited praise, and who was thanked how often.
    Recognitions,
    /// What people decide, and complaints.
    Triage,
}

/// All resources.
pub type Apis = (comments::Comments, recognitions::Recognitions, triage::Triage);

/// All resources.
#[must_use]
pub fn apis() -> Apis {
    (comments::Comments, recognitions::Recognitions, triage::Triage)
}
