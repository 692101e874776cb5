//! The form in which a customer thanks somebody. It needs no script and asks one thing.
use std::net::IpAddr;

use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
};

use super::{
    Visit,
    fields::{Fields, Written},
    place::Place,
};
use crate::{
    capture::{
        draft::{self, Consent, Draft},
        form::{self, FormToken, Thanks, When},
        form_token::Shown,
        held::HeldFor,
        store::Stored,
    },
    template::context::{self, Choice, Field, FormProblemKind as Problem, ThankPage},
    web::{address, limit::Sending, problem::Failure},
};

/// The short fields that are kept as typed, and their longest values.
const SHORT: [(&str, usize); 4] = [("who", 120), ("when", 80), ("name", 80), ("email", 254)];
/// The field that people do not see; see `thank.hbs`.
const TRAP: &str = "homepage";
/// What `form.js` writes when somebody types: the token's first part, backwards.
const HAND: &str = "hand";
const STARS: [u8; 5] = [5, 4, 3, 2, 1];

/// The empty form.
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let place = Place::of(&visit).await?;
    let shown = Shown::at(visit.web.app.clock.now());
    let form = page(&visit, &place, &Fields::default(), &shown);
    visit.page(StatusCode::OK, &form)
}

/// Takes the words in, and leads to their receipt. Whatever is wrong, they come back with the form.
#[handler]
pub(crate) async fn take(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    let place = Place::of(&visit).await?;
    let fields = Fields::read(&body);
    let shown = shown(&visit, &place, &fields);
    let mut form = page(&visit, &place, &fields, &shown);
    let thanks = check(&mut form, &visit, &place, &fields);
    let Some(thanks) = thanks else {
        return visit.page(StatusCode::UNPROCESSABLE_ENTITY, &form);
    };
    let held_for = match admit(&visit, &place, &fields, &shown) {
        Ok(held_for) => held_for,
        Err(refused) => {
            form.complain("words", Problem::TooMany);
            return again(&visit, &form, refused);
        }
    };
    let now = visit.web.app.clock.now();
    let draft = thanks.draft(&place.source, &shown.token, held_for, now);
    match store(&visit, draft).await {
        Ok(stored) => Ok(to_receipt(&visit, &place, &shown.token, stored)),
        Err(failed) => {
            form.complain("words", Problem::OurFault);
            again(&visit, &form, failed)
        }
    }
}

/// What the form says of itself; a program that brings no token of ours is given one.
fn shown(visit: &Visit<'_>, place: &Place, fields: &Fields) -> Shown {
    let given = fields.get("token").text;
    Shown::read(&given, place.source.id, &visit.web.app.secrets).unwrap_or_else(|| Shown {
        token: FormToken::random(),
        at: None,
    })
}

/// Why the form is to be held until somebody has looked at it; nothing of a person's. An error if it is one too many.
fn admit(visit: &Visit<'_>, place: &Place, fields: &Fields, shown: &Shown) -> Result<Vec<HeldFor>, Failure> {
    let trap = (!fields.get(TRAP).text.is_empty()).then_some(HeldFor::Trap);
    let hand: String = shown.token.as_str().chars().rev().collect();
    let typed = fields.get(HAND).text == hand;
    let doubts = trap
        .into_iter()
        .chain(shown.doubt(visit.web.app.clock.now(), typed));
    visit.web.limits.admit_form(Sending {
        address: sender(visit),
        organisation: place.organisation.id,
        token: shown.token.as_str(),
        typed,
        doubts: doubts.collect(),
    })
}

/// The address that sent it.
pub(super) fn sender(visit: &Visit<'_>) -> IpAddr {
    address::of(visit.request, &visit.web.app.config.server.trusted_proxies)
}

/// The page again, with the status of what went wrong.
pub(super) fn again<C: crate::template::Context>(
    visit: &Visit<'_>,
    context: &C,
    failure: Failure,
) -> poem::Result<Response> {
    let mut answer = visit.page(failure.status(), context)?;
    if let Some(seconds) = failure.retry_after() {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(answer)
}

/// A form is read as browsers send it; anything else would be misread.
pub(super) fn refuse_other_types(request: &Request) -> poem::Result<()> {
    let given = request.content_type().unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    Err(poem::Error::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

/// The form with what was typed.
fn page(visit: &Visit<'_>, place: &Place, fields: &Fields, shown: &Shown) -> ThankPage {
    let path = place.path();
    let slug = &place.organisation.slug;
    let draft = path.trim_start_matches("/thank/").to_owned();
    let frame = visit.frame(&place.organisation, &path);
    let app = &visit.web.app;
    let token = shown.write(place.source.id, &app.secrets, app.clock.now());
    let mut form = ThankPage::empty(frame, &visit.link(&path, None), &draft, &token);
    form.sites = place.choices(&fields.get("site").text);
    form.scores = scores(&fields.get("score").text);
    form.consent = consent(&fields.get("consent").text);
    if let Some(site) = &place.site {
        form.site = Some(site.name.clone());
        form.other_site_url = Some(visit.link(&format!("/thank/{slug}"), None));
    }
    let typed = |name: &str| Field {
        value: fields.get(name).text,
        problem: None,
    };
    form.typed.words = typed("words");
    form.typed.who = typed("who");
    form.typed.when = typed("when");
    form.typed.name = typed("name");
    form.typed.email = typed("email");
    form.open = ["who", "when", "score", "name", "email"]
        .iter()
        .any(|name| !fields.get(name).text.is_empty())
        || form.consent != context::Consent::default();
    form
}

fn scores(chosen: &str) -> Vec<Choice> {
    let choice = |stars: u8| Choice {
        value: stars.to_string(),
        label: stars.to_string(),
        chosen: stars.to_string() == chosen,
    };
    STARS.into_iter().map(choice).collect()
}

fn consent(given: &str) -> context::Consent {
    match given {
        "colleagues" => context::Consent::Colleagues,
        "anyone" => context::Consent::Anyone,
        _ => context::Consent::OnlyThem,
    }
}

/// Checks every field, so that all that is wrong is said at once; none if anything is.
fn check(form: &mut ThankPage, visit: &Visit<'_>, place: &Place, fields: &Fields) -> Option<Thanks> {
    let words = fields.get("words");
    if let Some(problem) = wrong_with_words(&words) {
        form.complain("words", problem);
    }
    let site = chosen_site(form, place, fields);
    for (name, longest) in SHORT {
        if let Some(problem) = wrong_with_line(&fields.get(name), longest) {
            form.complain(name, problem);
        }
    }
    let day = day(form, visit, place, &fields.get("when").text);
    let stars = stars(form, &fields.get("score").text);
    let email = filled(fields, "email");
    if email.as_deref().is_some_and(|email| !is_address(email)) {
        form.complain("email", Problem::Email);
    }
    form.problems.is_empty().then(|| Thanks {
        text: words.text,
        site,
        who: filled(fields, "who"),
        when: filled(fields, "when"),
        day,
        stars,
        name: filled(fields, "name"),
        email,
        consent: match form.consent {
            context::Consent::OnlyThem => Consent::Staff,
            context::Consent::Colleagues => Consent::Colleagues,
            context::Consent::Anyone => Consent::Public,
        },
    })
}

/// What is wrong with a customer's words, on the form and where they correct them.
pub(super) fn wrong_with_words(words: &Written) -> Option<Problem> {
    if !words.is_whole {
        return Some(Problem::Unreadable);
    }
    if draft::check_text(&words.text).is_err() && words.text.chars().count() <= form::WORDS_LIMIT {
        return Some(Problem::WordsMissing);
    }
    (words.text.chars().count() > form::WORDS_LIMIT).then_some(Problem::WordsTooLong)
}

pub(super) fn wrong_with_line(line: &Written, longest: usize) -> Option<Problem> {
    if !line.is_whole {
        return Some(Problem::Unreadable);
    }
    (line.text.chars().count() > longest).then_some(Problem::TooLong)
}

fn filled(fields: &Fields, name: &str) -> Option<String> {
    let text = fields.get(name).text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn chosen_site(form: &mut ThankPage, place: &Place, fields: &Fields) -> Option<uuid::Uuid> {
    if let Some(site) = &place.site {
        return Some(site.id);
    }
    let slug = filled(fields, "site")?;
    let found = place.offered.iter().find(|site| site.slug == slug);
    if found.is_none() {
        form.complain("site", Problem::Site);
    }
    found.map(|site| site.id)
}

fn day(
    form: &mut ThankPage,
    visit: &Visit<'_>,
    place: &Place,
    when: &str,
) -> Option<chrono::DateTime<chrono::Utc>> {
    match form::read_when(when, place.zone, visit.web.app.clock.now()) {
        When::Words => None,
        When::Day(day) => Some(day),
        When::NeverWas => {
            form.complain("when", Problem::Day);
            None
        }
    }
}

fn stars(form: &mut ThankPage, given: &str) -> Option<u8> {
    if given.is_empty() {
        return None;
    }
    let stars = STARS.into_iter().find(|stars| stars.to_string() == given);
    if stars.is_none() {
        form.complain("score", Problem::Score);
    }
    stars
}

/// Enough to see that something is missing; only a letter that arrives proves an address.
fn is_address(email: &str) -> bool {
    let has_parts = email.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.starts_with('.') && !domain.ends_with('.')
    });
    has_parts && !email.chars().any(|c| c.is_whitespace() || c.is_control())
}

async fn store(visit: &Visit<'_>, draft: Draft) -> Result<Stored, Failure> {
    draft.check()?;
    Ok(visit.web.comments.store(draft).await?)
}

fn to_receipt(visit: &Visit<'_>, place: &Place, token: &FormToken, stored: Stored) -> Response {
    let receipt = token.receipt(place.source.id);
    let notice = match stored {
        Stored::Same(_) => Some("again"),
        Stored::Revised(..) => Some("corrected"),
        _ => None,
    };
    visit.see_other(&format!("/r/{}", receipt.as_str()), notice)
}
