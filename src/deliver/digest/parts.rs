//! The parts of a digest, from its material alone: people, site, questions, corrections.
use entity::verdict::DecidedBy;

use super::{
    super::compose::said::{Said, Told, full_name},
    material::{Material, Person, Praised},
};
use crate::{
    deliver::app::DeliverApp,
    deliver::link,
    template::context::{Changed, Pace, PersonPraise, Quoted, Waiting, Week, Within},
    triage::desk::pace,
};

/// Letters of a quotation, and of an open question.
const QUOTE_LENGTH: usize = 400;
const QUESTION_LENGTH: usize = 160;

/// The parts that come from the words alone.
pub(super) fn of(app: &DeliverApp, material: &Material) -> Week {
    let voice = Voice { app, material };
    let questions: Vec<Waiting> = material
        .in_question
        .iter()
        .filter_map(|said| voice.question(said))
        .collect();
    let (people, late) = (&material.people, &material.late);
    Week {
        about: String::new(),
        first: material.days.first,
        last: material.days.last,
        every: "week",
        thanks: people.thanks,
        thanked: people.people,
        people: voice.people(people, false),
        people_more: people.people.saturating_sub(people.shown.len() as u64),
        site: material
            .site
            .said
            .iter()
            .filter_map(|said| voice.quoted(said, false))
            .collect(),
        site_more: material
            .site
            .thanks
            .saturating_sub(material.site.said.len() as u64),
        waiting_more: material.waiting.saturating_sub(questions.len() as u64),
        waiting: questions,
        complaints: material.complaints,
        late: voice.people(late, true),
        late_more: late.people.saturating_sub(late.shown.len() as u64),
        withdrawn: material
            .corrected
            .iter()
            .flat_map(|said| voice.corrections(said))
            .collect(),
        withdrawn_more: material.corrected_more,
        bands: Vec::new(),
        board_url: None,
        pace: material.pace.map(|pace| shown(&pace)),
        desk_url: (material.waiting > 0).then(|| link::desk_url(app, None)),
    }
}

fn shown(pace: &pace::Pace) -> Pace {
    Pace {
        half: Within::of(pace.median.num_minutes()),
        most: Within::of(pace.p90.num_minutes()),
    }
}

/// Puts material into the words of one reader.
struct Voice<'a> {
    app: &'a DeliverApp,
    material: &'a Material,
}

impl Voice<'_> {
    /// Those with most words first, then by name.
    fn people(&self, praised: &Praised, is_late: bool) -> Vec<PersonPraise> {
        let mut people: Vec<(u64, PersonPraise)> = praised
            .shown
            .iter()
            .filter_map(|person| Some((person.thanks, self.person(person, is_late)?)))
            .collect();
        people.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.name.cmp(&other.name)));
        people.into_iter().map(|(_, praise)| praise).collect()
    }

    fn person(&self, person: &Person, is_late: bool) -> Option<PersonPraise> {
        let told = person.said.first()?.told.first()?;
        Some(PersonPraise {
            name: full_name(told.person.as_ref()?),
            job_title: told.job_title.clone(),
            quotes: person
                .said
                .iter()
                .filter_map(|said| self.quoted(said, is_late))
                .collect(),
            more: person.thanks.saturating_sub(person.said.len() as u64),
        })
    }

    fn quoted(&self, said: &Said, is_late: bool) -> Option<Quoted> {
        let recognition = &said.told.first()?.recognition;
        let words = said.words_for(recognition.staff_id);
        let local = said.comment.occurred_at.with_timezone(&said.zone).date_naive();
        let notice = self.material.links.get(&recognition.id);
        let post = said.post();
        Some(Quoted {
            words: words.map(|words| words.shortened(QUOTE_LENGTH)),
            source: said.source_name(),
            day: local,
            is_late,
            url: match &post {
                Some(post) => Some(post.url.clone()),
                None => notice
                    .filter(|_| said.is_there())
                    .map(|notice| link::page_url(self.app, *notice)),
            },
            post,
        })
    }

    fn question(&self, said: &Said) -> Option<Waiting> {
        let local = said.comment.received_at.with_timezone(&said.zone).date_naive();
        Some(Waiting {
            words: said.words_in_question()?.shortened(QUESTION_LENGTH),
            since: local,
            candidates: said.candidates.iter().map(full_name).collect(),
            url: Some(link::desk_url(self.app, Some(said.comment.id))),
        })
    }

    fn corrections(&self, said: &Said) -> Vec<Changed> {
        let local = said.comment.occurred_at.with_timezone(&said.zone).date_naive();
        let changed = |told: &Told| {
            let verdict = said.verdict_on(told.recognition.staff_id);
            let by_person = verdict.is_some_and(|verdict| verdict.decided_by == DecidedBy::Person);
            Changed {
                name: told
                    .person
                    .as_ref()
                    .map_or_else(|| said.site.clone().unwrap_or_default(), full_name),
                day: local,
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
}
