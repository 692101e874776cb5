//! Values stored as JSON in one column.
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// A short list of words, such as a person's aliases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Words(pub Vec<String>);

/// A short list of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Ids(pub Vec<sea_orm::prelude::Uuid>);

/// A role that a group gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRole {
    /// As the provider names the group.
    pub group: String,
    /// `administrator`, `auditor` or `site_lead`.
    pub role: String,
    /// The site that is led; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<sea_orm::prelude::Uuid>,
}

/// Which groups give which roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct GroupRoles(pub Vec<GroupRole>);

/// Who wrote a comment, as far as they said so. Erased with the comment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct Author {
    /// The name they gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their name on a public network, without a leading `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Their stable id on a public network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Where to answer them: mail address or telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// A half-open range of Unicode code points of the stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First code point.
    pub start: u32,
    /// One past the last code point.
    pub end: u32,
}

/// Where in the text a person is meant or praised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Spans(pub Vec<Span>);

/// A break of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Break {
    /// When it begins.
    pub from: sea_orm::prelude::DateTimeUtc,
    /// When it is over.
    pub to: sea_orm::prelude::DateTimeUtc,
}

/// The breaks of a shift.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, FromJsonQueryResult,
)]
pub struct Breaks(pub Vec<Break>);

/// One feature that spoke for or against a verdict; `value * weight` is its share of the logit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Code of the catalogue.
    pub code: String,
    /// What was observed.
    pub value: f64,
    /// What the model makes of it.
    pub weight: f64,
}

/// Why a verdict is as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Reasons(pub Vec<Reason>);
