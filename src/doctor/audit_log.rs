//! The audit log: whether it is linked, and what the last reading of it found.
use chrono::TimeDelta;
use entity::organisation;
use sea_orm::EntityTrait;

use super::Finding;
use crate::{
    access::chain,
    app::App,
    platform::signing::{self, SigningError},
};

const SUBJECT: &str = "audit log";
/// It is read every day while the service runs.
const LATE: TimeDelta = TimeDelta::days(2);

pub(super) async fn examine(app: &App) -> Finding {
    if !app.secrets.is_lasting() {
        return Finding::doubtful(
            SUBJECT,
            "it is not linked, so that nobody would notice a change: no secret key is set (plaudit init makes one)",
        );
    }
    match look(app).await {
        Ok(finding) => finding,
        Err(SigningError::Seal(error)) => Finding::bad(
            SUBJECT,
            format!("{error}: nothing is linked; set the secret key with which it was begun"),
        ),
        Err(error) => Finding::bad(SUBJECT, format!("it cannot be read: {error}")),
    }
}

async fn look(app: &App) -> Result<Finding, SigningError> {
    let db = app.db.read();
    signing::own(db, &app.secrets).await?;
    let since = app.clock.now() - LATE;
    let (mut is_linked, mut late) = (false, false);
    for organisation in organisation::Entity::find().all(db).await? {
        let Some(head) = chain::head(db, organisation.id).await? else {
            continue;
        };
        if let Some(block) = head.fault_block {
            let slug = organisation.slug;
            let words =
                format!("that of {slug} was changed, first at block {block}; see plaudit audit verify");
            return Ok(Finding::bad(SUBJECT, words));
        }
        is_linked = true;
        late |= head.checked_at.is_none_or(|at| at < since);
    }
    Ok(match (is_linked, late) {
        (false, _) => Finding::good(SUBJECT, "nothing is linked yet"),
        (true, true) => Finding::doubtful(
            SUBJECT,
            "it was not checked for two days; plaudit serve checks it every day",
        ),
        (true, false) => Finding::good(SUBJECT, "as it was written when it was last checked"),
    })
}
