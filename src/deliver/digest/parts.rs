//! The parts of a digest, from its material alone: people, site, questions, corrections.
use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use entity::verdict::DecidedBy;
use uuid::Uuid;

use super::{
    super::compose::said::{Said, Told, full_name},
    material::Material,
};
use crate::{
    app::App,
    deliver::link,
    template::{
        Language,
        context::{Changed, PersonPraise, Quoted, Waiting, Week},
        time_words,
    },
};

/// Quotations of one person; the rest is a number.
const QUOTES: usize = 5;
/// Letters of a quotation, and of an open question.
const QUOTE_LENGTH: usize = 400;
const QUESTION_LENGTH: usize = 160;

/// The parts that come from the material alone.
pub(super) fn of(app: &App, material: &Material) -> Week {
    let first_day = week_before(material.monday);
    let lines = lines(material);
    let (late, fresh): (Vec<_>, Vec<_>) = lines
        .iter()
        .filter(|line| line.told.person.is_some())
        .partition(|line| line.told.recognition.occurred_on < first_day);
    let (late, people) = (
        by_person(app, material, &late, true),
        by_person(app, material, &fresh, false),
    );
    let site = lines.iter().filter(|line| line.told.person.is_none());
    let questions: Vec<Waiting> = material
        .in_question
        .iter()
        .filter_map(|said| question(app, said))
        .collect();
    Week {
        about: String::new(),
        period: String::new(),
        thanks: fresh.len() as u64,
        thanked: people.len() as u64,
        people,
        site: site.map(|line| quoted(app, material, line, false)).collect(),
        waiting_more: material.waiting.len().saturating_sub(questions.len()) as u64,
        waiting: questions,
        complaints: 0,
        late,
        withdrawn: material.corrected.iter().flat_map(corrections).collect(),
        bands: Vec::new(),
        board_period: String::new(),
        board_url: None,
        desk_url: (!material.waiting.is_empty()).then(|| link::desk_url(app, None)),
    }
}

/// A recognition and the words it stands in.
struct Line<'a> {
    said: &'a Said,
    told: &'a Told,
}

fn lines(material: &Material) -> Vec<Line<'_>> {
    let of = |said| -> Vec<Line<'_>> {
        let said: &Said = said;
        said.told.iter().map(|told| Line { said, told }).collect()
    };
    material.said.iter().flat_map(of).collect()
}

/// By person, those with most words first, then by name.
fn by_person(app: &App, material: &Material, lines: &[&Line<'_>], is_late: bool) -> Vec<PersonPraise> {
    let mut order: Vec<Uuid> = Vec::new();
    let mut of: HashMap<Uuid, Vec<&Line<'_>>> = HashMap::new();
    for line in lines {
        let Some(staff) = line.told.recognition.staff_id else {
            continue;
        };
        let own = of.entry(staff).or_default();
        if own.is_empty() {
            order.push(staff);
        }
        own.push(line);
    }
    let mut people: Vec<(usize, PersonPraise)> = order
        .iter()
        .filter_map(|staff| {
            let own = of.get(staff)?;
            let first = own.first()?;
            let praise = PersonPraise {
                name: full_name(first.told.person.as_ref()?),
                job_title: first.told.job_title.clone(),
                quotes: own
                    .iter()
                    .take(QUOTES)
                    .map(|line| quoted(app, material, line, is_late))
                    .collect(),
                more: own.len().saturating_sub(QUOTES) as u64,
            };
            Some((own.len(), praise))
        })
        .collect();
    people.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.name.cmp(&other.name)));
    people.into_iter().map(|(_, praise)| praise).collect()
}

fn quoted(app: &App, material: &Material, line: &Line<'_>, is_late: bool) -> Quoted {
    let (said, recognition) = (line.said, &line.told.recognition);
    let words = said.words_for(recognition.staff_id);
    let local = said.comment.occurred_at.with_timezone(&said.zone).date_naive();
    let notice = material.links.get(&recognition.id);
    let post = said.post();
    Quoted {
        instead: post
            .as_ref()
            .filter(|_| words.is_none())
            .map(|post| format!("{} wrote this on {}.", post.handle, post.network)),
        words: words.map(|words| words.shortened(QUOTE_LENGTH)),
        source: said.source.name.clone(),
        day: if is_late {
            time_words::date(local, Language::English)
        } else {
            time_words::weekday(local, Language::English).to_owned()
        },
        url: match post {
            Some(post) => Some(post.url),
            None => notice
                .filter(|_| said.is_there())
                .map(|notice| link::page_url(app, *notice)),
        },
    }
}

fn question(app: &App, said: &Said) -> Option<Waiting> {
    let local = said.comment.received_at.with_timezone(&said.zone).date_naive();
    Some(Waiting {
        words: said.words_in_question()?.shortened(QUESTION_LENGTH),
        since: time_words::date(local, Language::English),
        candidates: said.candidates.iter().map(full_name).collect(),
        url: Some(link::desk_url(app, Some(said.comment.id))),
    })
}

fn corrections(said: &Said) -> Vec<Changed> {
    let local = said.comment.occurred_at.with_timezone(&said.zone).date_naive();
    let changed = |told: &Told| {
        let verdict = said.verdict_on(told.recognition.staff_id);
        let by_person = verdict.is_some_and(|verdict| verdict.decided_by == DecidedBy::Person);
        Changed {
            name: told
                .person
                .as_ref()
                .map_or_else(|| said.site.clone().unwrap_or_default(), full_name),
            day: time_words::date(local, Language::English),
            key: if said.comment.withdrawn_at.is_some() {
                "digest.withdrawn.taken_back"
            } else if by_person {
                "digest.withdrawn.decided"
            } else {
                "digest.withdrawn.words_changed"
            },
        }
    };
    said.told.iter().map(changed).collect()
}

/// The first day of the week that a digest of this Monday tells.
pub(super) fn week_before(monday: NaiveDate) -> NaiveDate {
    monday.checked_sub_days(Days::new(7)).unwrap_or(monday)
}
