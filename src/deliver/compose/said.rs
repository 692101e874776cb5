//! What is shown of comments in mails and on their pages: words, people, place, time and why.
use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;
use entity::{comment, comment_revision, organisation, recognition, site, source, staff_member, verdict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use crate::{
    capture,
    roster::{
        placement::{self, Placement, Wanted},
        site as sites,
    },
    said as shown,
    template::{
        Words,
        context::{Person, Post},
    },
    verdict as verdicts,
};

/// A comment with everything that is shown of it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) comment: comment::Model,
    pub(crate) words: comment_revision::Model,
    pub(crate) source: source::Model,
    /// Path of the site.
    pub(crate) site: Option<String>,
    /// Zone of the site.
    pub(crate) zone: Tz,
    /// The recognitions that are told.
    pub(crate) told: Vec<Told>,
    /// The verdicts that hold.
    pub(crate) verdicts: Vec<verdict::Model>,
    /// Who may be meant, best first, where a question is open and they were looked up.
    pub(crate) candidates: Vec<staff_member::Model>,
}

/// A recognition and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) recognition: recognition::Model,
    /// Empty for site praise.
    pub(crate) person: Option<staff_member::Model>,
    pub(crate) job_title: Option<String>,
}

/// Comments by id, each with those of `recognitions` that are its own; gone ones are left out.
pub(crate) async fn gather(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    comments: HashSet<Uuid>,
    recognitions: Vec<recognition::Model>,
) -> Result<Vec<Said>, DbErr> {
    let rows = comment::Entity::named(organisation.id, comment::Column::Id, comments)
        .all(connection)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|comment| comment.id).collect();
    let mut told = told(connection, organisation.id, recognitions).await?;
    let mut verdicts = verdicts_of(connection, &ids).await?;
    let sources = sources(connection, organisation.id).await?;
    let mut places = HashMap::new();
    let mut said = Vec::with_capacity(rows.len());
    for (comment, words) in capture::read::with_words(connection, rows).await? {
        let Some(source) = sources.get(&comment.source_id).cloned() else {
            continue;
        };
        let verdicts = verdicts.remove(&comment.id).unwrap_or_default();
        let mut told = told.remove(&comment.id).unwrap_or_default();
        told.sort_by_key(|told| first_mention(&verdicts, told.recognition.staff_id));
        let site = told
            .first()
            .and_then(|told| told.recognition.site_id)
            .or(comment.site_id);
        let (site, zone) = place(connection, organisation, site, &mut places).await?;
        said.push(Said {
            verdicts,
            comment,
            words,
            source,
            site,
            zone,
            told,
            candidates: Vec::new(),
        });
    }
    Ok(said)
}

/// Where in the words somebody comes first.
fn first_mention(verdicts: &[verdict::Model], staff: Option<Uuid>) -> (u32, Option<Uuid>) {
    let own = verdicts.iter().find(|verdict| verdict.staff_id == staff);
    let first = own.and_then(|verdict| verdict.spans.0.iter().map(|span| span.start).min());
    (first.unwrap_or(u32::MAX), staff)
}

async fn told(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    recognitions: Vec<recognition::Model>,
) -> Result<HashMap<Uuid, Vec<Told>>, DbErr> {
    let staff: HashSet<Uuid> = recognitions.iter().filter_map(|r| r.staff_id).collect();
    let people = people(connection, organisation, staff).await?;
    let wanted: Vec<Wanted> = recognitions.iter().filter_map(wanted).collect();
    let placements: HashMap<Wanted, Placement> =
        placement::on_days(connection, organisation, &wanted).await?;
    let mut by_comment: HashMap<Uuid, Vec<Told>> = HashMap::new();
    for recognition in recognitions {
        let place = wanted_of(&recognition, &placements);
        by_comment.entry(recognition.comment_id).or_default().push(Told {
            person: recognition.staff_id.and_then(|id| people.get(&id).cloned()),
            job_title: place.and_then(|place| place.job_title.clone()),
            recognition,
        });
    }
    Ok(by_comment)
}

fn wanted(recognition: &recognition::Model) -> Option<Wanted> {
    Some(Wanted {
        staff: recognition.staff_id?,
        site: recognition.site_id,
        on: recognition.occurred_on,
    })
}

fn wanted_of<'a>(
    recognition: &recognition::Model,
    placements: &'a HashMap<Wanted, Placement>,
) -> Option<&'a Placement> {
    placements.get(&wanted(recognition)?)
}

/// Staff members by id.
pub(crate) async fn people(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: HashSet<Uuid>,
) -> Result<HashMap<Uuid, staff_member::Model>, DbErr> {
    let rows = staff_member::Entity::within(organisation)
        .filter(staff_member::Column::Id.is_in(ids))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn verdicts_of(
    connection: &impl ConnectionTrait,
    comments: &[Uuid],
) -> Result<HashMap<Uuid, Vec<verdict::Model>>, DbErr> {
    let mut by_comment: HashMap<Uuid, Vec<verdict::Model>> = HashMap::new();
    for verdict in verdicts::current(connection, comments).await? {
        by_comment.entry(verdict.comment_id).or_default().push(verdict);
    }
    Ok(by_comment)
}

async fn sources(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<HashMap<Uuid, source::Model>, DbErr> {
    let rows = source::Entity::within(organisation).all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn place(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    site: Option<Uuid>,
    known: &mut HashMap<Option<Uuid>, (Option<String>, Tz)>,
) -> Result<(Option<String>, Tz), DbErr> {
    if let Some(known) = known.get(&site) {
        return Ok(known.clone());
    }
    let zone = sites::time_zone(connection, organisation, site).await?;
    let path = match site {
        Some(site) => site::Entity::within(organisation.id)
            .filter(site::Column::Id.eq(site))
            .one(connection)
            .await?
            .map(|site| site.path),
        None => None,
    };
    known.insert(site, (path.clone(), zone));
    Ok((path, zone))
}

impl Said {
    /// Whether the customer's words can still be told.
    pub(crate) fn is_there(&self) -> bool {
        self.comment.erased_at.is_none() && self.comment.withdrawn_at.is_none()
    }

    /// The words as a page of ours shows them, with the evidence marked for those who are told of.
    pub(crate) fn words_on_page(&self) -> Option<Words> {
        let verdicts = self
            .told
            .iter()
            .filter_map(|told| self.verdict_on(told.recognition.staff_id));
        shown::marked(&self.source, &self.words, verdicts)
    }

    /// The same for a mail: none for a post of X, whose words never leave our pages, and for erased ones.
    pub(crate) fn marked_words(&self) -> Option<Words> {
        self.words_on_page().filter(|_| !self.is_of_x())
    }

    /// The words with the evidence for one person marked, or for the unnamed staff of the site.
    pub(crate) fn words_for(&self, staff: Option<Uuid>) -> Option<Words> {
        self.words_with(self.verdict_on(staff))
    }

    /// The words with nothing marked.
    pub(crate) fn plain_words(&self) -> Option<Words> {
        self.words_with(None)
    }

    /// The words with the evidence for open verdicts marked.
    pub(crate) fn words_in_question(&self) -> Option<Words> {
        self.words_with(self.open_verdicts())
    }

    /// The verdicts that wait for a person, best first.
    pub(crate) fn open_verdicts(&self) -> impl Iterator<Item = &verdict::Model> {
        self.verdicts
            .iter()
            .filter(|verdict| verdict.state == verdict::State::Open)
    }

    fn words_with<'a>(&self, verdicts: impl IntoIterator<Item = &'a verdict::Model>) -> Option<Words> {
        shown::marked(&self.source, &self.words, verdicts).filter(|_| !self.is_of_x())
    }

    fn is_of_x(&self) -> bool {
        shown::is_word_for_word(&self.source)
    }

    pub(crate) fn verdict_on(&self, staff: Option<Uuid>) -> Option<&verdict::Model> {
        self.verdicts.iter().find(|verdict| verdict.staff_id == staff)
    }

    /// The public post, where it was one.
    pub(crate) fn post(&self) -> Option<Post> {
        shown::post(&self.source, &self.words)
    }

    /// The customer's name, where it stands in no post.
    pub(crate) fn author(&self) -> Option<String> {
        shown::author(&self.source, &self.words)
    }

    /// The people told of, as they are shown.
    pub(crate) fn people(&self) -> Vec<Person> {
        let shown = |told: &Told| {
            Some(Person {
                name: full_name(told.person.as_ref()?),
                job_title: told.job_title.clone(),
                url: None,
            })
        };
        self.told.iter().filter_map(shown).collect()
    }

    /// Their first names.
    pub(crate) fn first_names(&self) -> Vec<&str> {
        self.told
            .iter()
            .filter_map(|told| told.person.as_ref().map(first_name))
            .collect()
    }
}

/// As somebody is called.
pub(crate) fn first_name(person: &staff_member::Model) -> &str {
    person.preferred_name.as_deref().unwrap_or(&person.given_name)
}

/// As somebody is called, in full.
pub(crate) fn full_name(person: &staff_member::Model) -> String {
    format!("{} {}", first_name(person), person.family_name)
        .trim()
        .to_owned()
}
