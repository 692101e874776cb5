//! Telling: whether anybody is to be told and cannot be.
use entity::organisation;
use sea_orm::{DbErr, EntityTrait};

use super::Finding;
use crate::{
    app::App,
    route::read::{self, Untold},
};

pub(super) async fn examine(app: &App) -> Finding {
    match all(app).await {
        Ok(untold) => finding(&untold),
        Err(error) => Finding::bad(
            "telling",
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
    }
    Ok(sum)
}

fn finding(untold: &Untold) -> Finding {
    let mut what = Vec::new();
    if untold.no_recipient > 0 {
        what.push(format!(
            "{} notices have nobody to go to: give whom they praise a manager, their site a lead or the organisation an \
             administrator, with an address, and they are told (GET /v1/notices?state=no_recipient lists them)",
            untold.no_recipient
        ));
    }
    if untold.refused_addresses > 0 {
        what.push(format!(
            "the mail server refuses {} addresses for good, and others are told instead: correct them on the roster \
             (GET /v1/notices?state=refused)",
            untold.refused_addresses
        ));
    }
    if what.is_empty() {
        let waiting = untold.waiting;
        return Finding::good(
            "telling",
            format!("everybody can be told; {waiting} notices wait for their mail"),
        );
    }
    Finding::doubtful("telling", what.join("; "))
}
