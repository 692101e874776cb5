//! What is refused: counted, and noted in the audit log at most once a minute for each kind and organisation, so that who
//! tries doors is seen and cannot fill the log.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::organisation;
use sea_orm::{DbErr, EntityTrait, QuerySelect};
use uuid::Uuid;

use crate::{access::audit, app::App, platform::telemetry::metrics};

const ONE_LINE_IN: TimeDelta = TimeDelta::minutes(1);

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// An address that nobody here has, or a link that does not work (any more).
    SignIn,
    /// A code that does not work.
    Code,
    /// A code of the second factor that is wrong; the account's own line tells of it.
    SecondFactor,
    /// A key that does not work.
    Key,
    /// Something that the caller may not do.
    Permission,
}

impl Refused {
    /// All of them.
    pub const ALL: [Refused; 5] = [
        Refused::SignIn,
        Refused::Code,
        Refused::SecondFactor,
        Refused::Key,
        Refused::Permission,
    ];

    /// As the audit log names it; all begin alike, so that they are found together.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Refused::SignIn => "refuse_sign_in",
            Refused::Code => "refuse_code",
            Refused::SecondFactor => "refuse_second_factor",
            Refused::Key => "refuse_key",
            Refused::Permission => "refuse_permission",
        }
    }
}

/// What, and whose; none: the installation's.
type Kind = (Refused, Option<Uuid>);

/// Counts since the last line.
#[derive(Debug)]
struct Since {
    last_line: DateTime<Utc>,
    count: u64,
}

/// Counters of what is refused; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    since: Arc<Mutex<HashMap<Kind, Since>>>,
}

impl Refusals {
    /// Counts one. Where no organisation is known it is the installation's, and stands in the log of its organisation
    /// if there is only one: of several, none is told what was tried at the others'. The line is written after the answer.
    pub fn note(&self, app: &App, what: Refused, organisation: Option<Uuid>, actor: &str) {
        metrics::refused(what.action());
        let Some(count) = self.due(what, organisation, app.clock.now()) else {
            return;
        };
        tracing::warn!(what = what.action(), count, "refused");
        let (app, actor) = (app.clone(), actor.to_owned());
        app.later.clone().spawn(async move {
            if let Err(error) = write(&app, what, organisation, &actor, count).await {
                tracing::error!(%error, "what was refused could not be noted");
            }
        });
    }

    /// Counts a wrong code of a second factor. Its line is the account's own, one for each row of wrong codes.
    pub fn count_second_factor(&self) {
        let what = Refused::SecondFactor.action();
        metrics::refused(what);
        tracing::warn!(what, count = 1, "refused");
    }

    /// How many there were since the last line, if another one is due.
    fn due(&self, what: Refused, organisation: Option<Uuid>, now: DateTime<Utc>) -> Option<u64> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(counted) = since.get_mut(&(what, organisation)) else {
            since.insert(
                (what, organisation),
                Since {
                    last_line: now,
                    count: 0,
                },
            );
            return Some(1);
        };
        counted.count += 1;
        if now - counted.last_line < ONE_LINE_IN {
            return None;
        }
        counted.last_line = now;
        Some(std::mem::take(&mut counted.count))
    }
}

async fn write(
    app: &App,
    what: Refused,
    organisation: Option<Uuid>,
    actor: &str,
    count: u64,
) -> Result<(), DbErr> {
    let whose = match organisation {
        Some(own) => Some(own),
        None => only_organisation(app).await?,
    };
    let Some(organisation) = whose else { return Ok(()) };
    let tx = app.db.write().await?;
    let entry = audit::Entry {
        organisation,
        at: app.clock.now(),
        actor,
        action: what.action(),
        subject_kind: "access",
        subject_id: None,
        detail: serde_json::json!({ "count": count }),
    };
    audit::record(&tx, entry).await?;
    tx.commit().await
}

async fn only_organisation(app: &App) -> Result<Option<Uuid>, DbErr> {
    let ids = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::Id);
    let some: Vec<Uuid> = ids.limit(2).into_tuple().all(app.db.read()).await?;
    Ok(match some.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}
