//! What the paths of the matrix name: enough of each kind, so that nothing is used up by one who was there before.
use std::{cell::RefCell, collections::HashMap};

use entity::{assignment, comment, recognition, session, staff_member};
use plaudit::{
    deliver::wall::{self, NewLink},
    ledger::scope::Scope,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::table::Of;
use crate::{
    checks::check_of,
    coverage::{dead_letter_of, import_of, provider_of, push_of, role_in},
    deputies::deputy_of,
    names::name_at,
    rules::rule_in,
    support::{TestApp, form::token_of, telling::COMPLAINT},
};

/// What the shield keeps.
const SHIELDED: &str = "She has a gorgeous body and I stare at her legs in that tight skirt.";

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    /// Somebody who was told something, or signed in.
    Account,
    Person,
    Manager,
    /// A question about an automatic credit.
    Check,
    /// A praised name that nobody bears.
    Name,
    /// Somebody without an address, who joins by a code.
    Unaddressed,
    Site,
    /// A recognition.
    Praise,
    /// The comment behind one.
    Said,
    /// A comment that waits for a decision.
    Open,
    Complaint,
    Held,
    Shielded,
    Source,
    /// One that could not be read, after its source.
    Push,
    Key,
    Channel,
    /// A link to the wallboard of a site.
    Wall,
    /// Where people sign in.
    Provider,
    Role,
    Job,
    Session,
    Import,
    Assignment,
    /// Who hears of praise besides.
    Rule,
    /// That somebody stands in for somebody.
    Deputy,
}

/// The beginnings of paths, the longest first.
const NAMED: &[(&str, Thing)] = &[
    ("/desk/check/", Thing::Check),
    ("/channels/", Thing::Channel),
    ("/desk/comment/:id/handled", Thing::Complaint),
    ("/desk/comment/", Thing::Open),
    ("/desk/praise/", Thing::Praise),
    ("/feed/perhaps/", Thing::Open),
    ("/feed/praise/", Thing::Praise),
    ("/feed/site/", Thing::Site),
    ("/feed/staff/", Thing::Person),
    ("/held/", Thing::Held),
    ("/accounts/", Thing::Account),
    ("/jobs/", Thing::Job),
    ("/keys/", Thing::Key),
    ("/me/sessions/", Thing::Session),
    ("/me/deputies/", Thing::Deputy),
    ("/deputies/", Thing::Deputy),
    ("/names/", Thing::Name),
    ("/people/", Thing::Person),
    ("/places/", Thing::Site),
    ("/roles/", Thing::Role),
    ("/rules/", Thing::Rule),
    ("/shielded/", Thing::Shielded),
    ("/sign-on/", Thing::Provider),
    ("/sources/", Thing::Source),
    ("/team/join/", Thing::Unaddressed),
    ("/walls/link/", Thing::Wall),
    ("/walls/site/", Thing::Site),
    ("/walls/team/", Thing::Manager),
    ("/v1/alias-proposals", Thing::Name),
    ("/v1/assignments", Thing::Assignment),
    ("/v1/channels", Thing::Channel),
    ("/v1/deputies", Thing::Deputy),
    ("/v1/comments", Thing::Said),
    ("/v1/held", Thing::Held),
    ("/v1/imports", Thing::Import),
    ("/v1/jobs", Thing::Job),
    ("/v1/keys", Thing::Key),
    ("/v1/roles", Thing::Role),
    ("/v1/rules", Thing::Rule),
    ("/v1/sign-on/providers", Thing::Provider),
    ("/v1/sites", Thing::Site),
    ("/v1/sources/:id/quarantine/:id", Thing::Push),
    ("/v1/sources", Thing::Source),
    ("/v1/staff", Thing::Person),
    ("/v1/triage/", Thing::Open),
];

/// What a path names.
pub fn named(path: &str) -> Thing {
    let asked = [
        ("site=", Thing::Site),
        ("team=", Thing::Manager),
        ("staff=", Thing::Person),
    ];
    let (route, query) = path.split_once('?').unwrap_or((path, ""));
    let by_query = asked.iter().find(|(name, _)| query.starts_with(name));
    let found = by_query.or_else(|| NAMED.iter().find(|(beginning, _)| route.starts_with(beginning)));
    found.unwrap_or_else(|| panic!("what does {path} name?")).1
}

/// People, places and what was said of them.
pub struct Things {
    pub ruth: Uuid,
    pub priya: Uuid,
    pub ed: Uuid,
    pub leeds: Uuid,
    fixed: HashMap<(Thing, Of), String>,
    said: RefCell<HashMap<(Thing, Uuid), Vec<String>>>,
    tomasz: Uuid,
    tom: Uuid,
    xe: Uuid,
    other_key: String,
    other: Uuid,
}

/// How much there is of each; what is asked for beyond fails.
const MANY: usize = 24;

impl Things {
    /// Ruth manages Priya, Tomasz and Ed at Leeds, Olga manages Tom at York; Xe is somebody else's.
    pub async fn make(app: &TestApp) -> Things {
        let (leeds, york) = (app.site("Leeds", None).await.id, app.site("York", None).await.id);
        let person = async |name: &str, site, manager| {
            let family = format!("{name}sson");
            app.person(name, &family, Some(site), manager).await.id
        };
        let ruth = person("Ruth", leeds, None).await;
        let olga = person("Olga", york, None).await;
        let (other, other_key) = app.other_organisation().await;
        let mut things = Things {
            ruth,
            leeds,
            priya: person("Priya", leeds, Some(ruth)).await,
            tomasz: person("Tomasz", leeds, Some(ruth)).await,
            ed: person("Ed", leeds, Some(ruth)).await,
            tom: person("Tom", york, Some(olga)).await,
            xe: Uuid::nil(),
            fixed: HashMap::new(),
            said: RefCell::default(),
            other_key,
            other: other.id,
        };
        for (id, site, manager) in [
            ("s1", leeds, ruth),
            ("s2", leeds, ruth),
            ("n1", york, olga),
            ("n2", york, olga),
        ] {
            let name = if id.starts_with('s') { "Sarah" } else { "Nadia" };
            app.person_with_id(id, name, id, Some(site), Some(manager)).await;
        }
        things.make_foreign(app).await;
        things.fix(app, olga, york).await;
        things.without_address(app, olga, york).await;
        things.say_all(app).await;
        things
    }

    async fn make_foreign(&mut self, app: &TestApp) {
        let made = async |path: &str, body: Value| {
            let answer = app
                .call(poem::http::Method::POST, path, Some(&self.other_key), Some(body))
                .await;
            answer.expect(201).at("/id").parse::<Uuid>().unwrap()
        };
        let site = made("/v1/sites", json!({ "name": "Bath" })).await;
        let mut people = Vec::new();
        for (id, name) in [("xe", "Xe"), ("s1", "Sarah"), ("s2", "Sarah")] {
            let person = json!({ "employee_id": id, "given_name": name, "family_name": id });
            let person = made("/v1/staff", person).await;
            let place = json!({ "staff_id": person, "site_id": site, "starts_on": "2026-01-01" });
            made("/v1/assignments", place).await;
            people.push(person);
        }
        self.xe = people[0];
        self.fixed.insert((Thing::Site, Of::Foreign), site.to_string());
    }

    /// What stays as it is, whoever asks.
    async fn fix(&mut self, app: &TestApp, olga: Uuid, york: Uuid) {
        let own = [
            (Thing::Person, Of::Own, self.tomasz),
            (Thing::Person, Of::Other, self.tom),
            (Thing::Person, Of::Foreign, self.xe),
            (Thing::Manager, Of::Own, self.ruth),
            (Thing::Manager, Of::Other, olga),
            (Thing::Manager, Of::Foreign, self.xe),
            (Thing::Site, Of::Own, self.leeds),
            (Thing::Site, Of::Other, york),
        ];
        self.fixed
            .extend(own.map(|(thing, of, id)| ((thing, of), id.to_string())));
        let assignments = assignment::Entity::find().all(app.db.read()).await.unwrap();
        let of = |staff| assignments.iter().find(|row| row.staff_id == staff).unwrap().id;
        for (of, id) in [(Of::Own, of(self.tomasz)), (Of::Foreign, of(self.xe))] {
            self.fixed.insert((Thing::Assignment, of), id.to_string());
        }
    }

    /// Two people who have no address of their own.
    async fn without_address(&mut self, app: &TestApp, olga: Uuid, york: Uuid) {
        for (of, name, site, manager) in [
            (Of::Own, "Nina", self.leeds, self.ruth),
            (Of::Other, "Noor", york, olga),
        ] {
            let made = app.person(name, "Quill", Some(site), Some(manager)).await;
            let id = made.id;
            let mut row: staff_member::ActiveModel = made.into();
            row.email = Set(None);
            row.update(app.db.writer()).await.unwrap();
            self.fixed.insert((Thing::Unaddressed, of), id.to_string());
        }
        self.fixed
            .insert((Thing::Unaddressed, Of::Foreign), self.xe.to_string());
    }

    async fn say_all(&mut self, app: &TestApp) {
        let praise = |who: &str| json!({ "text": "So kind and helpful, thank you!", "staff_reference": who });
        let at = |site: &str, words: &str| json!({ "text": words, "site": site, "consent": "colleagues" });
        let (own, other) = (app.key.clone(), self.other_key.clone());
        let all = [
            (&own, praise("priya")),
            (&own, praise("ruth")),
            (&own, praise("ed")),
            (&own, praise("tomasz")),
            (&own, praise("tom")),
            (
                &own,
                at("Leeds", "Sarah was so kind and helpful, thank you Sarah!"),
            ),
            (
                &own,
                at("York", "Nadia was so kind and helpful, thank you Nadia!"),
            ),
            (&own, at("Leeds", COMPLAINT)),
            (&own, at("York", COMPLAINT)),
            (&other, praise("xe")),
            (&own, json!({ "text": SHIELDED })),
            (&other, json!({ "text": SHIELDED })),
            (
                &other,
                at("Bath", "Sarah was so kind and helpful, thank you Sarah!"),
            ),
            (&other, at("Bath", COMPLAINT)),
        ];
        for (key, comment) in all {
            for _ in 0..MANY {
                let body = Some(comment.clone());
                app.call(poem::http::Method::POST, "/v1/comments", Some(key), body)
                    .await
                    .expect(201);
            }
        }
        for place in ["shop", "other"] {
            for _ in 0..MANY {
                let page = app.page(&format!("/thank/{place}")).await.expect(200);
                let fields = [("token", &*token_of(&page.text)), ("words", "Buy watches")];
                app.send_form_at_once(&format!("/thank/{place}"), &fields)
                    .await
                    .expect(303);
            }
        }
        app.work().await;
        self.sort(app).await;
    }

    /// Puts what was said where it belongs: praise to its person, the rest to its site.
    async fn sort(&mut self, app: &TestApp) {
        let db = app.db.read();
        let mut said: HashMap<(Thing, Uuid), Vec<String>> = HashMap::new();
        for praise in recognition::Entity::find().all(db).await.unwrap() {
            let staff = praise.staff_id.unwrap();
            said.entry((Thing::Praise, staff))
                .or_default()
                .push(praise.id.to_string());
            said.entry((Thing::Said, staff))
                .or_default()
                .push(praise.comment_id.to_string());
        }
        let comments = comment::Entity::find().all(db).await.unwrap();
        let tx = app.db.write().await.unwrap();
        for comment in comments {
            let thing = match (comment.state, comment.tone) {
                (comment::State::Shielded, _) => Some((Thing::Shielded, comment.organisation_id)),
                (comment::State::Held, _) => Some((Thing::Held, comment.organisation_id)),
                (comment::State::Triage, _) => Some((Thing::Open, comment.site_id.unwrap())),
                (_, Some(comment::Tone::Complaint)) => Some((Thing::Complaint, comment.site_id.unwrap())),
                _ => None,
            };
            if let Some(thing) = thing {
                said.entry(thing).or_default().push(comment.id.to_string());
            }
            // Somebody who thanked can be answered.
            let receipt = Some([&comment.id.as_bytes()[..], &[0; 16][..]].concat());
            let mut row: comment::ActiveModel = comment.into();
            row.receipt_hash = Set(receipt);
            row.update(&tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (thing, all) in &said {
            assert!(all.len() >= MANY, "{} of {thing:?}", all.len());
        }
        self.said = RefCell::new(said);
    }

    /// The id of a thing; one that nobody has touched, since what was done to it would be felt by the next one.
    pub async fn id(&self, app: &TestApp, thing: Thing, of: Of, asker: Asker) -> String {
        if let (Thing::Person | Thing::Manager, Of::Oneself) = (thing, of) {
            return asker.staff.unwrap().to_string();
        }
        if let Some(fixed) = self.fixed.get(&(thing, of)) {
            return fixed.clone();
        }
        let (organisation, key) = match of {
            Of::Foreign => (self.other, &self.other_key),
            _ => (app.organisation.id, &app.key),
        };
        match thing {
            Thing::Source => new_source(app, key).await,
            Thing::Push => push_of(app, key).await,
            Thing::Key => new_key(app, key).await,
            Thing::Check => {
                let of = (Thing::Said, self.about(Thing::Said, of, asker));
                let comment = self.take(of, asker.changes_it).parse().unwrap();
                check_of(app, comment).await.to_string()
            }
            Thing::Name => name_at(app, organisation, self.about(thing, of, asker))
                .await
                .to_string(),
            Thing::Channel => new_channel(app, key).await,
            Thing::Wall => {
                let site = self.fixed[&(Thing::Site, of)].parse().unwrap();
                wall_of(app, organisation, site).await.to_string()
            }
            Thing::Provider => provider_of(app, organisation).await,
            Thing::Deputy => {
                let absent = self.about(thing, of, asker);
                let deputy = if of == Of::Foreign { self.xe } else { self.priya };
                deputy_of(app, organisation, (absent, deputy))
                    .await
                    .id
                    .to_string()
            }
            Thing::Rule => rule_in(app, organisation).await,
            Thing::Role => role_in(app, organisation).await.to_string(),
            Thing::Job => dead_letter_of(app, organisation).await.to_string(),
            Thing::Import => import_of(app, organisation).await.to_string(),
            Thing::Session => self.session(app, of, asker).await,
            Thing::Account => {
                let whose = if of == Of::Foreign { self.xe } else { self.tomasz };
                app.signing_in(whose).await.id.to_string()
            }
            _ => self.take((thing, self.about(thing, of, asker)), asker.changes_it),
        }
    }

    /// Whom or what something is about.
    fn about(&self, thing: Thing, of: Of, asker: Asker) -> Uuid {
        let site = |of| self.fixed[&(Thing::Site, of)].parse().unwrap();
        match (thing, of) {
            (Thing::Held | Thing::Shielded, Of::Foreign) => self.other,
            (Thing::Held | Thing::Shielded, _) => asker.organisation,
            (Thing::Open | Thing::Complaint | Thing::Name, of) => site(of),
            (_, Of::Oneself) => asker.staff.unwrap(),
            (_, Of::Own) => self.tomasz,
            (_, Of::Other) => self.tom,
            (_, Of::Foreign) => self.xe,
            (_, Of::Nothing) => panic!("{thing:?} of nobody"),
        }
    }

    fn take(&self, of: (Thing, Uuid), for_good: bool) -> String {
        let mut said = self.said.borrow_mut();
        let left = said.get_mut(&of).unwrap_or_else(|| panic!("there is no {of:?}"));
        let taken = if for_good {
            left.pop()
        } else {
            left.last().cloned()
        };
        taken.unwrap_or_else(|| panic!("make more of {of:?}"))
    }

    /// Another session of one's own, of somebody else, or of another organisation.
    async fn session(&self, app: &TestApp, of: Of, asker: Asker) -> String {
        let account = match of {
            Of::Oneself => asker.account.unwrap(),
            Of::Foreign => app.signing_in(self.xe).await.id,
            _ => app.signing_in(self.tomasz).await.id,
        };
        let account = entity::account::Entity::find_by_id(account)
            .one(app.db.read())
            .await;
        app.sign_in(&account.unwrap().unwrap()).await;
        let newest = session::Entity::find().order_by_desc(session::Column::Id);
        newest.one(app.db.read()).await.unwrap().unwrap().id.to_string()
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    pub account: Option<Uuid>,
    pub staff: Option<Uuid>,
    pub organisation: Uuid,
    /// Whether the thing will be another one after it.
    pub changes_it: bool,
}

async fn new_source(app: &TestApp, key: &str) -> String {
    let body = json!({ "name": format!("till {}", Uuid::now_v7()), "kind": "api" });
    let made = app
        .call(poem::http::Method::POST, "/v1/sources", Some(key), Some(body))
        .await;
    made.expect(201).at("/id")
}

async fn new_key(app: &TestApp, key: &str) -> String {
    let body = json!({ "name": "till", "scopes": ["comments:write"] });
    let made = app
        .call(poem::http::Method::POST, "/v1/keys", Some(key), Some(body))
        .await;
    made.expect(201).at("/id")
}

async fn wall_of(app: &TestApp, organisation: Uuid, site: Uuid) -> Uuid {
    let new = NewLink {
        organisation,
        scope: Scope::Site(site),
        name: "Staff room",
        days: 30,
        actor: "cli",
    };
    let tx = app.db.write().await.unwrap();
    wall::make(&tx, new, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    let links = wall::list(app.db.read(), organisation, Scope::Site(site)).await;
    links.unwrap()[0].id
}

async fn new_channel(app: &TestApp, key: &str) -> String {
    let body = json!({ "kind": "webhook", "name": "Desk", "address": "https://127.0.0.1:9/1" });
    let made = app
        .call(poem::http::Method::POST, "/v1/channels", Some(key), Some(body))
        .await;
    made.expect(201).at("/id")
}
