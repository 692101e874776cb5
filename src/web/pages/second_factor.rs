//! `/me/second-factor`: whoever holds a role sets up an app that shows codes, gets recovery codes, and turns it off again.
use entity::account;
use poem::{Error, Response, handler, http::StatusCode};

use super::{
    Visit,
    fields::Fields,
    form::refuse_other_types,
    join::qr,
    reader::{Reader, not_found},
    receipt::unseen,
};
use crate::{
    access::{
        Action, Target, account as accounts,
        second_factor::{self, Checked, FactorError, Standing},
    },
    platform::secret::SealError,
    roster::organisation as organisations,
    template::{
        Moment,
        context::{CodeEntry, Field, FormProblemKind as Problem, SecondFactorPage},
    },
    web::problem::Failure,
};

pub(super) const PATH: &str = "/me/second-factor";
pub(super) const CONFIRM: &str = "/me/second-factor/confirm";
const CHANGE: &str = "/me/second-factor/change";

/// The page. The secret stands on it only until a first code shows that the app has it.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let account = own(&reader, Action::SHOW_SECOND_FACTOR).await?;
    answer(&reader, StatusCode::OK, &page(&reader, &account).await?)
}

/// Begins to set it up, or begins anew.
#[handler]
pub(crate) async fn begin(reader: Reader<'_>) -> poem::Result<Response> {
    let account = own(&reader, Action::SET_SECOND_FACTOR).await?;
    let app = &reader.web.app;
    let beginning = async {
        let tx = app.db.write().await?;
        second_factor::begin(&tx, &app.secrets, &account, app.clock.now()).await?;
        Ok::<_, FactorError>(tx.commit().await?)
    };
    match beginning.await {
        Ok(()) => Ok(reader.see_other(PATH, None)),
        Err(FactorError::Seal(SealError::NoKey)) => {
            let mut page = page(&reader, &account).await?;
            page.no_key = true;
            answer(&reader, StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

/// Turns it on by a first code, and shows the recovery codes.
#[handler]
pub(crate) async fn confirm(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let account = own(&reader, Action::SET_SECOND_FACTOR).await?;
    let typed = Fields::read(&body).get("code").text;
    let here = reader.session.as_ref().ok_or_else(not_found)?;
    let (app, now) = (&reader.web.app, reader.web.app.clock.now());
    let confirming = async {
        let tx = app.db.write().await?;
        let codes = second_factor::confirm(&tx, &app.secrets, &account, &typed, here, now).await?;
        tx.commit().await?;
        Ok::<_, FactorError>(codes)
    };
    match confirming.await {
        Ok(Some(codes)) => show_codes(&reader, &account, codes).await,
        Ok(None) => {
            let mut page = page(&reader, &account).await?;
            page.code.field.problem = Some(Problem::FactorCode);
            answer(&reader, StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(FactorError::NotThere) => Ok(reader.see_other(PATH, None)),
        Err(error) => Err(Failure::from(error).into()),
    }
}

/// With a code: makes recovery codes anew, or turns it off.
#[handler]
pub(crate) async fn change(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let account = own(&reader, Action::SHOW_SECOND_FACTOR).await?;
    let fields = Fields::read(&body);
    let turns_off = match fields.get("do").text.as_str() {
        "off" => true,
        "renew" => false,
        _ => return Err(Error::from_status(StatusCode::BAD_REQUEST)),
    };
    let (app, now) = (&reader.web.app, reader.web.app.clock.now());
    let typed = fields.get("code").text;
    let changing = async {
        let tx = app.db.write().await?;
        let checked = second_factor::check(&tx, &app.secrets, &account, &typed, now).await?;
        let codes = match (checked, turns_off) {
            (Checked::Right(_), true) => second_factor::turn_off(&tx, &account, now)
                .await
                .map(|()| Vec::new())?,
            (Checked::Right(_), false) => second_factor::renew_codes(&tx, &account, now).await?,
            _ => Vec::new(),
        };
        tx.commit().await?;
        Ok::<_, FactorError>((checked, codes))
    };
    let (checked, codes) = changing.await.map_err(Failure::from)?;
    if let Some((status, entry)) = refused(&reader, &reader.organisation, checked) {
        let mut page = page(&reader, &account).await?;
        page.code = entry;
        return answer(&reader, status, &page);
    }
    match turns_off {
        true => Ok(reader.see_other(PATH, None)),
        false => show_codes(&reader, &account, codes).await,
    }
}

/// What is wrong with a code; none where it was right.
pub(super) fn refused(
    visit: &Visit<'_>,
    organisation: &entity::organisation::Model,
    checked: Checked,
) -> Option<(StatusCode, CodeEntry)> {
    let problem = |problem| CodeEntry {
        field: Field {
            value: String::new(),
            problem: Some(problem),
        },
        waits_until: None,
    };
    match checked {
        Checked::Right(_) => None,
        Checked::Used => Some((StatusCode::UNPROCESSABLE_ENTITY, problem(Problem::FactorUsed))),
        Checked::Wrong => {
            visit.web.refusals.count_second_factor();
            Some((StatusCode::UNPROCESSABLE_ENTITY, problem(Problem::FactorCode)))
        }
        Checked::Waits(until) => {
            visit.web.refusals.count_second_factor();
            let now = visit.web.app.clock.now();
            let entry = CodeEntry {
                field: Field::default(),
                waits_until: Some(Moment::near(until, organisations::zone(organisation), now)),
            };
            Some((StatusCode::TOO_MANY_REQUESTS, entry))
        }
    }
}

/// The reader's account, if they may have a second factor or have one.
async fn own(reader: &Reader<'_>, action: Action) -> poem::Result<account::Model> {
    let id = reader.person()?.account;
    reader.permit(action, Some(Target::Account(id)))?;
    let db = reader.web.app.db.read();
    let found = accounts::by_id(db, reader.organisation.id, id).await;
    let account = found.map_err(Failure::from)?.ok_or_else(not_found)?;
    let has = async {
        Ok::<_, sea_orm::DbErr>(
            second_factor::is_offered(db, &account).await? || second_factor::is_on(db, &account).await?,
        )
    };
    match has.await.map_err(Failure::from)? {
        true => Ok(account),
        false => Err(not_found()),
    }
}

async fn show_codes(
    reader: &Reader<'_>,
    account: &account::Model,
    codes: Vec<String>,
) -> poem::Result<Response> {
    let mut page = page(reader, account).await?;
    page.state = "codes";
    page.codes = codes;
    answer(reader, StatusCode::OK, &page)
}

fn answer(reader: &Reader<'_>, status: StatusCode, page: &SecondFactorPage) -> poem::Result<Response> {
    reader.page(status, page).map(unseen)
}

async fn page(reader: &Reader<'_>, account: &account::Model) -> poem::Result<SecondFactorPage> {
    let (app, own) = (&reader.web.app, &reader.organisation);
    let db = app.db.read();
    let address = accounts::address_of(db, account).await.map_err(Failure::from)?;
    let name = address.unwrap_or_else(|| {
        reader
            .caller
            .person()
            .map_or_else(String::new, |one| one.name.clone())
    });
    let standing = second_factor::standing(db, &app.secrets, account, (&own.name, &name)).await;
    let needed = second_factor::is_needed(db, own.id)
        .await
        .map_err(Failure::from)?;
    let mut page = SecondFactorPage {
        page: reader.frame(PATH, ""),
        state: "off",
        needed,
        no_key: false,
        begin_url: reader.link(PATH, None),
        confirm_url: reader.link(CONFIRM, None),
        change_url: reader.link(CHANGE, None),
        qr: None,
        secret: None,
        code: CodeEntry::default(),
        since: None,
        left: 0,
        codes: Vec::new(),
        on_url: reader.link("/", None),
    };
    match standing.map_err(Failure::from)? {
        Standing::Off => {}
        Standing::Pending(pending) => {
            page.state = "pending";
            page.qr = qr(&pending.address);
            page.secret = Some(second_factor::in_fours(&pending.secret, " "));
        }
        Standing::On { since, left } => {
            page.state = "on";
            page.since = Some(Moment::near(since, organisations::zone(own), app.clock.now()));
            page.left = left;
        }
    }
    Ok(page)
}
