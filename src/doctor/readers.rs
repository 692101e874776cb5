//! whether anybody is to be told and cannot be.
use entity::organisation;
use sea_orm::{DbErr, EntityTrait};

use super::Finding;
use crate::{
    app::App,
    route::read::{self, Untold},
};

const SUBJECT: &str = "notifications";

pub(super) async fn examine(app: &App) -> Finding {
    match all(app).await {
        Ok(untold) => finding(&untold),
        Err(error) => Finding::bad(
            SUBJECT,
            format!("notices cannot be read: {error}; run plaudit migrate"),
        ),
    }
}

async fn all(app: &App) -> Result<Untold, DbErr> {
    let db = app.db.read();
    let mut sum = Untold::default();
    for organisation in organisation::Entity::find().all(db).await? {
        let own = read::untold(db, organisation.id).await?;
        sum.no_recipient += own.no_recipient;
        sum.refused_addresses += own.refused_addresses;
        sum.waiting += own.waiting;
        sum.undeliverable += own.undeliverable;
    }
    Ok(sum)
}

fn finding(untold: &Untold) -> Finding {
    let mut what = Vec::new();
    if untold.no_recipient > 0 {
        what.push(format!(
            "{} nobody to go to: give the people they praise a manager, their site a lead or the organisation an \
             administrator, with an address, and they are sent (GET /v1/notices?state=no_recipient lists them)",
            have(untold.no_recipient)
        ));
    }
    if untold.refused_addresses > 0 {
        what.push(format!(
            "the mail server permanently refuses addresses ({}); others are told instead: correct them on the roster \
             (GET /v1/notices?state=refused)",
            untold.refused_addresses
        ));
    }
    if untold.undeliverable > 0 {
        what.push(format!(
            "of {} nobody has told the person, though all who could were asked in time: they lie on the desk of \
             administrators",
            match untold.undeliverable {
                1 => "1 thank-you".to_owned(),
                many => format!("{many} thank-yous"),
            }
        ));
    }
    if what.is_empty() {
        return Finding::good(SUBJECT, queued(untold.waiting));
    }
    Finding::doubtful(SUBJECT, what.join("; "))
}

fn have(notices: u64) -> String {
    match notices {
        1 => "1 notice has".to_owned(),
        many => format!("{many} notices have"),
    }
}

fn queued(waiting: u64) -> String {
    match waiting {
        0 => "everyone who is to hear can be reached; none queued".to_owned(),
        some => format!("everyone who is to hear can be reached; {some} queued"),
    }
}
