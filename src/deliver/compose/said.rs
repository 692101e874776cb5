//! What is shown of comments in mails and on their pages: words, people, place, time and why.
use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;
use entity::{
    comment, comment_revision, notice, organisation, recognition, site, source, staff_member, verdict,
};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::{
    capture::{self, draft::Consent},
    ledger::verdict as verdicts,
    roster::{
        organisation as organisations,
        placement::{self, Placement},
        site as sites,
    },
    said as shown,
    template::{
        Words,
        context::{Person, Post, SourceName},
    },
};

/// Rows of one statement.
pub(super) const CHUNK: usize = 1000;

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
    /// Language of the site, where it is not the organisation's.
    pub(crate) language: Option<String>,
    /// The recognitions that are told.
    pub(crate) told: Vec<Told>,
    /// The verdicts that hold.
    pub(crate) verdicts: Vec<verdict::Model>,
    /// Who may be meant, best first, where a question is open and they were looked up.
    pub(crate) candidates: Vec<staff_member::Model>,
    /// Names of those who were asked before to tell the person, by account, where they were looked up.
    pub(crate) asked: HashMap<Uuid, String>,
    /// Names of rules, where they were looked up.
    pub(crate) rules: HashMap<Uuid, String>,
}

/// A recognition and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) recognition: recognition::Model,
    /// Empty for site praise.
    pub(crate) person: Option<staff_member::Model>,
    pub(crate) job_title: Option<String>,
}

/// A comment, and the recognitions of it that are told.
pub(crate) type Wanted = (Uuid, Vec<recognition::Model>);

/// What is shown of each of them, in the order asked for; none where the comment is gone.
pub(crate) async fn gather(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    wanted: Vec<Wanted>,
) -> Result<Vec<Option<Said>>, DbErr> {
    let comments = comments(connection, organisation.id, &wanted).await?;
    let ids: Vec<Uuid> = comments.keys().copied().collect();
    let verdicts = verdicts_of(connection, &ids).await?;
    let sources = sources(connection, organisation.id).await?;
    let told = told(connection, organisation.id, &wanted).await?;
    let shown: Vec<Option<Uuid>> = wanted
        .iter()
        .map(|(comment, told)| {
            let site = told.first().and_then(|told| told.site_id);
            site.or_else(|| comments.get(comment)?.0.site_id)
        })
        .collect();
    let places = places(connection, organisation, &shown).await?;
    let one = |((comment, recognitions), site): (Wanted, Option<Uuid>)| {
        let (comment, words) = comments.get(&comment)?.clone();
        let verdicts = verdicts.get(&comment.id).cloned().unwrap_or_default();
        let mut told: Vec<Told> = recognitions.into_iter().map(|one| told.of(one)).collect();
        told.sort_by_key(|told| first_mention(&verdicts, told.recognition.staff_id));
        let place = places.get(&site);
        Some(Said {
            source: sources.get(&comment.source_id)?.clone(),
            site: place.and_then(|place| place.path.clone()),
            language: place.and_then(|place| place.language.clone()),
            zone: place.map_or_else(|| organisations::zone(organisation), |place| place.zone),
            candidates: Vec::new(),
            asked: HashMap::new(),
            rules: HashMap::new(),
            verdicts,
            comment,
            words,
            told,
        })
    };
    Ok(wanted.into_iter().zip(shown).map(one).collect())
}

type WithWords = (comment::Model, comment_revision::Model);

async fn comments(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    wanted: &[Wanted],
) -> Result<HashMap<Uuid, WithWords>, DbErr> {
    let ids: HashSet<Uuid> = wanted.iter().map(|(comment, _)| *comment).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = comment::Entity::named(organisation, comment::Column::Id, chunk.iter().copied())
            .all(connection)
            .await?;
        let rows = capture::read::with_words(connection, rows).await?;
        found.extend(
            rows.into_iter()
                .map(|(comment, words)| (comment.id, (comment, words))),
        );
    }
    Ok(found)
}

/// Where in the words somebody comes first.
fn first_mention(verdicts: &[verdict::Model], staff: Option<Uuid>) -> (u32, Option<Uuid>) {
    let own = verdicts.iter().find(|verdict| verdict.staff_id == staff);
    let first = own.and_then(|verdict| verdict.spans.0.iter().map(|span| span.start).min());
    (first.unwrap_or(u32::MAX), staff)
}

/// Who is told of, and what they were on that day.
struct People {
    by_id: HashMap<Uuid, staff_member::Model>,
    placements: HashMap<placement::Wanted, Placement>,
}

async fn told(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    wanted: &[Wanted],
) -> Result<People, DbErr> {
    let recognitions = || wanted.iter().flat_map(|(_, told)| told);
    let staff: HashSet<Uuid> = recognitions().filter_map(|r| r.staff_id).collect();
    let on_days: Vec<placement::Wanted> = recognitions().filter_map(day_of).collect();
    Ok(People {
        by_id: people(connection, organisation, staff).await?,
        placements: placement::on_days(connection, organisation, &on_days).await?,
    })
}

impl People {
    fn of(&self, recognition: recognition::Model) -> Told {
        let place = day_of(&recognition).and_then(|day| self.placements.get(&day));
        Told {
            person: recognition.staff_id.and_then(|id| self.by_id.get(&id).cloned()),
            job_title: place.and_then(|place| place.job_title.clone()),
            recognition,
        }
    }
}

fn day_of(recognition: &recognition::Model) -> Option<placement::Wanted> {
    Some(placement::Wanted {
        staff: recognition.staff_id?,
        site: recognition.site_id,
        on: recognition.occurred_on,
    })
}

/// Staff members by id.
pub(crate) async fn people(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: HashSet<Uuid>,
) -> Result<HashMap<Uuid, staff_member::Model>, DbErr> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = staff_member::Entity::named(organisation, staff_member::Column::Id, chunk.iter().copied())
            .all(connection)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

async fn verdicts_of(
    connection: &impl ConnectionTrait,
    comments: &[Uuid],
) -> Result<HashMap<Uuid, Vec<verdict::Model>>, DbErr> {
    let mut by_comment: HashMap<Uuid, Vec<verdict::Model>> = HashMap::new();
    for chunk in comments.chunks(CHUNK) {
        for verdict in verdicts::current(connection, chunk).await? {
            by_comment.entry(verdict.comment_id).or_default().push(verdict);
        }
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

/// A site as it is shown.
struct Place {
    path: Option<String>,
    zone: Tz,
    language: Option<String>,
}

async fn places(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    shown: &[Option<Uuid>],
) -> Result<HashMap<Option<Uuid>, Place>, DbErr> {
    let ids: HashSet<Uuid> = shown.iter().copied().flatten().collect();
    let paths: HashMap<Uuid, String> =
        site::Entity::named(organisation.id, site::Column::Id, ids.iter().copied())
            .all(connection)
            .await?
            .into_iter()
            .map(|site| (site.id, site.path))
            .collect();
    let languages = sites::languages(connection, organisation.id, ids.clone()).await?;
    let zones = sites::time_zones(connection, organisation, ids).await?;
    let place = |(site, zone)| {
        let place = Place {
            path: paths.get(&site).cloned(),
            zone,
            language: languages.get(&site).cloned(),
        };
        (Some(site), place)
    };
    Ok(zones.into_iter().map(place).collect())
}

impl Said {
    /// Whether the customer's words can still be told.
    pub(crate) fn is_there(&self) -> bool {
        self.comment.erased_at.is_none()
            && self.comment.withdrawn_at.is_none()
            && self.comment.state != comment::State::Shielded
    }

    /// Whether colleagues of those who are told of may read the words: the customer lets them, and nobody hid it.
    pub(crate) fn is_for_colleagues(&self) -> bool {
        let hidden = self.told.iter().any(|told| told.recognition.hidden_at.is_some());
        !hidden && self.words.consent != Consent::Staff.name()
    }

    /// The words as a page of ours shows them to those whom a notice is for, with the evidence marked for those who are told
    /// of: to managers and leads whole, to those who are thanked and to rooms without what complains.
    pub(crate) fn words_on_page(&self, notice: &notice::Model) -> Option<Words> {
        let verdicts = self
            .told
            .iter()
            .filter_map(|told| self.verdict_on(told.recognition.staff_id));
        if notice.channel_id.is_none() && notice.kind != notice::Kind::OwnPraise {
            return shown::marked(&self.source, &self.words, verdicts);
        }
        shown::thanks::marked(&self.source, (&self.comment, &self.words), verdicts)
    }

    /// The same for a mail: none for a post of X, whose words never leave our pages, and for erased ones.
    pub(crate) fn marked_words(&self, notice: &notice::Model) -> Option<Words> {
        self.words_on_page(notice).filter(|_| !self.is_of_x())
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

    /// The way in which it came in.
    pub(crate) fn source_name(&self) -> SourceName {
        shown::source(&self.source, &self.words)
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
    person.first_name()
}

/// As somebody is called, in full.
pub(crate) fn full_name(person: &staff_member::Model) -> String {
    person.full_name()
}
