//! The mails that leave at once: praise, an open question, a complaint.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::shield;
use entity::{account, comment, notice::Kind, organisation, rule, staff_member, verdict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use super::{
    Addressed, recognitions_of,
    reminder::{self, Reminder},
    said::{self, Said, full_name},
};
use crate::{
    deliver::app::DeliverApp,
    deliver::{
        digest::{
            self,
            material::{self, Material, Read},
        },
        link,
    },
    route::reason::Code,
    said as shown,
    template::{
        Mail, Moment, TemplateError,
        context::{
            AskedBefore, Candidate, ComplaintMail, Praise, PraiseMail, Score, ShieldedMail, TriageMail, Why,
        },
    },
};

/// Candidates that a mail names.
const NAMED: usize = 3;

/// What a notice tells when it is delivered.
#[derive(Debug)]
pub(crate) enum Matter {
    /// One comment.
    Comment(Box<Comment>),
    /// A reader's week.
    Week(Box<Material>),
    /// What waits for the reader to pass it on.
    Reminder(Box<Reminder>),
    /// What the words seem to say that the shield keeps for the reader.
    Shielded(Vec<shield::Kind>),
    /// Nothing any more.
    Nothing,
}

/// A comment that a notice tells of.
#[derive(Debug)]
pub(crate) struct Comment {
    pub(crate) said: Said,
    /// Recognitions that the notice named and that no longer hold.
    withdrawn: Vec<Uuid>,
    candidates: Vec<Candidate>,
    credited: Vec<String>,
}

impl Matter {
    /// Recognitions that the notice named and that no longer hold.
    pub(crate) fn withdrawn(&self) -> &[Uuid] {
        match self {
            Matter::Comment(comment) => &comment.withdrawn,
            Matter::Week(week) => &week.withdrawn,
            Matter::Reminder(_) | Matter::Shielded(_) | Matter::Nothing => &[],
        }
    }

    /// The comment, where it tells of one.
    pub(crate) fn comment(&self) -> Option<&Said> {
        match self {
            Matter::Comment(comment) => Some(&comment.said),
            Matter::Week(_) | Matter::Reminder(_) | Matter::Shielded(_) | Matter::Nothing => None,
        }
    }

    /// Further notices whose pages it links to.
    pub(crate) fn linked(&self) -> Vec<Uuid> {
        match self {
            Matter::Week(week) => week.linked(),
            Matter::Comment(_) | Matter::Reminder(_) | Matter::Shielded(_) | Matter::Nothing => Vec::new(),
        }
    }
}

/// Reads what notices of one organisation tell, in their order.
pub(crate) async fn gather(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    notices: &[&Addressed],
) -> Result<Vec<Matter>, DbErr> {
    let digests: Vec<Read<'_>> = notices
        .iter()
        .filter(|one| one.notice.kind == Kind::Digest)
        .filter_map(|one| Some((&one.notice, one.reader.as_ref()?)))
        .collect();
    let mut weeks = material::read(connection, organisation, &digests).await?;
    let mut comments = comments(connection, organisation, notices).await?;
    let reminded = notices.iter().filter(|one| one.notice.kind == Kind::Reminder);
    let readers = reminded.filter_map(|one| one.notice.reader_id).collect();
    let reminders = reminder::of_readers(connection, organisation, readers).await?;
    let mut shielded = shielded(connection, organisation.id, notices).await?;
    let matter = |one: &&Addressed| {
        let week = weeks
            .remove(&one.notice.id)
            .map(|week| Matter::Week(Box::new(week)));
        let comment = || {
            comments
                .remove(&one.notice.id)
                .map(|one| Matter::Comment(Box::new(one)))
        };
        let shielded = shielded.remove(&one.notice.id).map(Matter::Shielded);
        if one.notice.kind == Kind::Reminder {
            let own = one.notice.reader_id.and_then(|reader| reminders.get(&reader));
            return own.map_or(Matter::Nothing, |own| Matter::Reminder(Box::new(own.clone())));
        }
        week.or(shielded).or_else(comment).unwrap_or(Matter::Nothing)
    };
    Ok(notices.iter().map(matter).collect())
}

/// What the shield keeps still, by the notice that asks to decide about it.
async fn shielded(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    notices: &[&Addressed],
) -> Result<HashMap<Uuid, Vec<shield::Kind>>, DbErr> {
    let asks = || notices.iter().filter(|one| one.notice.kind == Kind::Shielded);
    let ids: Vec<Uuid> = asks().filter_map(|one| one.notice.comment_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let waiting: HashMap<Uuid, comment::Model> =
        comment::Entity::named(organisation, comment::Column::Id, ids)
            .filter(comment::Column::State.eq(comment::State::Shielded))
            .filter(comment::Column::KeptAt.is_null())
            .all(connection)
            .await?
            .into_iter()
            .map(|comment| (comment.id, comment))
            .collect();
    let kinds = |one: &&Addressed| {
        let comment = waiting.get(&one.notice.comment_id?)?;
        Some((one.notice.id, shown::shield::kinds(comment)))
    };
    Ok(asks().filter_map(kinds).collect())
}

/// What notices on comments still tell, by notice.
async fn comments(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    notices: &[&Addressed],
) -> Result<HashMap<Uuid, Comment>, DbErr> {
    let on_comments = notices.iter().filter(|one| one.notice.comment_id.is_some());
    let ids = on_comments.map(|one| one.notice.id);
    let mut told = recognitions_of(connection, organisation.id, ids).await?;
    let (mut wanted, mut those, mut withdrawn) = (Vec::new(), Vec::new(), Vec::new());
    for one in notices {
        let Some(comment) = one.notice.comment_id else {
            continue;
        };
        let (standing, gone): (Vec<_>, Vec<_>) = told
            .remove(&one.notice.id)
            .unwrap_or_default()
            .into_iter()
            .partition(|recognition| recognition.withdrawn_at.is_none());
        let is_praise = matches!(one.notice.kind, Kind::Praise | Kind::OwnPraise);
        if is_praise && standing.is_empty() {
            continue;
        }
        wanted.push((comment, standing));
        withdrawn.push(gone.into_iter().map(|recognition| recognition.id).collect());
        those.push(*one);
    }
    let mut said = said::gather(connection, organisation, wanted).await?;
    let asked = names_of_asked(connection, organisation.id, &those).await?;
    let rules = names_of_rules(
        connection,
        organisation.id,
        those.iter().filter_map(|one| one.notice.rule_id),
    )
    .await?;
    for one in said.iter_mut().flatten() {
        one.asked.clone_from(&asked);
        one.rules.clone_from(&rules);
    }
    let people = people_in_question(connection, organisation, said.iter().flatten()).await?;
    let found = those.into_iter().zip(said).zip(withdrawn);
    let comment = |((one, said), withdrawn): ((&Addressed, Option<Said>), Vec<Uuid>)| {
        let said = said.filter(Said::is_there)?;
        let is_open = said.comment.state == entity::comment::State::Triage;
        if one.notice.kind == Kind::Triage && !is_open {
            return None;
        }
        let comment = Comment {
            candidates: candidates(&said, &people),
            credited: credited(&said, &people),
            withdrawn,
            said,
        };
        Some((one.notice.id, comment))
    };
    Ok(found.filter_map(comment).collect())
}

/// The mail of a notice; none where nothing is left to tell.
pub(crate) fn mail(
    app: &DeliverApp,
    addressed: &Addressed,
    matter: &Matter,
    now: DateTime<Utc>,
) -> Result<Option<Mail>, TemplateError> {
    let comment = match matter {
        Matter::Nothing => return Ok(None),
        Matter::Week(week) => {
            let week = digest::compose::mail(app, addressed, week);
            return week.map(|week| app.templates.mail(&week)).transpose();
        }
        Matter::Reminder(own) => {
            let mail = reminder::mail(app, addressed, own);
            return app.templates.mail(&mail).map(Some);
        }
        Matter::Shielded(kinds) => return app.templates.mail(&kept_back(app, addressed, kinds)).map(Some),
        Matter::Comment(comment) => comment,
    };
    let mail = match addressed.notice.kind {
        Kind::Triage => app.templates.mail(&triage(app, addressed, comment, now))?,
        Kind::Complaint => app
            .templates
            .mail(&complaint(app, addressed, &comment.said, now))?,
        Kind::Praise
        | Kind::OwnPraise
        | Kind::SitePraise
        | Kind::Shielded
        | Kind::Digest
        | Kind::Reminder => app.templates.mail(&praise(app, addressed, &comment.said, now))?,
    };
    Ok(Some(mail))
}

/// Names what makes it the reader's.
pub(crate) fn what(addressed: &Addressed, said: &Said) -> Vec<String> {
    let organisation = || addressed.organisation.name.clone();
    if let Some(rule) = addressed.notice.rule_id {
        return vec![said.rules.get(&rule).cloned().unwrap_or_else(organisation)];
    }
    match addressed.reason.code {
        Code::Manager | Code::ManagerAbove | Code::Deputy | Code::Unheard => {
            said.people().into_iter().map(|person| person.name).collect()
        }
        Code::SiteLead => vec![said.site.clone().unwrap_or_else(organisation)],
        _ => vec![organisation()],
    }
}

fn at(said: &Said, now: DateTime<Utc>) -> Moment {
    Moment::full(said.comment.occurred_at, said.zone, now)
}

fn praise(app: &DeliverApp, addressed: &Addressed, said: &Said, now: DateTime<Utc>) -> PraiseMail {
    PraiseMail {
        mail: addressed.frame(app, what(addressed, said), said.language.as_deref()),
        praise: told(app, addressed, said, now),
    }
}

/// What a notice of praise tells, whichever channel it leaves by.
pub(super) fn told(app: &DeliverApp, addressed: &Addressed, said: &Said, now: DateTime<Utc>) -> Praise {
    Praise {
        people: said.people(),
        names: said.first_names().into_iter().map(str::to_owned).collect(),
        oneself: addressed.notice.kind == Kind::OwnPraise,
        words: said.marked_words(&addressed.notice),
        post: said.post(),
        author: said.author(),
        source: said.source_name(),
        site: said.site.clone(),
        at: at(said, now),
        why: reasons(said),
        asked: asked(addressed, said),
        praise_url: link::page_url(app, addressed.notice.id),
    }
}

/// Who was asked before, and when.
fn asked(addressed: &Addressed, said: &Said) -> Option<AskedBefore> {
    let asked = addressed.reason.asked?;
    Some(AskedBefore {
        name: said.asked.get(&asked.account).cloned(),
        day: asked.at.with_timezone(&said.zone).date_naive(),
    })
}

/// Why the words are theirs.
pub(crate) fn reasons(said: &Said) -> Vec<Why> {
    let reason = |told: &said::Told| {
        let person = told.person.as_ref()?;
        let verdict = said.verdict_on(told.recognition.staff_id)?;
        let name = Some(said::first_name(person).to_owned());
        shown::why_there(verdict, name, (&said.comment, &said.words), said.zone)
    };
    said.told.iter().filter_map(reason).collect()
}

/// The names of those who were asked before and did not tell the person, by account.
async fn names_of_asked(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    those: &[&Addressed],
) -> Result<HashMap<Uuid, String>, DbErr> {
    let asked = those.iter().filter_map(|one| Some(one.reason.asked?.account));
    let asked: Vec<Uuid> = asked.collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let accounts = account::Entity::named(organisation, account::Column::Id, asked)
        .all(connection)
        .await?;
    let staff = accounts.iter().filter_map(|account| account.staff_id).collect();
    let people = said::people(connection, organisation, staff).await?;
    let name = |account: &account::Model| {
        let person = people.get(&account.staff_id?)?;
        Some((account.id, full_name(person)))
    };
    Ok(accounts.iter().filter_map(name).collect())
}

/// The names of rules, by rule.
pub(crate) async fn names_of_rules(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    rules: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, DbErr> {
    let rules: HashSet<Uuid> = rules.collect();
    if rules.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = rule::Entity::named(organisation, rule::Column::Id, rules)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Those named by verdicts that are open or credited, by id.
async fn people_in_question<'a>(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    said: impl Iterator<Item = &'a Said>,
) -> Result<HashMap<Uuid, staff_member::Model>, DbErr> {
    let named = said
        .filter(|said| said.comment.state == entity::comment::State::Triage)
        .flat_map(|said| said.verdicts.iter().filter_map(|verdict| verdict.staff_id));
    said::people(connection, organisation.id, named.collect()).await
}

fn candidates(said: &Said, people: &HashMap<Uuid, staff_member::Model>) -> Vec<Candidate> {
    let candidate = |verdict: &verdict::Model| {
        Some(Candidate {
            name: full_name(people.get(&verdict.staff_id?)?),
            job_title: None,
            in_hundred: shown::in_hundred(verdict),
            sure: shown::sure(verdict),
            why: shown::why_there(verdict, None, (&said.comment, &said.words), said.zone),
        })
    };
    said.open_verdicts().filter_map(candidate).take(NAMED).collect()
}

fn credited(said: &Said, people: &HashMap<Uuid, staff_member::Model>) -> Vec<String> {
    let credited = said
        .verdicts
        .iter()
        .filter(|verdict| verdict.state == verdict::State::Credited);
    credited
        .filter_map(|verdict| Some(full_name(people.get(&verdict.staff_id?)?)))
        .collect()
}

fn triage(app: &DeliverApp, addressed: &Addressed, comment: &Comment, now: DateTime<Utc>) -> TriageMail {
    let said = &comment.said;
    TriageMail {
        mail: addressed.frame(app, what(addressed, said), said.language.as_deref()),
        words: said.words_in_question(),
        post: said.post(),
        source: said.source_name(),
        site: said.site.clone(),
        at: at(said, now),
        candidates: comment.candidates.clone(),
        credited: comment.credited.clone(),
        decide_url: link::desk_url(app, Some(said.comment.id)),
    }
}

fn kept_back(app: &DeliverApp, addressed: &Addressed, kinds: &[shield::Kind]) -> ShieldedMail {
    ShieldedMail {
        mail: addressed.frame(app, vec![addressed.organisation.name.clone()], None),
        why: kinds.iter().map(|kind| shown::shield::why(*kind)).collect(),
        decide_url: link::shield_url(app),
    }
}

fn complaint(app: &DeliverApp, addressed: &Addressed, said: &Said, now: DateTime<Utc>) -> ComplaintMail {
    ComplaintMail {
        mail: addressed.frame(app, what(addressed, said), said.language.as_deref()),
        words: said.plain_words(),
        post: said.post(),
        source: said.source_name(),
        site: said.site.clone(),
        at: at(said, now),
        score: score(said),
        also_thanks: said.comment.tone == Some(entity::comment::Tone::Mixed),
        desk_url: Some(link::desk_url(app, Some(said.comment.id))),
    }
}

/// The score on the scale on which it was given.
fn score(said: &Said) -> Option<Score> {
    let highest = match said.words.score_scale.as_deref()? {
        "nps" => 10,
        "ces" => 7,
        _ => 5,
    };
    Some(Score {
        value: said.words.score_value?,
        highest,
    })
}
