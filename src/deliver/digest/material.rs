//! Everything that digests are made of, read for a batch of one organisation at a time.
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Days, NaiveDate};
use entity::{account, notice, organisation, recognition, staff_member};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    super::compose::{
        recognitions_named,
        said::{self, Said},
    },
    board::{self, Board},
    desk::{self, Desk},
    pick::{self, Shown, Tally},
};
use crate::triage::desk::pace::{self, Pace};

/// People whose praise is shown; the rest is a number.
const PEOPLE: usize = 25;
/// People who are named as perhaps meant.
const CANDIDATES: usize = 3;

/// A digest and who reads it.
pub(crate) type Read<'a> = (&'a notice::Model, &'a account::Model);

/// Everything a digest is made of.
#[derive(Debug, Default)]
pub(crate) struct Material {
    pub(super) days: Told,
    /// Who was thanked in these days, most words first.
    pub(super) people: Praised,
    /// Who was thanked earlier and is told of now.
    pub(super) late: Praised,
    pub(super) site: Person,
    /// What no longer holds, newest first.
    pub(super) corrected: Vec<Said>,
    pub(super) corrected_more: u64,
    /// The oldest open questions, with candidates.
    pub(super) in_question: Vec<Said>,
    /// How many wait in all.
    pub(super) waiting: u64,
    pub(super) complaints: u64,
    /// The notice whose page shows a recognition.
    pub(super) links: HashMap<Uuid, Uuid>,
    pub(super) desk: Desk,
    pub(super) board: Board,
    /// How long it took in the four weeks before until the team heard.
    pub(super) pace: Option<Pace>,
    /// Recognitions that it was to tell and that no longer hold.
    pub(crate) withdrawn: Vec<Uuid>,
}

/// The days that a digest tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Told {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
}

impl Told {
    fn by(digest: &notice::Model) -> Told {
        let made_on = digest.created_at.date_naive();
        let last = digest.last_day.unwrap_or(made_on);
        let week = Days::new(6);
        Told {
            first: digest
                .first_day
                .unwrap_or_else(|| last.checked_sub_days(week).unwrap_or(last)),
            last,
        }
    }
}

/// People and what was said of them.
#[derive(Debug, Default)]
pub(super) struct Praised {
    pub(super) shown: Vec<Person>,
    /// Thank-yous of all of them.
    pub(super) thanks: u64,
    pub(super) people: u64,
}

/// What was said of one person, or of the site.
#[derive(Debug, Default)]
pub(super) struct Person {
    pub(super) thanks: u64,
    /// The newest, each with this person alone.
    pub(super) said: Vec<Said>,
}

impl Material {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        let told = self.people.thanks + self.late.thanks + self.site.thanks;
        told == 0 && self.corrected.is_empty() && self.waiting == 0
    }

    /// Notices whose pages the digest links to.
    pub(crate) fn linked(&self) -> Vec<Uuid> {
        let mut notices: Vec<Uuid> = self.links.values().copied().collect();
        notices.sort_unstable();
        notices.dedup();
        notices
    }
}

/// Reads what digests of one organisation tell, by digest.
pub(crate) async fn read(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    digests: &[Read<'_>],
) -> Result<HashMap<Uuid, Material>, DbErr> {
    let mut by_days: BTreeMap<Told, Vec<Read<'_>>> = BTreeMap::new();
    for (digest, reader) in digests {
        by_days
            .entry(Told::by(digest))
            .or_default()
            .push((digest, reader));
    }
    let mut all = HashMap::with_capacity(digests.len());
    for (days, digests) in by_days {
        all.extend(of_days(connection, organisation, days, &digests).await?);
    }
    Ok(all)
}

async fn of_days(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    days: Told,
    digests: &[Read<'_>],
) -> Result<HashMap<Uuid, Material>, DbErr> {
    let last_day = days.last;
    let picked = Picked::read(connection, organisation.id, days.first, digests).await?;
    let mut shelf = Shelf::read(connection, organisation, &picked).await?;
    let links = pick::links(connection, &picked.quoted()).await?;
    let readers: Vec<&account::Model> = digests.iter().map(|(_, reader)| *reader).collect();
    let mut desks = desk::of(connection, organisation.id, &readers, last_day).await?;
    let managers: Vec<Uuid> = readers.iter().filter_map(|reader| reader.staff_id).collect();
    let mut boards = board::month(connection, organisation, &managers, last_day).await?;
    let made_at = digests.iter().map(|(digest, _)| digest.created_at).max();
    let paces = match made_at {
        Some(made_at) => pace::of_managers(connection, organisation.id, &managers, made_at).await?,
        None => HashMap::new(),
    };
    let mut all = HashMap::with_capacity(digests.len());
    for (digest, reader) in digests {
        let mut material = picked.material(digest, reader, &mut shelf);
        material.days = days;
        material.links = links_of(&material, reader.id, &links);
        material.desk = desks.remove(&reader.id).unwrap_or_default();
        material.board = reader
            .staff_id
            .and_then(|staff| boards.remove(&staff))
            .unwrap_or_default();
        material.pace = reader.staff_id.and_then(|staff| paces.get(&staff)).copied();
        all.insert(digest.id, material);
    }
    Ok(all)
}

fn links_of(material: &Material, reader: Uuid, links: &pick::Links) -> HashMap<Uuid, Uuid> {
    let people = material.people.shown.iter().chain(&material.late.shown);
    let quoted = people.chain([&material.site]).flat_map(|person| &person.said);
    quoted
        .flat_map(|said| &said.told)
        .filter_map(|told| {
            let recognition = told.recognition.id;
            Some((recognition, *links.get(&(reader, recognition))?))
        })
        .collect()
}

/// What is shown of each digest, by its id: ids and numbers.
struct Picked {
    first_day: NaiveDate,
    tallies: HashMap<Uuid, Vec<Tally>>,
    newest: HashMap<Uuid, Vec<Uuid>>,
    corrections: HashMap<Uuid, Shown>,
    withdrawn: HashMap<Uuid, Vec<Uuid>>,
    complaints: HashMap<Uuid, u64>,
    /// By reader.
    waiting: HashMap<Uuid, Shown>,
}

impl Picked {
    async fn read(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        first_day: NaiveDate,
        digests: &[Read<'_>],
    ) -> Result<Picked, DbErr> {
        let ids: Vec<Uuid> = digests.iter().map(|(digest, _)| digest.id).collect();
        let readers: Vec<Uuid> = digests.iter().map(|(_, reader)| reader.id).collect();
        let mut tallies = pick::tally(connection, &ids, first_day).await?;
        tallies.values_mut().for_each(|tallies| most_first(tallies));
        let is_large = |id: &&Uuid| tallies.get(*id).is_some_and(|people| people.len() > PEOPLE);
        let (large, small): (Vec<&Uuid>, Vec<&Uuid>) = ids.iter().partition(is_large);
        let small: Vec<Uuid> = small.into_iter().copied().collect();
        let mut newest = pick::newest(connection, &small, first_day).await?;
        for digest in large {
            let people = shown(tallies.get(digest).map(Vec::as_slice).unwrap_or_default());
            let of = pick::newest_of(connection, *digest, first_day, &people).await?;
            newest.insert(*digest, of);
        }
        Ok(Picked {
            first_day,
            tallies,
            newest,
            corrections: pick::corrections(connection, &ids).await?,
            withdrawn: pick::withdrawn(connection, &ids).await?,
            complaints: pick::complaints(connection, &ids).await?,
            waiting: pick::waiting(connection, organisation, &readers).await?,
        })
    }

    /// Recognitions that are quoted.
    fn quoted(&self) -> Vec<Uuid> {
        self.newest.values().flatten().copied().collect()
    }

    fn material(&self, digest: &notice::Model, reader: &account::Model, shelf: &mut Shelf) -> Material {
        let tallies = self
            .tallies
            .get(&digest.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let newest = self.newest.get(&digest.id).map(Vec::as_slice).unwrap_or_default();
        let said: Vec<Said> = newest
            .iter()
            .filter_map(|id| shelf.recognised.get(id).cloned())
            .collect();
        let waiting = self.waiting.get(&reader.id).cloned().unwrap_or_default();
        let corrections = self.corrections.get(&digest.id).cloned().unwrap_or_default();
        let take = |from: &HashMap<Uuid, Said>, ids: &[Uuid]| -> Vec<Said> {
            ids.iter().filter_map(|id| from.get(id).cloned()).collect()
        };
        let corrected = take(&shelf.recognised, &corrections.ids);
        Material {
            people: self.praised(tallies, &said, false),
            late: self.praised(tallies, &said, true),
            site: Person {
                thanks: tallies
                    .iter()
                    .filter(|one| one.staff.is_none())
                    .map(|one| one.count)
                    .sum(),
                said: said_of(&said, |recognition| recognition.staff_id.is_none()),
            },
            corrected_more: corrections.all.saturating_sub(corrected.len() as u64),
            corrected,
            in_question: take(&shelf.asked, &waiting.ids),
            waiting: waiting.all,
            complaints: self.complaints.get(&digest.id).copied().unwrap_or_default(),
            withdrawn: self.withdrawn.get(&digest.id).cloned().unwrap_or_default(),
            ..Material::default()
        }
    }

    fn praised(&self, tallies: &[Tally], said: &[Said], is_late: bool) -> Praised {
        let own: Vec<&Tally> = tallies
            .iter()
            .filter(|one| one.staff.is_some() && one.is_late == is_late)
            .collect();
        let person = |tally: &&Tally| {
            let is_theirs = |recognition: &recognition::Model| {
                let late = recognition.occurred_on < self.first_day;
                recognition.staff_id == tally.staff && late == is_late
            };
            Person {
                thanks: tally.count,
                said: said_of(said, is_theirs),
            }
        };
        Praised {
            shown: own.iter().take(PEOPLE).map(person).collect(),
            thanks: own.iter().map(|one| one.count).sum(),
            people: own.len() as u64,
        }
    }
}

fn said_of(said: &[Said], is_theirs: impl Fn(&recognition::Model) -> bool) -> Vec<Said> {
    let own = said
        .iter()
        .filter(|said| said.told.iter().any(|told| is_theirs(&told.recognition)));
    own.take(pick::QUOTES.unsigned_abs() as usize).cloned().collect()
}

fn most_first(tallies: &mut [Tally]) {
    tallies.sort_by_key(|tally| (std::cmp::Reverse(tally.count), tally.staff));
}

/// The people whom a digest shows, of the week and late.
fn shown(tallies: &[Tally]) -> Vec<Uuid> {
    let of = |is_late| {
        let own = tallies.iter().filter(move |one| one.is_late == is_late);
        own.filter_map(|one| one.staff).take(PEOPLE)
    };
    let people: HashSet<Uuid> = of(false).chain(of(true)).collect();
    people.into_iter().collect()
}

/// The words of all digests of a batch.
struct Shelf {
    /// By recognition, each with that one alone.
    recognised: HashMap<Uuid, Said>,
    /// By comment.
    asked: HashMap<Uuid, Said>,
}

impl Shelf {
    async fn read(
        connection: &impl ConnectionTrait,
        organisation: &organisation::Model,
        picked: &Picked,
    ) -> Result<Shelf, DbErr> {
        let corrected = picked.corrections.values().flat_map(|shown| &shown.ids);
        let ids: HashSet<Uuid> = picked.quoted().into_iter().chain(corrected.copied()).collect();
        let recognitions = recognitions_named(connection, organisation.id, ids).await?;
        let told = recognitions.into_iter().map(|one| (one.comment_id, vec![one]));
        let said = said::gather(connection, organisation, told.collect()).await?;
        let recognised = said
            .into_iter()
            .flatten()
            .filter_map(|said| Some((said.told.first()?.recognition.id, said)))
            .collect();
        let asked: HashSet<Uuid> = picked
            .waiting
            .values()
            .flat_map(|shown| shown.ids.iter().copied())
            .collect();
        Ok(Shelf {
            recognised,
            asked: questions(connection, organisation, asked).await?,
        })
    }
}

async fn questions(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    comments: HashSet<Uuid>,
) -> Result<HashMap<Uuid, Said>, DbErr> {
    let wanted = comments.into_iter().map(|comment| (comment, Vec::new()));
    let said = said::gather(connection, organisation, wanted.collect()).await?;
    let mut asked: Vec<Said> = said.into_iter().flatten().collect();
    let open = |said: &Said| -> Vec<Uuid> {
        let named = said.open_verdicts().filter_map(|verdict| verdict.staff_id);
        named.take(CANDIDATES).collect()
    };
    let ids: HashSet<Uuid> = asked.iter().flat_map(open).collect();
    let people: HashMap<Uuid, staff_member::Model> = said::people(connection, organisation.id, ids).await?;
    for said in &mut asked {
        said.candidates = open(said)
            .iter()
            .filter_map(|id| people.get(id).cloned())
            .collect();
    }
    Ok(asked.into_iter().map(|said| (said.comment.id, said)).collect())
}
