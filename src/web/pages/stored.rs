//! `/me/stored`: everything that is stored about the reader, as a file.
use poem::{IntoResponse, Response, handler};

use super::{reader::Reader, sessions::own_account};
use crate::{
    access::{Action, Target},
    web::stored,
};

/// Saves it.
#[handler]
pub(crate) async fn save(reader: Reader<'_>) -> poem::Result<Response> {
    let account = own_account(&reader).await?;
    reader.permit(Action::SAVE_STORED, Some(Target::Account(account.id)))?;
    let file = stored::save(reader.web, &reader.caller.actor, &account).await?;
    Ok(file.into_response())
}
