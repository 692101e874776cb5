//! A digest as its reader sees it, in the mail and on its page.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::{
    comment, notice,
    notice_recognition::{self, Part},
    organisation, recognition, site,
    verdict::DecidedBy,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use super::{
    super::compose::{
        Addressed,
        said::{self, Said, Told, first_name, full_name},
    },
    board, pick,
};
use crate::{
    app::App,
    deliver::link,
    roster::placement::{self, Wanted},
    template::{
        Language,
        context::{Because, BecauseKind, Changed, DigestMail, PersonPraise, Quoted, Waiting, Week},
        time_words,
    },
};

/// Quotations of one person; the rest is a number.
const QUOTES: usize = 5;
/// Open questions that are shown; the rest is a number.
const QUESTIONS: usize = 5;
/// Letters of a quotation, and of an open question.
const QUOTE_LENGTH: usize = 400;
const QUESTION_LENGTH: usize = 160;

/// A digest that has something to tell.
#[derive(Debug)]
pub(crate) struct Digest {
    pub(crate) week: Week,
    /// Recognitions that were withdrawn after it was made and before it left.
    pub(crate) withdrawn: Vec<Uuid>,
    /// Notices whose pages its quotations link to.
    pub(crate) linked: Vec<Uuid>,
    reads_as: (BecauseKind, String),
}

impl Digest {
    /// The mail.
    pub(crate) fn mail(&self, app: &App, addressed: &Addressed) -> DigestMail {
        let (key, what) = self.reads_as.clone();
        let mut frame = addressed.frame(app, String::new());
        frame.because = Because { key, what };
        DigestMail {
            mail: frame,
            week: self.week.clone(),
            page_url: Some(link::page_url(app, addressed.notice.id)),
        }
    }
}

/// Who reads it.
struct Desk {
    team: Vec<entity::staff_member::Model>,
    site: Option<site::Model>,
    staff: Option<Uuid>,
}

/// Everything a digest is made of.
struct Material {
    said: Vec<Said>,
    corrected: Vec<Said>,
    waiting: Vec<comment::Model>,
    in_question: Vec<Said>,
    links: HashMap<Uuid, Uuid>,
    monday: NaiveDate,
}

/// Composes a digest; none where nothing is left to tell.
pub(crate) async fn compose(
    app: &App,
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    digest: &notice::Model,
    reader: &entity::account::Model,
    now: DateTime<Utc>,
) -> Result<Option<Digest>, DbErr> {
    let monday = digest.period_start.unwrap_or_else(|| now.date_naive());
    let (news, withdrawn) = told(connection, digest, Part::Digest).await?;
    let (_, taken_back) = told(connection, digest, Part::Correction).await?;
    let material = Material {
        corrected: gather(connection, organisation, taken_back).await?,
        said: gather(connection, organisation, news).await?,
        waiting: pick::waiting(connection, digest).await?,
        in_question: Vec::new(),
        links: pick::notices_by_recognition(connection, digest).await?,
        monday,
    };
    let material = with_questions(connection, organisation, material).await?;
    if material.said.is_empty() && material.corrected.is_empty() && material.waiting.is_empty() {
        return Ok(None);
    }
    let last_day = monday.checked_sub_days(Days::new(1)).unwrap_or(monday);
    let desk = desk(connection, organisation, reader, last_day).await?;
    let bands = board::month(connection, organisation, &desk.team, last_day).await?;
    let complaints = pick::complaints(connection, digest).await?;
    let week = Week {
        about: about(organisation, &desk),
        period: time_words::days(week_before(monday), last_day, Language::English),
        bands,
        board_period: format!(
            "{} {}",
            time_words::month(last_day, Language::English),
            last_day.format("%Y")
        ),
        complaints,
        ..of(app, &material)
    };
    Ok(Some(Digest {
        reads_as: reads_as(organisation, &desk),
        linked: linked(&material),
        withdrawn: withdrawn.into_iter().map(|recognition| recognition.id).collect(),
        week,
    }))
}

/// Recognitions of one part of a digest: those that stand, and those that do not.
async fn told(
    connection: &impl ConnectionTrait,
    digest: &notice::Model,
    part: Part,
) -> Result<(Vec<recognition::Model>, Vec<recognition::Model>), DbErr> {
    use notice_recognition::{Column, Entity};
    let rows = Entity::within(digest.organisation_id)
        .filter(Column::NoticeId.eq(digest.id))
        .filter(Column::Part.eq(part))
        .all(connection)
        .await?;
    let found = recognition::Entity::within(digest.organisation_id)
        .filter(recognition::Column::Id.is_in(rows.into_iter().map(|row| row.recognition_id)))
        .all(connection)
        .await?;
    Ok(found.into_iter().partition(|row| row.withdrawn_at.is_none()))
}

/// Comments with their recognitions, newest first.
async fn gather(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    recognitions: Vec<recognition::Model>,
) -> Result<Vec<Said>, DbErr> {
    let comments: HashSet<Uuid> = recognitions.iter().map(|row| row.comment_id).collect();
    let mut said = said::gather(connection, organisation, comments, recognitions).await?;
    said.sort_by_key(|said| std::cmp::Reverse((said.comment.occurred_at, said.comment.id)));
    Ok(said)
}

async fn with_questions(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    material: Material,
) -> Result<Material, DbErr> {
    let shown = material.waiting.iter().take(QUESTIONS).map(|comment| comment.id);
    let mut in_question = said::gather(connection, organisation, shown.collect(), Vec::new()).await?;
    in_question.sort_by_key(|said| (said.comment.received_at, said.comment.id));
    let ids = in_question
        .iter()
        .flat_map(|said| said.open_verdicts().filter_map(|verdict| verdict.staff_id));
    let people = said::people(connection, organisation.id, ids.collect()).await?;
    for said in &mut in_question {
        let named = said.open_verdicts().filter_map(|verdict| verdict.staff_id);
        let candidates: Vec<_> = named.filter_map(|id| people.get(&id).cloned()).take(3).collect();
        said.candidates = candidates;
    }
    Ok(Material {
        in_question,
        ..material
    })
}

async fn desk(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    reader: &entity::account::Model,
    day: NaiveDate,
) -> Result<Desk, DbErr> {
    let Some(staff) = reader.staff_id else {
        return Ok(Desk {
            team: Vec::new(),
            site: None,
            staff: None,
        });
    };
    let team = board::team(connection, organisation.id, staff, day).await?;
    let wanted = Wanted {
        staff,
        site: None,
        on: day,
    };
    let works_at = placement::on_day(connection, organisation.id, wanted).await?.site;
    let leads = site::Entity::within(organisation.id)
        .filter(site::Column::LeadId.eq(staff))
        .one(connection)
        .await?;
    let site = match (leads, works_at) {
        (Some(site), _) => Some(site),
        (None, Some(id)) => {
            let own = site::Entity::within(organisation.id).filter(site::Column::Id.eq(id));
            own.one(connection).await?
        }
        (None, None) => None,
    };
    Ok(Desk {
        team,
        site,
        staff: Some(staff),
    })
}

fn about(organisation: &organisation::Model, desk: &Desk) -> String {
    desk.site
        .as_ref()
        .map_or_else(|| organisation.name.clone(), |site| site.path.clone())
}

fn reads_as(organisation: &organisation::Model, desk: &Desk) -> (BecauseKind, String) {
    let leads = desk
        .site
        .as_ref()
        .filter(|site| desk.staff.is_some() && site.lead_id == desk.staff);
    match leads {
        _ if !desk.team.is_empty() => (BecauseKind::DigestTeam, names_of(desk)),
        Some(site) => (BecauseKind::DigestSite, site.path.clone()),
        None => (BecauseKind::Administrator, organisation.name.clone()),
    }
}

/// "Amina and Daniel", "Amina, Daniel and 12 others".
fn names_of(desk: &Desk) -> String {
    let mut names: Vec<&str> = desk.team.iter().map(first_name).collect();
    names.sort_unstable();
    let others = format!("{} others", names.len().saturating_sub(2));
    if names.len() > 4 {
        names.truncate(2);
        names.push(&others);
    }
    super::super::compose::listed(&names)
}

fn week_before(monday: NaiveDate) -> NaiveDate {
    monday.checked_sub_days(Days::new(7)).unwrap_or(monday)
}

/// The parts that come from the material alone.
fn of(app: &App, material: &Material) -> Week {
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

fn linked(material: &Material) -> Vec<Uuid> {
    let ids = material
        .said
        .iter()
        .flat_map(|said| said.told.iter().map(|told| told.recognition.id));
    let mut notices: Vec<Uuid> = ids.filter_map(|id| material.links.get(&id).copied()).collect();
    notices.sort_unstable();
    notices.dedup();
    notices
}
