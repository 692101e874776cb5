//! `/verify`: anybody may ask whether a record is genuine. What is sent is looked at and kept nowhere.
use base64::{Engine, engine::general_purpose::STANDARD};
use poem::{Error, Response, handler, http::StatusCode, web::Multipart};

use super::{Visit, sign_in::frame};
use crate::{
    platform::{blocking::blocking, signing},
    record::{
        file::{Record, Thanks},
        verify::{self, Verified},
    },
    template::{
        Words,
        context::{VerifiedQuote, VerifiedRecord, VerifyPage, VerifyState},
    },
    web::problem::Failure,
};

const PATH: &str = "/verify";

/// The form.
#[handler]
pub(crate) async fn ask(visit: Visit<'_>) -> poem::Result<Response> {
    let page = page(&visit, public(&visit).await?);
    visit.page(StatusCode::OK, &page)
}

/// Looks at a file, or at its text.
#[handler]
pub(crate) async fn check(visit: Visit<'_>, form: Multipart) -> poem::Result<Response> {
    let sent = read(form).await?;
    let own = public(&visit).await?;
    let mut page = page(&visit, own);
    if sent.is_empty() {
        page.state = Some(VerifyState::Nothing);
        return visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let (state, status) = match blocking(move || verify::verify(&sent, own)).await {
        Verified::Genuine(record) => {
            page.record = Some(told(*record));
            (VerifyState::Genuine, StatusCode::OK)
        }
        Verified::Changed => (VerifyState::Changed, StatusCode::OK),
        Verified::Elsewhere => (VerifyState::Elsewhere, StatusCode::OK),
        Verified::NoRecord => (VerifyState::NoRecord, StatusCode::UNPROCESSABLE_ENTITY),
    };
    page.state = Some(state);
    visit.page(status, &page)
}

async fn public(visit: &Visit<'_>) -> Result<Option<signing::Public>, Failure> {
    Ok(signing::public(visit.web.app.db.read()).await?)
}

fn page(visit: &Visit<'_>, own: Option<signing::Public>) -> VerifyPage {
    VerifyPage {
        page: frame(visit, PATH),
        action: visit.link(PATH, None),
        state: None,
        record: None,
        public_key: own.map(|own| STANDARD.encode(own.bytes())),
    }
}

/// What was chosen or pasted, whichever holds anything.
async fn read(mut form: Multipart) -> poem::Result<Vec<u8>> {
    let bad = |_| Error::from_status(StatusCode::BAD_REQUEST);
    let mut sent = Vec::new();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        let is_ours = matches!(field.name(), Some("file" | "text"));
        let bytes = field
            .bytes()
            .await
            .map_err(|_| Error::from_status(StatusCode::BAD_REQUEST))?;
        if is_ours && sent.is_empty() {
            sent = bytes.trim_ascii().to_vec();
        }
    }
    Ok(sent)
}

fn told(record: Record) -> VerifiedRecord {
    let quotes: Vec<VerifiedQuote> = record.thanks.into_iter().filter_map(quote).collect();
    VerifiedRecord {
        person: record.person,
        organisation: record.organisation,
        issued_on: record.issued_at.date_naive(),
        count: record.counts.all,
        first: record.period.map(|period| period.from),
        latest: record.period.map(|period| period.to),
        without_words: record.counts.all.saturating_sub(quotes.len() as u64),
        quotes,
    }
}

fn quote(thanks: Thanks) -> Option<VerifiedQuote> {
    Some(VerifiedQuote {
        on: thanks.on,
        site: thanks.site,
        words: Words::plain(&thanks.words?, thanks.language.as_deref()),
    })
}
