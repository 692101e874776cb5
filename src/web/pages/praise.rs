//! What a notice tells, behind the unguessable link of its mail: one praise, or a reader's week. Read-only.
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{capability, notice, organisation};
use poem::{Error, Response, handler, http::StatusCode};

use super::{Visit, receipt::unseen};
use crate::{
    access::{account, person},
    deliver::{
        compose::{
            self, Addressed,
            mails::{self, reasons},
            said::Said,
        },
        digest,
        link::{self, Purpose},
    },
    roster::{deputy, organisation as organisations},
    route::reason::Reason,
    template::{
        Moment,
        context::{Because, DigestPage, PraisePage},
    },
    web::problem::Failure,
};

/// The page behind a mail's link.
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let app = &visit.web.app;
    let now = app.clock.now();
    let opened = link::open(app.db.read(), visit.part("token"), Purpose::Page, now)
        .await
        .map_err(Failure::from)?;
    let opened = opened.ok_or_else(|| Error::from_status(StatusCode::NOT_FOUND))?;
    let (notice, organisation) = subject(&visit, &opened)
        .await
        .map_err(Failure::from)?
        .ok_or_else(gone)?;
    if !reads_still(&visit, &opened, &organisation)
        .await
        .map_err(Failure::from)?
    {
        return Err(gone());
    }
    if !stands_in_still(&visit, &opened, &organisation, &notice)
        .await
        .map_err(Failure::from)?
    {
        return Err(gone());
    }
    if notice.kind == notice::Kind::Digest {
        return week(&visit, &organisation, &notice).await;
    }
    let said = compose::told_by(app.db.read(), &organisation, &notice)
        .await
        .map_err(Failure::from)?
        .filter(|said| notice.channel_id.is_none() || said.is_for_colleagues())
        .ok_or_else(gone)?;
    let because = because(&visit, &organisation, (&notice, &said))
        .await
        .map_err(Failure::from)?;
    let mut page = page(&visit, &organisation, (&notice, &said), opened.expires_at, now).ok_or_else(gone)?;
    page.because = because;
    if notice.reader_id.is_some() && notice.kind == notice::Kind::Praise && !page.people.is_empty() {
        page.desk_url = Some(visit.link("/desk", Some(&format!("at={}", said.comment.id))));
    }
    visit.page(StatusCode::OK, &page).map(unseen)
}

/// Why the reader was told of it, where it is a reader and no room.
async fn because(
    visit: &Visit<'_>,
    organisation: &organisation::Model,
    (notice, said): (&notice::Model, &Said),
) -> Result<Option<Because>, sea_orm::DbErr> {
    if notice.reader_id.is_none() {
        return Ok(None);
    }
    let db = visit.web.app.db.read();
    let rules = mails::names_of_rules(db, organisation.id, notice.rule_id.into_iter()).await?;
    let addressed = Addressed {
        notice: notice.clone(),
        reader: None,
        organisation: Arc::new(organisation.clone()),
        reason: Reason::read(&notice.reason),
    };
    let mut said = said.clone();
    said.rules = rules;
    Ok(Some(addressed.because(mails::what(&addressed, &said))))
}

/// A link ends with the work or the account of whoever it was mailed to.
async fn reads_still(
    visit: &Visit<'_>,
    opened: &capability::Model,
    organisation: &organisation::Model,
) -> Result<bool, sea_orm::DbErr> {
    let app = &visit.web.app;
    let today = organisations::day_in(organisation, app.clock.now());
    match opened.account_id {
        Some(reader) => person::works_here(app.db.read(), organisation.id, reader, today).await,
        None => Ok(true),
    }
}

/// What somebody was told for a manager who was away is theirs for that time.
async fn stands_in_still(
    visit: &Visit<'_>,
    opened: &capability::Model,
    organisation: &organisation::Model,
    notice: &notice::Model,
) -> Result<bool, sea_orm::DbErr> {
    let Some(absent) = Reason::read(&notice.reason).stands_for else {
        return Ok(true);
    };
    let app = &visit.web.app;
    let reader = match opened.account_id {
        Some(reader) => account::by_id(app.db.read(), organisation.id, reader).await?,
        None => None,
    };
    let today = organisations::day_in(organisation, app.clock.now());
    match reader.and_then(|reader| reader.staff_id) {
        Some(staff) => deputy::stands_in(app.db.read(), organisation.id, (staff, absent), today).await,
        None => Ok(false),
    }
}

/// A reader's week as a page.
async fn week(
    visit: &Visit<'_>,
    organisation: &organisation::Model,
    notice: &notice::Model,
) -> poem::Result<Response> {
    let app = &visit.web.app;
    let reader = match notice.reader_id {
        Some(reader) => account::by_id(app.db.read(), organisation.id, reader)
            .await
            .map_err(Failure::from)?,
        None => None,
    };
    let reader = reader.ok_or_else(gone)?;
    let week = digest::compose::page(&app.deliver(), app.db.read(), organisation, notice, &reader)
        .await
        .map_err(Failure::from)?
        .ok_or_else(gone)?;
    let page = DigestPage {
        page: visit.frame(organisation, visit.request.uri().path()),
        week,
        earlier_url: None,
        later_url: None,
    };
    visit.page(StatusCode::OK, &page).map(unseen)
}

fn gone() -> Error {
    Error::from_status(StatusCode::GONE)
}

async fn subject(
    visit: &Visit<'_>,
    opened: &capability::Model,
) -> Result<Option<(notice::Model, organisation::Model)>, sea_orm::DbErr> {
    let Some(id) = opened.notice_id else {
        return Ok(None);
    };
    compose::notice_with_organisation(visit.web.app.db.read(), opened.organisation_id, id).await
}

fn page(
    visit: &Visit<'_>,
    organisation: &organisation::Model,
    (notice, said): (&notice::Model, &Said),
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<PraisePage> {
    Some(PraisePage {
        page: visit.frame(organisation, visit.request.uri().path()),
        people: said.people(),
        names: said.first_names().into_iter().map(str::to_owned).collect(),
        words: said.words_on_page(notice)?,
        at: Moment::full(said.comment.occurred_at, said.zone, now),
        source: said.source_name(),
        site: said.site.clone(),
        author: said.author(),
        post: said.post(),
        why: reasons(said),
        desk_url: None,
        because: None,
        until: until.with_timezone(&said.zone).date_naive(),
    })
}
