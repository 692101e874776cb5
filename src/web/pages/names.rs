//! `/names`: praised names that nobody bears, for whoever leads the site: whose are they?
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{name_answer, site, source, staff_member};
use poem::{Response, handler, http::StatusCode};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    fields::Fields,
    form::refuse_other_types,
    reader::{Reader, not_found},
};
use crate::{
    access::{Action, Target, audit},
    attribute::names::{
        answer::{self, By, NameError, Said},
        list::{self, At, Proposal},
    },
    roster::{organisation as organisations, site as sites, staff::full_name},
    said,
    template::{
        Moment,
        context::{AnsweredName, ChosenName, NameProgress, NameRow, NameSample, NamedPerson, NamesPage},
    },
    triage::desk::who,
    web::problem::Failure,
};

/// Names of a page.
const ROWS: u64 = 20;
/// Decisions from which they are told.
const TOLD_FROM: i64 = 2;

/// Why an answer was refused.
enum Refusal {
    NotFound(String),
    Borne(String),
    Days,
    Oneself,
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    page(&reader, None).await
}

/// The sites whose names somebody sees; none where there are none.
pub(super) fn sites_of(reader: &Reader<'_>) -> Option<At> {
    if reader.may(Action::LIST_ALIAS_PROPOSALS, &Target::Organisation) {
        return Some(At::Everywhere);
    }
    let person = reader.caller.person()?;
    (!person.led_sites.is_empty()).then(|| At::Sites(person.led_sites.clone()))
}

async fn page(reader: &Reader<'_>, refused: Option<(Uuid, Refusal)>) -> poem::Result<Response> {
    let at = sites_of(reader);
    let target = match &at {
        Some(At::Sites(sites)) => sites
            .iter()
            .next()
            .map_or(Target::Organisation, |one| Target::Site(*one)),
        _ => Target::Organisation,
    };
    reader.permit(Action::LIST_ALIAS_PROPOSALS, Some(target))?;
    let at = at.ok_or_else(not_found)?;
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let proposals = list::proposals(db, own, &at, ROWS).await.map_err(Failure::from)?;
    let answers = list::answers(db, own, &at, None, ROWS)
        .await
        .map_err(Failure::from)?;
    let beside = Beside::load(reader, &proposals, &answers)
        .await
        .map_err(Failure::from)?;
    let status = match refused {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = NamesPage {
        page: reader.frame("/names", "names"),
        waiting: proposals.len() as u64,
        names: proposals
            .into_iter()
            .map(|proposal| beside.name(proposal, refused.as_ref()))
            .collect(),
        answered: answers
            .into_iter()
            .map(|answer| beside.answered(answer))
            .collect(),
    };
    reader.page(status, &page)
}

/// What names are shown with.
struct Beside<'a> {
    reader: &'a Reader<'a>,
    people: HashMap<Uuid, staff_member::Model>,
    sites: HashMap<Uuid, site::Model>,
    sources: HashMap<Uuid, source::Model>,
    names: HashMap<Uuid, String>,
    actors: HashMap<String, String>,
}

impl<'a> Beside<'a> {
    async fn load(
        reader: &'a Reader<'a>,
        proposals: &[Proposal],
        answers: &[name_answer::Model],
    ) -> Result<Beside<'a>, DbErr> {
        let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
        let staff: HashSet<Uuid> = proposals
            .iter()
            .flat_map(|one| {
                one.nearest
                    .iter()
                    .copied()
                    .chain(one.chosen.map(|(staff, _)| staff))
            })
            .chain(answers.iter().filter_map(|answer| answer.staff_id))
            .collect();
        let people = staff_member::Entity::named(own, staff_member::Column::Id, staff)
            .all(db)
            .await?;
        let at: HashSet<Uuid> = proposals
            .iter()
            .map(|one| one.site)
            .chain(answers.iter().map(|answer| answer.site_id))
            .collect();
        let sources = source::Entity::within(own).all(db).await?;
        let ids: Vec<Uuid> = answers.iter().map(|answer| answer.name_id).collect();
        let actors: Vec<&str> = answers.iter().map(who_said).collect();
        Ok(Beside {
            reader,
            people: people.into_iter().map(|person| (person.id, person)).collect(),
            sites: sites::by_ids(db, own, at).await?,
            sources: sources.into_iter().map(|source| (source.id, source)).collect(),
            names: list::names(db, own, &ids).await?,
            actors: audit::names(db, own, actors.iter().copied()).await?,
        })
    }

    fn name(&self, proposal: Proposal, refused: Option<&(Uuid, Refusal)>) -> NameRow {
        let refusal = refused
            .filter(|(name, _)| *name == proposal.id)
            .map(|(_, why)| why);
        let is_told = |(_, times): &(Uuid, i64)| *times >= TOLD_FROM;
        let chosen = proposal.chosen.filter(is_told);
        let chosen_staff = proposal.chosen.map(|(staff, _)| staff);
        let mut offered: Vec<Uuid> = chosen_staff.into_iter().collect();
        offered.extend(proposal.nearest.iter().filter(|one| Some(**one) != chosen_staff));
        NameRow {
            id: format!("name-{}", proposal.id.simple()),
            messages: proposal.messages,
            chosen: chosen.and_then(|(staff, times)| {
                Some(ChosenName {
                    name: full_name(self.people.get(&staff)?),
                    times,
                })
            }),
            people: offered
                .iter()
                .filter(|staff| self.reader.caller.oneself() != Some(**staff))
                .filter_map(|staff| self.person(*staff))
                .collect(),
            samples: self.samples(&proposal),
            action: self.url_if(
                Action::ANSWER_ALIAS_PROPOSAL,
                proposal.site,
                &format!("/names/{}", proposal.id),
            ),
            not_found: match refusal {
                Some(Refusal::NotFound(typed)) => Some(typed.clone()),
                _ => None,
            },
            bearer: match refusal {
                Some(Refusal::Borne(bearer)) => Some(bearer.clone()),
                _ => None,
            },
            wrong_days: matches!(refusal, Some(Refusal::Days)),
            oneself: matches!(refusal, Some(Refusal::Oneself)),
            site: self.site(proposal.site),
            name: proposal.name,
        }
    }

    /// Whoever works here still.
    fn person(&self, staff: Uuid) -> Option<NamedPerson> {
        let person = self.people.get(&staff)?;
        let today = self.reader.today();
        person
            .ends_on
            .is_none_or(|last| last >= today)
            .then(|| NamedPerson {
                value: person.id.to_string(),
                name: full_name(person),
            })
    }

    fn samples(&self, proposal: &Proposal) -> Vec<NameSample> {
        let sample = |((comment, words), span): &(_, _)| -> Option<NameSample> {
            let (comment, words): (&entity::comment::Model, &entity::comment_revision::Model) =
                (comment, words);
            let source = self.sources.get(&comment.source_id)?;
            Some(NameSample {
                at: self.near(comment.occurred_at),
                source: said::source(source, words),
                words: said::with_spans(source, words, [span])?,
            })
        };
        proposal.samples.iter().filter_map(sample).collect()
    }

    fn answered(&self, answer: name_answer::Model) -> AnsweredName {
        let by = who_said(&answer);
        let person = answer.staff_id.and_then(|staff| self.people.get(&staff));
        AnsweredName {
            id: format!("answer-{}", answer.id.simple()),
            name: answer
                .name
                .clone()
                .or_else(|| self.names.get(&answer.name_id).cloned()),
            person: person.map(full_name),
            site: self.site(answer.site_id),
            at: self.near(answer.undone_at.unwrap_or(answer.created_at)),
            by: self.actors.get(by).cloned().unwrap_or_else(|| by.to_owned()),
            is_undone: answer.undone_at.is_some(),
            from: answer.starts_on,
            until: answer.ends_on,
            progress: answer.staff_id.map(|_| NameProgress {
                is_done: answer.finished_at.is_some(),
                to_read: answer.to_read,
                read: answer.read.min(answer.to_read),
                credited: answer.credited,
            }),
            undo_url: answer
                .undone_at
                .is_none()
                .then(|| {
                    let path = format!("/names/{}/undo", answer.name_id);
                    self.url_if(Action::UNDO_ALIAS_ANSWER, answer.site_id, &path)
                })
                .flatten(),
        }
    }

    fn near(&self, at: chrono::DateTime<chrono::Utc>) -> Moment {
        let zone = organisations::zone(&self.reader.organisation);
        Moment::near(at, zone, self.reader.web.app.clock.now())
    }

    fn site(&self, site: Uuid) -> String {
        self.sites
            .get(&site)
            .map(|site| site.path.clone())
            .unwrap_or_default()
    }

    fn url_if(&self, action: Action, site: Uuid, path: &str) -> Option<String> {
        let may = self.reader.may(action, &Target::Site(site));
        may.then(|| self.reader.link(path, None))
    }
}

/// Who said it, or took it back.
fn who_said(answer: &name_answer::Model) -> &str {
    answer.undone_by.as_deref().unwrap_or(&answer.actor)
}

/// Keeps what somebody says of a name.
#[handler]
pub(crate) async fn say(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let name = permitted(&reader, Action::ANSWER_ALIAS_PROPOSAL).await?;
    let said = match said(&reader, &Fields::read(&body)).await? {
        Ok(said) => said,
        Err(refusal) => return page(&reader, Some((name, refusal))).await,
    };
    let app = &reader.web.app;
    let tx = app.db.write().await.map_err(Failure::from)?;
    let subject = (reader.organisation.id, name);
    match answer::answer(&app.attribute(), &tx, subject, said, by(&reader)).await {
        Ok(_) => tx.commit().await.map_err(Failure::from)?,
        // Somebody else was quicker: the page shows what they said.
        Err(NameError::Answered) => {}
        Err(NameError::Borne { bearer, .. }) => {
            drop(tx);
            return page(&reader, Some((name, Refusal::Borne(bearer)))).await;
        }
        Err(NameError::Oneself) => {
            drop(tx);
            return page(&reader, Some((name, Refusal::Oneself))).await;
        }
        Err(NameError::Roster(crate::roster::RosterError::Invalid { .. })) => {
            drop(tx);
            return page(&reader, Some((name, Refusal::Days))).await;
        }
        Err(other) => return Err(Failure::from(other).into()),
    }
    Ok(reader.see_other("/names", None))
}

async fn said(reader: &Reader<'_>, fields: &Fields) -> Result<Result<Said, Refusal>, Failure> {
    let chosen = fields.get("staff").text;
    if chosen == "nobody" {
        return Ok(Ok(Said::NotOurs));
    }
    let (Ok(starts_on), Ok(ends_on)) = (day(fields, "from"), day(fields, "until")) else {
        return Ok(Err(Refusal::Days));
    };
    let staff = match Uuid::try_parse(&chosen) {
        Ok(staff) => staff,
        Err(_) => {
            let typed = fields.get("who").text;
            let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
            match who::named(db, own, &typed).await? {
                Some(person) => person.id,
                None => return Ok(Err(Refusal::NotFound(typed))),
            }
        }
    };
    Ok(Ok(Said::Alias {
        staff,
        starts_on,
        ends_on,
    }))
}

/// A day as browsers send it; none where the field is empty.
fn day(fields: &Fields, name: &str) -> Result<Option<NaiveDate>, chrono::ParseError> {
    let typed = fields.get(name).text;
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some)
}

/// Takes back what was said of a name.
#[handler]
pub(crate) async fn undo(reader: Reader<'_>) -> poem::Result<Response> {
    let name = permitted(&reader, Action::UNDO_ALIAS_ANSWER).await?;
    let tx = reader.web.app.db.write().await.map_err(Failure::from)?;
    match answer::undo(&tx, (reader.organisation.id, name), by(&reader)).await {
        Ok(_) => tx.commit().await.map_err(Failure::from)?,
        Err(NameError::NothingToUndo) => {}
        Err(other) => return Err(Failure::from(other).into()),
    }
    Ok(reader.see_other("/names", None))
}

/// The name in the address, if the reader may do this at its site.
async fn permitted(reader: &Reader<'_>, action: Action) -> poem::Result<Uuid> {
    let name = reader.id()?;
    let site = answer::site_of(reader.web.app.db.read(), reader.organisation.id, name)
        .await
        .map_err(Failure::from)?;
    reader.permit(action, site.map(Target::Site))?;
    Ok(name)
}

fn by<'a>(reader: &'a Reader<'_>) -> By<'a> {
    By {
        actor: &reader.caller.actor,
        oneself: reader.caller.oneself(),
        now: reader.web.app.clock.now(),
    }
}
