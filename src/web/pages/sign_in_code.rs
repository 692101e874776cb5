//! `/sign-in-code`: whoever opened a link and has a second factor gives a code of it. Half a session opens this page and
//! nothing else.
use entity::{account, half_session as row, session};
use poem::{Response, handler, http::StatusCode};
use secrecy::SecretString;

use super::{
    Visit,
    fields::Fields,
    form::refuse_other_types,
    second_factor::refused,
    sign_in::{gone, tell, to_parameter, wanted},
};
use crate::{
    access::{
        half_session, person,
        second_factor::{self, Checked, FactorError},
        session as sessions,
    },
    roster::organisation as organisations,
    template::context::{CodeEntry, SignInCodePage},
    web::{problem::Failure, session as cookie},
};

pub(super) const PATH: &str = "/sign-in-code";

/// The page; whoever has no half session begins at the sign-in.
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    match cookie::half(visit.web, visit.request)
        .await
        .map_err(Failure::from)?
    {
        Some((_, account)) => page(&visit, &account, None).await,
        None => Ok(visit.see_other("/sign-in", None)),
    }
}

/// Takes the code: the half session becomes one, under another cookie.
#[handler]
pub(crate) async fn take(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    let found = cookie::half(visit.web, visit.request)
        .await
        .map_err(Failure::from)?;
    let Some((half, account)) = found else {
        return Ok(visit.see_other("/sign-in", None));
    };
    let typed = Fields::read(&body).get("code").text;
    match entered(&visit, &half, &account, &typed).await {
        Ok((Checked::Right(_), begun)) => {
            let (session, token) = begun.ok_or_else(gone)?;
            let to = wanted(&visit);
            let mut answer = visit.see_other(to.as_deref().unwrap_or("/"), None);
            cookie::keep(visit.web, &mut answer, &token, &session);
            Ok(answer)
        }
        Ok((checked, _)) => page(&visit, &account, Some(checked)).await,
        // It was taken off meanwhile.
        Err(FactorError::NotThere) => Ok(visit.see_other("/sign-in", None)),
        Err(error) => Err(Failure::from(error).into()),
    }
}

async fn entered(
    visit: &Visit<'_>,
    half: &row::Model,
    account: &account::Model,
    typed: &str,
) -> Result<(Checked, Option<(session::Model, SecretString)>), FactorError> {
    let (app, now) = (&visit.web.app, visit.web.app.clock.now());
    let tx = app.db.write().await?;
    let checked = second_factor::check(&tx, &app.secrets, account, typed, now).await?;
    let mut begun = None;
    if let Checked::Right(_) = checked {
        let is_known = sessions::knows_device(&tx, account, &half_session::device_of(half)).await?;
        begun = half_session::complete(&tx, half, account, now).await?;
        let Some((session, _)) = &begun else {
            // It ended meanwhile, so the code was used for nothing, and stays unused.
            return Ok((checked, None));
        };
        tell(&tx, account, session, (is_known, half.is_past_company), now).await?;
    }
    tx.commit().await?;
    Ok((checked, begun))
}

async fn page(
    visit: &Visit<'_>,
    account: &account::Model,
    checked: Option<Checked>,
) -> poem::Result<Response> {
    let db = visit.web.app.db.read();
    let organisation = organisations::by_id(db, account.organisation_id).await;
    let organisation = organisation.map_err(Failure::from)?.ok_or_else(gone)?;
    let staff = person::on_roster(db, account).await.map_err(Failure::from)?;
    let refused = checked.and_then(|checked| refused(visit, &organisation, checked));
    let (status, code) = refused.unwrap_or((StatusCode::OK, CodeEntry::default()));
    let to = wanted(visit).as_deref().map(to_parameter);
    let mut page = SignInCodePage {
        page: visit.frame(&organisation, PATH),
        name: person::name(account, staff.as_ref()),
        action: visit.link(PATH, to.as_deref()),
        code,
        sign_in_url: visit.link("/sign-in", None),
    };
    page.page.languages.clear();
    visit.page(status, &page).map(super::receipt::unseen)
}
