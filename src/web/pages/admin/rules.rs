//! `/rules`: who hears of thank-yous besides those who hear of them anyway; another rule is tried on the last week first.
use std::collections::HashMap;

use entity::rule::{self, Who};
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{near, person::meant, url_if};
use crate::{
    access::Action,
    capture::source as sources,
    deliver::channel::manage as channels,
    roster::{
        people::{self, Meant},
        staff::full_name,
    },
    route::rule::{
        manage::{self, NewRule, RuleError, name as name_of},
        trial::{self, Trial},
    },
    template::context::{
        Choice, Field, FormProblemKind as Problem, RuleRow, RuleTrial, RulesPage, TrialReader, TrialRow,
    },
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

const PATH: &str = "/rules";
/// Thank-yous that a trial shows.
const SHOWN: usize = 20;
/// Those whom a rule may name.
const WHOM: [Who; 5] = [
    Who::SiteLead,
    Who::Administrators,
    Who::Auditors,
    Who::Person,
    Who::Room,
];

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let mut page = page(&reader, &Fields::default()).await?;
    page.saved = reader.has("saved");
    reader.page(StatusCode::OK, &page)
}

/// Tries a rule on the last week, or adds it.
#[handler]
pub(crate) async fn add(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let mut page = page(&reader, &fields).await?;
    let Some(new) = typed(&reader, &fields, &mut page).await? else {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let by = (&*reader.caller.actor, app.clock.now());
    if fields.get("do").text == "try" {
        let row = match manage::checked(app.db.read(), own, new, by).await {
            Ok(row) => row,
            Err(error) => return refuse(&reader, page, error),
        };
        let tried = trial::trial(app, &reader.organisation, Some(row.clone())).await;
        page.trial = Some(shown(&reader, tried.map_err(Failure::from)?, &row).await?);
        return reader.page(StatusCode::OK, &page);
    }
    let adding = async {
        let tx = app.db.write().await?;
        manage::add(&tx, own, new, by).await?;
        tx.commit().await?;
        Ok::<_, RuleError>(())
    };
    match adding.await {
        Ok(()) => Ok(reader.see_other(PATH, Some("saved"))),
        Err(error) => refuse(&reader, page, error),
    }
}

/// Ends a rule.
#[handler]
pub(crate) async fn end(reader: Reader<'_>) -> poem::Result<Response> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let id = reader.id()?;
    let ending = async {
        let tx = app.db.write().await?;
        manage::end(&tx, own, id, (&reader.caller.actor, app.clock.now())).await?;
        tx.commit().await?;
        Ok::<_, RuleError>(())
    };
    ending.await.map_err(Failure::from)?;
    Ok(reader.see_other(PATH, Some("saved")))
}

/// Shows beside its field what cannot be used.
fn refuse(reader: &Reader<'_>, mut page: RulesPage, error: RuleError) -> poem::Result<Response> {
    let RuleError::Invalid { field, .. } = &error else {
        return Err(Failure::from(error).into());
    };
    match *field {
        "name" if page.called.value.is_empty() => page.called.problem = Some(Problem::Needed),
        "name" => page.called.problem = Some(Problem::NameTooLong),
        "staff_id" => page.person.problem = Some(Problem::Needed),
        // Without a room there is no field to choose one.
        "channel_id" if page.rooms.is_empty() => page.whom_problem = Some(Problem::Needed),
        "channel_id" => page.room_problem = Some(Problem::Needed),
        "who" => page.whom_problem = Some(Problem::RuleSame),
        "when" => page.when_problem = Some(Problem::RuleWhen),
        "score_from" => page.score.problem = Some(Problem::RuleScore),
        "language" => page.written_in.problem = Some(Problem::RuleLanguage),
        "nth" => page.nth.problem = Some(Problem::RuleNth),
        _ => return Err(Failure::from(error).into()),
    }
    reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What was typed; none where something cannot be read, which then stands beside its field.
async fn typed(reader: &Reader<'_>, fields: &Fields, page: &mut RulesPage) -> poem::Result<Option<NewRule>> {
    let who = WHOM
        .into_iter()
        .find(|who| name_of(*who) == fields.get("who").text);
    let Some(who) = who else {
        page.whom_problem = Some(Problem::Needed);
        return Ok(None);
    };
    let staff = match (who, page.person.value.is_empty()) {
        (Who::Person, false) => somebody(reader, &mut page.person).await?,
        (_, false) => {
            page.person.problem = Some(Problem::RulePerson);
            None
        }
        _ => None,
    };
    let id = |name: &str| Uuid::try_parse(&fields.get(name).text).ok();
    let score_from = number(&mut page.score, Problem::RuleScore);
    let nth = number(&mut page.nth, Problem::RuleNth);
    let is_wrong = [&page.person, &page.score, &page.nth]
        .iter()
        .any(|field| field.problem.is_some());
    let language = Some(page.written_in.value.to_lowercase()).filter(|code| !code.is_empty());
    Ok((!is_wrong).then(|| NewRule {
        name: page.called.value.clone(),
        who,
        staff,
        channel: id("room").filter(|_| who == Who::Room),
        at_once: fields.get("when").text != "digest",
        source: id("source"),
        score_from,
        language,
        nth,
    }))
}

async fn somebody(reader: &Reader<'_>, field: &mut Field) -> poem::Result<Option<Uuid>> {
    Ok(match meant(reader, &field.value).await? {
        Meant::One(id) => Some(id),
        Meant::Several => {
            field.problem = Some(Problem::Namesakes);
            None
        }
        Meant::Nobody => {
            field.problem = Some(Problem::Unknown);
            None
        }
    })
}

fn number(field: &mut Field, problem: Problem) -> Option<i32> {
    if field.value.is_empty() {
        return None;
    }
    let number = field.value.parse().ok();
    if number.is_none() {
        field.problem = Some(problem);
    }
    number
}

/// The rules as stored, and the form with what was typed.
async fn page(reader: &Reader<'_>, fields: &Fields) -> poem::Result<RulesPage> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let rules = manage::open(db, own).await.map_err(Failure::from)?;
    let ways = sources::all(db, own).await.map_err(Failure::from)?;
    let rooms = channels::list(db, own).await.map_err(Failure::from)?;
    let staff = rules.iter().filter_map(|rule| rule.staff_id).collect();
    let staff = people::of_ids(db, own, staff).await.map_err(Failure::from)?;
    let mut names: HashMap<Uuid, String> = staff.iter().map(|one| (one.id, full_name(one))).collect();
    names.extend(ways.iter().map(|source| (source.id, source.name.clone())));
    names.extend(rooms.iter().map(|room| (room.id, room.name.clone())));
    let text = |name: &str| fields.get(name).text.trim().to_owned();
    let field = |name: &str| Field {
        value: text(name),
        problem: None,
    };
    let choice = |value: String, label: String, chosen: &str| Choice {
        chosen: value == chosen,
        value,
        label,
    };
    let (who, when, source, room) = (text("who"), text("when"), text("source"), text("room"));
    let whom = WHOM.map(|one| {
        choice(
            name_of(one).to_owned(),
            format!("rules.whom.{}", name_of(one)),
            &who,
        )
    });
    let whens = ["at_once", "digest"].map(|one| choice(one.to_owned(), format!("rules.when.{one}"), &when));
    let open_rooms = rooms.into_iter().filter(|room| room.ended_at.is_none());
    Ok(RulesPage {
        page: reader.frame(PATH, "rules"),
        saved: false,
        confirm_url: reader.confirm_url(Action::ADD_RULE, PATH),
        rules: rules.into_iter().map(|rule| row(reader, rule, &names)).collect(),
        action: url_if(reader, Action::ADD_RULE, PATH),
        called: field("name"),
        whom: whom.into(),
        whom_problem: None,
        person: field("person"),
        rooms: open_rooms
            .map(|one| choice(one.id.to_string(), one.name, &room))
            .collect(),
        room_problem: None,
        whens: whens.into(),
        when_problem: None,
        sources: ways
            .into_iter()
            .map(|one| choice(one.id.to_string(), one.name, &source))
            .collect(),
        score: field("score"),
        written_in: field("language"),
        nth: field("nth"),
        trial: None,
    })
}

fn row(reader: &Reader<'_>, rule: rule::Model, names: &HashMap<Uuid, String>) -> RuleRow {
    let name = |id: Option<Uuid>| id.and_then(|id| names.get(&id).cloned());
    RuleRow {
        who: name_of(rule.who),
        whom: name(rule.staff_id.or(rule.channel_id)),
        at_once: rule.at_once,
        source: name(rule.source_id),
        score: rule.score_from,
        written_in: rule.language,
        nth: rule.nth,
        since: near(reader, rule.created_at),
        end_url: url_if(reader, Action::END_RULE, &format!("{PATH}/{}/end", rule.id)),
        name: rule.name,
    }
}

async fn shown(reader: &Reader<'_>, trial: Trial, new: &rule::Model) -> poem::Result<RuleTrial> {
    let all = manage::open(reader.web.app.db.read(), reader.organisation.id).await;
    let all = all.map_err(Failure::from)?;
    let mut names: HashMap<Uuid, String> = all.into_iter().map(|rule| (rule.id, rule.name)).collect();
    names.insert(new.id, new.name.clone());
    let by_new = trial
        .thanks
        .iter()
        .filter(|one| one.heard.iter().any(|heard| heard.rule == Some(new.id)));
    let told = by_new.count() as u64;
    let rows = trial.thanks.iter().take(SHOWN).map(|one| TrialRow {
        name: one.person.as_ref().map(full_name).unwrap_or_default(),
        day: one.recognition.occurred_on,
        heard: one
            .heard
            .iter()
            .map(|heard| TrialReader {
                who: heard.who.clone(),
                rule: heard.rule.and_then(|rule| names.get(&rule).cloned()),
            })
            .collect(),
    });
    Ok(RuleTrial {
        thanks: trial.thanks.len() as u64,
        told,
        refused: trial.refused,
        rows: rows.collect(),
    })
}
