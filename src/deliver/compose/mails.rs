//! The mails that leave at once: praise, an open question, a complaint.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::notice::Kind;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    Addressed, listed, recognitions_of,
    said::{self, Said, full_name},
};
use crate::{
    app::App,
    deliver::{digest, link},
    route::reason::Code,
    said as shown,
    template::{
        Language, Mail, Moment, TemplateError,
        context::{Candidate, ComplaintMail, PraiseMail, TriageMail, Why},
    },
};

/// Candidates that a mail names.
const NAMED: usize = 3;

/// Why a mail cannot be composed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    #[error("database: {0}")]
    Database(#[from] DbErr),
    #[error("template: {0}")]
    Template(#[from] TemplateError),
}

/// What there is to tell when a notice is delivered.
#[derive(Debug)]
pub(crate) enum Content {
    /// This mail; recognitions that were withdrawn meanwhile are not in it.
    Mail {
        mail: Box<Mail>,
        withdrawn: Vec<Uuid>,
        /// Further notices whose pages it links to.
        linked: Vec<Uuid>,
    },
    /// Nothing any more.
    Nothing,
}

/// Composes the mail of a notice.
pub(crate) async fn compose(
    app: &App,
    connection: &impl ConnectionTrait,
    addressed: &Addressed,
    now: DateTime<Utc>,
) -> Result<Content, ComposeError> {
    if addressed.notice.kind == Kind::Digest {
        return compose_digest(app, connection, addressed, now).await;
    }
    let recognitions = recognitions_of(connection, &addressed.notice).await?;
    let (standing, withdrawn): (Vec<_>, Vec<_>) = recognitions
        .into_iter()
        .partition(|recognition| recognition.withdrawn_at.is_none());
    let is_praise = matches!(addressed.notice.kind, Kind::Praise | Kind::OwnPraise);
    let comment: HashSet<Uuid> = addressed.notice.comment_id.into_iter().collect();
    if is_praise && standing.is_empty() {
        return Ok(Content::Nothing);
    }
    let said = said::gather(connection, &addressed.organisation, comment, standing).await?;
    let Some(said) = said.into_iter().next().filter(Said::is_there) else {
        return Ok(Content::Nothing);
    };
    let mail = match addressed.notice.kind {
        Kind::Praise | Kind::OwnPraise | Kind::SitePraise => {
            app.templates.mail(&praise(app, addressed, &said, now))?
        }
        Kind::Triage => {
            if said.comment.state != entity::comment::State::Triage {
                return Ok(Content::Nothing);
            }
            let people = candidates(connection, addressed, &said).await?;
            app.templates.mail(&triage(app, addressed, &said, people, now))?
        }
        Kind::Complaint => app.templates.mail(&complaint(app, addressed, &said, now))?,
        Kind::Digest => return Ok(Content::Nothing),
    };
    Ok(Content::Mail {
        mail: Box::new(mail),
        withdrawn: withdrawn.into_iter().map(|recognition| recognition.id).collect(),
        linked: Vec::new(),
    })
}

/// Composes the mail of a digest.
async fn compose_digest(
    app: &App,
    connection: &impl ConnectionTrait,
    addressed: &Addressed,
    now: DateTime<Utc>,
) -> Result<Content, ComposeError> {
    let (organisation, notice) = (&addressed.organisation, &addressed.notice);
    let digest =
        digest::compose::compose(app, connection, organisation, notice, &addressed.reader, now).await?;
    let Some(digest) = digest else {
        return Ok(Content::Nothing);
    };
    let mail = app.templates.mail(&digest.mail(app, addressed))?;
    Ok(Content::Mail {
        mail: Box::new(mail),
        withdrawn: digest.withdrawn,
        linked: digest.linked,
    })
}

/// Names what makes it the reader's.
fn what(addressed: &Addressed, said: &Said) -> String {
    match addressed.reason.code {
        Code::Manager | Code::ManagerAbove => {
            let names: Vec<String> = said.people().into_iter().map(|person| person.name).collect();
            listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
        }
        Code::SiteLead => said
            .site
            .clone()
            .unwrap_or_else(|| addressed.organisation.name.clone()),
        _ => addressed.organisation.name.clone(),
    }
}

fn at(said: &Said, now: DateTime<Utc>) -> Moment {
    Moment::full(said.comment.occurred_at, said.zone, now, Language::English)
}

fn praise(app: &App, addressed: &Addressed, said: &Said, now: DateTime<Utc>) -> PraiseMail {
    PraiseMail {
        mail: addressed.frame(app, what(addressed, said)),
        people: said.people(),
        names: listed(&said.first_names()),
        oneself: addressed.notice.kind == Kind::OwnPraise,
        words: said.marked_words(),
        post: said.post(),
        author: said.author(),
        source: said.source.name.clone(),
        site: said.site.clone(),
        at: at(said, now),
        why: reasons(said),
        praise_url: link::page_url(app, addressed.notice.id),
    }
}

/// Why the words are theirs.
pub(crate) fn reasons(said: &Said) -> Vec<Why> {
    let reason = |told: &said::Told| {
        let person = told.person.as_ref()?;
        let verdict = said.verdict_on(told.recognition.staff_id)?;
        shown::why(verdict, Some(said::first_name(person).to_owned()))
    };
    said.told.iter().filter_map(reason).collect()
}

async fn candidates(
    connection: &impl ConnectionTrait,
    addressed: &Addressed,
    said: &Said,
) -> Result<TriagePeople, DbErr> {
    let of = |state| {
        said.verdicts
            .iter()
            .filter(move |verdict| verdict.state == state)
            .filter_map(|verdict| Some((verdict, verdict.staff_id?)))
    };
    let (open, credited) = (entity::verdict::State::Open, entity::verdict::State::Credited);
    let ids = of(open).chain(of(credited)).map(|(_, staff)| staff).collect();
    let people = said::people(connection, addressed.organisation.id, ids).await?;
    let candidate = |(verdict, staff): (&entity::verdict::Model, Uuid)| {
        Some(Candidate {
            name: full_name(people.get(&staff)?),
            job_title: None,
            in_hundred: shown::in_hundred(verdict),
            why: shown::why(verdict, None),
        })
    };
    let name = |(_, staff): (&entity::verdict::Model, Uuid)| Some(full_name(people.get(&staff)?));
    Ok(TriagePeople {
        candidates: of(open).filter_map(candidate).take(NAMED).collect(),
        credited: of(credited).filter_map(name).collect(),
    })
}

struct TriagePeople {
    candidates: Vec<Candidate>,
    credited: Vec<String>,
}

fn triage(
    app: &App,
    addressed: &Addressed,
    said: &Said,
    people: TriagePeople,
    now: DateTime<Utc>,
) -> TriageMail {
    TriageMail {
        mail: addressed.frame(app, what(addressed, said)),
        words: said.words_in_question(),
        post: said.post(),
        source: said.source.name.clone(),
        site: said.site.clone(),
        at: at(said, now),
        candidates: people.candidates,
        credited: people.credited,
        decide_url: link::desk_url(app, Some(said.comment.id)),
    }
}

fn complaint(app: &App, addressed: &Addressed, said: &Said, now: DateTime<Utc>) -> ComplaintMail {
    ComplaintMail {
        mail: addressed.frame(app, what(addressed, said)),
        words: said.plain_words(),
        post: said.post(),
        source: said.source.name.clone(),
        site: said.site.clone(),
        at: at(said, now),
        score: score(said),
        also_thanks: said.comment.tone == Some(entity::comment::Tone::Mixed),
        desk_url: Some(link::desk_url(app, Some(said.comment.id))),
    }
}

/// "3 of 10", on the scale on which it was given.
fn score(said: &Said) -> Option<String> {
    let highest = match said.words.score_scale.as_deref()? {
        "nps" => 10,
        "ces" => 7,
        _ => 5,
    };
    Some(format!("{} of {highest}", said.words.score_value?))
}
