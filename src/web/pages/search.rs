//! `/search`: messages by their words and by what is known of them, and what was found as a file.
use std::collections::HashSet;

use chrono::NaiveDate;
use entity::{comment_revision, source};
use poem::{IntoResponse, Response, handler, http::StatusCode};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder};
use serde::Deserialize;
use uuid::Uuid;

use super::{fields::Fields, form::refuse_other_types, reader::Reader};
use crate::{
    access::{Action, Target},
    capture::search::Typed,
    find::{
        self, Became, Format, Found, Wanted,
        comments::{self, COUNTED, Looking},
        file::List,
        recognitions, with_all,
    },
    roster::{
        site as sites,
        staff::full_name,
        zone::{Zones, zones},
    },
    said,
    template::{
        Moment, Words,
        context::{Choice, FoundRow, Person, SearchCount, SearchPage, SearchTyped},
    },
    triage::desk::who,
    web::{cursor, file, problem::Failure},
};

/// Messages on a page.
const ROWS: u64 = 20;
/// Places to choose from.
const MOST_PLACES: u64 = 1_000;
/// Characters of a field that are read.
const LONGEST: usize = 200;

/// What was typed, as the address says it.
#[derive(Default, Deserialize)]
struct Asked {
    q: Option<String>,
    who: Option<String>,
    place: Option<String>,
    from: Option<String>,
    to: Option<String>,
    source: Option<String>,
    state: Option<String>,
    score_from: Option<String>,
    score_to: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn of(fields: &Fields) -> Asked {
        let field = |name: &str| Some(fields.get(name).text);
        Asked {
            q: field("q"),
            who: field("who"),
            place: field("place"),
            from: field("from"),
            to: field("to"),
            source: field("source"),
            state: field("state"),
            score_from: field("score_from"),
            score_to: field("score_to"),
            after: None,
        }
    }

    fn typed(self) -> SearchTyped {
        let field = |typed: Option<String>| -> String {
            let typed = typed.unwrap_or_default().replace('\0', "");
            typed.trim().chars().take(LONGEST).collect()
        };
        SearchTyped {
            words: field(self.q),
            who: field(self.who),
            from: field(self.from),
            to: field(self.to),
            score_from: field(self.score_from),
            score_to: field(self.score_to),
            place: field(self.place),
            source: field(self.source),
            state: field(self.state),
        }
    }
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let mut asked: Asked = reader.request.params().unwrap_or_default();
    let after = asked.after.take();
    let after = after.as_deref().map(cursor::read).transpose()?;
    let typed = asked.typed();
    let wanted = match wanted(&reader, &typed).await? {
        Ok(wanted) => wanted,
        Err(problem) => {
            let mut page = empty(&reader, typed).await?;
            page.problem = Some(problem);
            return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let page = filled(&reader, typed, &wanted, after).await?;
    reader.page(StatusCode::OK, &page)
}

/// Sends what was found as a file.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let typed = Asked::of(&fields).typed();
    let form = fields.get("as").text;
    let form = form.split_once('.');
    let form = form.and_then(|(list, format)| Some((list, Format::from_name(format)?)));
    let (list, format) = form.ok_or(StatusCode::BAD_REQUEST)?;
    let wanted = match wanted(&reader, &typed).await? {
        Ok(wanted) => wanted,
        Err(problem) => {
            let mut page = empty(&reader, typed).await?;
            page.problem = Some(problem);
            return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let (list, action) = match list {
        "comments" => (List::Comments(Box::new(wanted)), Action::SAVE_COMMENTS),
        "recognitions" => (List::Recognitions(praise(&wanted)), Action::SAVE_RECOGNITIONS),
        _ => return Err(StatusCode::BAD_REQUEST.into()),
    };
    reader.permit(action, Some(Target::Organisation))?;
    let caller = (reader.caller.clone(), action.operation);
    let saved = file::save(reader.web, caller, list, format, reader.today()).await?;
    Ok(saved.into_response())
}

/// Praise knows of person, place and days; of the other conditions it does not.
fn praise(wanted: &Wanted) -> recognitions::Wanted {
    recognitions::Wanted {
        person: wanted.person,
        site: wanted.site,
        from: wanted.from,
        until: wanted.until,
        changed_since: None,
    }
}

/// What is looked for, or what is wrong with it: a key below `search.problem.`.
async fn wanted(reader: &Reader<'_>, typed: &SearchTyped) -> poem::Result<Result<Wanted, &'static str>> {
    let (Ok(from), Ok(to)) = (day(&typed.from), day(&typed.to)) else {
        return Ok(Err("days"));
    };
    let (Ok(score_from), Ok(score_to)) = (number(&typed.score_from), number(&typed.score_to)) else {
        return Ok(Err("score"));
    };
    let person = match typed.who.is_empty() {
        true => None,
        false => {
            let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
            match who::named(db, own, &typed.who).await.map_err(Failure::from)? {
                Some(person) => Some(person.id),
                None => return Ok(Err("who")),
            }
        }
    };
    let (from, until) = find::days(&reader.organisation, from, to);
    Ok(Ok(Wanted {
        words: Typed::read(&typed.words),
        person,
        site: Uuid::try_parse(&typed.place).ok(),
        source: Uuid::try_parse(&typed.source).ok(),
        score_from,
        score_to,
        became: Became::from_name(&typed.state),
        from,
        until,
        changed_since: None,
    }))
}

/// A day as browsers send it; none where the field is empty.
pub(super) fn day(typed: &str) -> Result<Option<NaiveDate>, ()> {
    if typed.is_empty() {
        return Ok(None);
    }
    let day: NaiveDate = typed.parse().map_err(drop)?;
    let years = NaiveDate::from_ymd_opt(1900, 1, 1)..=NaiveDate::from_ymd_opt(9999, 12, 31);
    years.contains(&Some(day)).then_some(Some(day)).ok_or(())
}

fn number(typed: &str) -> Result<Option<f64>, ()> {
    if typed.is_empty() {
        return Ok(None);
    }
    let number: f64 = typed.replace(',', ".").parse().map_err(drop)?;
    number.is_finite().then_some(Some(number)).ok_or(())
}

async fn filled(
    reader: &Reader<'_>,
    typed: SearchTyped,
    wanted: &Wanted,
    after: Option<find::Place>,
) -> poem::Result<SearchPage> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let looking = Looking {
        caller: &reader.caller,
        today: reader.today(),
    };
    let (found, next) = comments::page(db, looking, wanted, after, ROWS)
        .await
        .map_err(Failure::from)?;
    let found = with_all(db, own, found).await.map_err(Failure::from)?;
    let at = found.iter().filter_map(|found| found.comment.0.site_id);
    let zones = zones(db, &reader.organisation, at).await.map_err(Failure::from)?;
    let next = next.map(|(at, id)| address(&typed, &cursor::after(at, id)));
    let mut page = empty(reader, typed).await?;
    if after.is_none() {
        let n = comments::count(db, looking, wanted)
            .await
            .map_err(Failure::from)?;
        page.count = Some(SearchCount {
            n: n.min(COUNTED - 1),
            is_more: n >= COUNTED,
        });
    }
    page.save_url = (!found.is_empty()).then(|| reader.link("/search/save", None));
    page.found = found
        .into_iter()
        .map(|found| row(reader, found, wanted.words.as_ref(), &zones))
        .collect();
    page.next_url = next.map(|next| reader.link("/search", Some(&next)));
    Ok(page)
}

/// The address of a page of the same search.
fn address(typed: &SearchTyped, after: &str) -> String {
    let fields = [
        ("q", &*typed.words),
        ("who", &typed.who),
        ("place", &typed.place),
        ("from", &typed.from),
        ("to", &typed.to),
        ("source", &typed.source),
        ("state", &typed.state),
        ("score_from", &typed.score_from),
        ("score_to", &typed.score_to),
        ("after", after),
    ];
    let mut address = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        address.append_pair(name, value);
    }
    address.finish()
}

async fn empty(reader: &Reader<'_>, typed: SearchTyped) -> poem::Result<SearchPage> {
    let places = places(reader).await.map_err(Failure::from)?;
    let sources = sources(reader).await.map_err(Failure::from)?;
    let choice = |(id, label): (Uuid, String), typed: &str| Choice {
        chosen: id.to_string() == typed,
        value: id.to_string(),
        label,
    };
    Ok(SearchPage {
        page: reader.frame("/search", "search"),
        action: reader.link("/search", None),
        places: places
            .into_iter()
            .map(|place| choice(place, &typed.place))
            .collect(),
        sources: sources
            .into_iter()
            .map(|source| choice(source, &typed.source))
            .collect(),
        states: Became::ALL
            .map(|state| Choice {
                value: state.name().to_owned(),
                label: format!("search.became.{}", state.name()),
                chosen: state.name() == typed.state,
            })
            .into(),
        is_wide: [&typed.source, &typed.state, &typed.score_from, &typed.score_to]
            .iter()
            .any(|field| !field.is_empty()),
        typed,
        problem: None,
        count: None,
        found: Vec::new(),
        next_url: None,
        save_url: None,
    })
}

/// The open places that a reader oversees, leads or works at.
async fn places(reader: &Reader<'_>) -> Result<Vec<(Uuid, String)>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let open = if reader.may(Action::GET_COMMENT, &Target::Organisation) {
        sites::open(db, own, MOST_PLACES).await?
    } else {
        let person = reader.caller.person();
        let ids: HashSet<Uuid> = person
            .map(|person| person.led_sites.union(&person.sites).copied().collect())
            .unwrap_or_default();
        let mut own: Vec<_> = sites::by_ids(db, own, ids).await?.into_values().collect();
        own.retain(|site| site.closed_at.is_none());
        own.sort_by(|one, other| one.path.cmp(&other.path));
        own
    };
    Ok(open.into_iter().map(|site| (site.id, site.path)).collect())
}

async fn sources(reader: &Reader<'_>) -> Result<Vec<(Uuid, String)>, DbErr> {
    let sources = source::Entity::within(reader.organisation.id)
        .filter(source::Column::RemovedAt.is_null())
        .order_by_asc(source::Column::Name)
        .all(reader.web.app.db.read())
        .await?;
    Ok(sources
        .into_iter()
        .map(|source| (source.id, source.name))
        .collect())
}

fn row(reader: &Reader<'_>, found: Found, typed: Option<&Typed>, zones: &Zones) -> FoundRow {
    let (comment, words) = &found.comment;
    let waits = matches!(found.became, Became::Open | Became::ToPutRight);
    FoundRow {
        id: format!("c-{}", comment.id.simple()),
        at: Moment::near(
            comment.occurred_at,
            zones.at(comment.site_id),
            reader.web.app.clock.now(),
        ),
        source: said::source(&found.source, words),
        site: found.site.as_ref().map(|site| site.name.clone()),
        words: hits(&found.source, words, typed),
        post: said::post(&found.source, words),
        people: found
            .people
            .iter()
            .map(|person| Person {
                name: full_name(person),
                job_title: None,
                url: None,
            })
            .collect(),
        state: found.became.name(),
        desk_url: waits.then(|| reader.link("/desk", Some(&format!("at={}", comment.id)))),
    }
}

/// The words, with those that were looked for marked: not in posts whose network wants them as they are.
fn hits(source: &source::Model, words: &comment_revision::Model, typed: Option<&Typed>) -> Option<Words> {
    let text = words.text.as_deref()?;
    let typed = typed.filter(|_| !said::is_word_for_word(source));
    let spans: Vec<_> = typed
        .into_iter()
        .flat_map(|typed| {
            let all = domain::text::folded_words(text).into_iter();
            all.filter(|(_, word)| typed.is_met_by(word))
        })
        .map(|(place, _)| place)
        .collect();
    Some(Words::marked(text, &spans, words.language.as_deref()))
}
