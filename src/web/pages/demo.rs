//! The demo's visitor as somebody: signed in by a click, which is why there is no such page outside the demo.
use poem::{Response, handler};
use uuid::Uuid;

use super::{Visit, device, reader::not_found};
use crate::{
    access::{
        account as accounts,
        session::{self, Device},
    },
    roster::organisation as organisations,
    web::{problem::Failure, session as cookie},
};

/// `/demo/as/ACCOUNT`
#[handler]
pub(crate) async fn sign_in_as(visit: Visit<'_>) -> poem::Result<Response> {
    let app = &visit.web.app;
    let id = Uuid::try_parse(visit.part("id")).map_err(|_| not_found())?;
    let organisation = organisations::named_or_only(app.db.read(), None)
        .await
        .map_err(Failure::from)?;
    let account = accounts::by_id(app.db.read(), organisation.id, id)
        .await
        .map_err(Failure::from)?
        .ok_or_else(not_found)?;
    let device = Device {
        name: device::name(visit.request),
        is_shared: true,
        hash: None,
    };
    let begin = async {
        let tx = app.db.write().await?;
        let begun = session::start(&tx, &account, &device, app.clock.now()).await?;
        tx.commit().await?;
        Ok::<_, sea_orm::DbErr>(begun)
    };
    let (session, token) = begin.await.map_err(Failure::from)?;
    let mut answer = visit.see_other("/", None);
    cookie::keep(visit.web, &mut answer, &token, &session);
    Ok(answer)
}
