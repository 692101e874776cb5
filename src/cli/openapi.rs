//! `plaudit openapi`
use std::io::Write;

use crate::web::openapi;

/// Prints the API's document.
pub fn print() -> anyhow::Result<()> {
    let document = serde_json::to_string_pretty(&openapi::document())?;
    writeln!(std::io::stdout().lock(), "{document}")?;
    Ok(())
}
