//! `/v1/comments`
use chrono::{DateTime, Utc};
use entity::{comment, comment_revision, json, verdict};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::{Tag, verdicts::VerdictView};
use crate::{
    access::{Action, Caller},
    capture::{
        self,
        erase::{self, Request},
        incoming::{self, Incoming, Words},
        store::Stored,
    },
    http::{Web, auth::KeyAuth, cursor, problem::Failure},
    roster::site,
};
