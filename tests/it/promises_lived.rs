//! Many promises in a company whose managers are away, leave or have dead mailboxes.
use chrono::{Datelike, TimeDelta};
use chrono_tz::Europe::London;
use domain::working_days::Calendar;
use entity::{
    passed_on,
    promise::{self, State},
    recognition, staff_member,
};
use plaudit::{
    route::promise::clock,
    triage::desk::{
        Desk,
        pass_on::{self, How, PassOn},
        waiting,
    },
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    TestApp,
    smtp::{Faults, Sink},
};

async fn promises(app: &TestApp) -> Vec<promise::Model> {
    promise::Entity::find().all(app.db.read()).await.unwrap()
}

async fn pass_on(app: &TestApp, recognition: Uuid, account: Uuid) {
    let tx = app.db.write().await.unwrap();
    let new = PassOn {
        organisation: app.organisation.id,
        recognition,
        how: How::Told,
        note: None,
        account,
        actor: "account:somebody",
        now: app.clock.now(),
    };
    pass_on::pass_on(&tx, new).await.unwrap();
    tx.commit().await.unwrap();
}

/// Three hundred thank-yous in eight days to people whose managers are away, leave or have dead mailboxes.
#[tokio::test]
async fn hundreds_of_promises_all_end_in_time_whoever_is_away_leaves_or_cannot_be_mailed() {
    live_through(300, 52).await;
}

const FIRST: [&str; 12] = [
    "Aisha", "Bruno", "Chloe", "Dmitri", "Elena", "Farid", "Greta", "Hannes", "Imani", "Jonas", "Katya",
    "Lucia",
];
const LAST: [&str; 5] = ["Abernathy", "Bjornsson", "Castellano", "Dvorak", "Eriksen"];
const DIRECTORS: [(&str, &str); 2] = [("Quentin", "Rowe"), ("Rosalind", "Pike")];
const MANAGERS: [(&str, &str); 6] = [
    ("Winifred", "Zeller"),
    ("Xavier", "Yates"),
    ("Yolanda", "Quist"),
    ("Zachary", "Voss"),
    ("Ursula", "Tanner"),
    ("Viktor", "Sorel"),
];
/// Three terms of two working days, and the mornings after them.
const LONGEST: usize = 9;

/// So many thank-yous, and what becomes of them.
pub async fn live_through(praises: usize, seed: u64) {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&sink.settings()).await;
    let mut chance = StdRng::seed_from_u64(seed);
    let company = Company::make(&app).await;
    sink.fail(Faults {
        unknown: vec!["m1@example.org".to_owned(), "d1@example.org".to_owned()],
        ..Faults::default()
    });
    let (steps, most) = (8 * 8, 20 + praises as u64 / 40);
    for step in 0..(steps + 8 * 21) {
        if step < steps {
            for _ in 0..(praises / steps + usize::from(step < praises % steps)) {
                company.praise(&app, &mut chance).await;
            }
        }
        if step == 20 || step == 45 {
            let leaver = &company.managers[step / 20];
            app.leaves(leaver.id, (app.clock.now() - TimeDelta::days(1)).date_naive())
                .await;
        }
        app.work().await;
        clock::run_due(&app).await.unwrap();
        if step % 8 == 0 {
            company.check(&app).await;
        }
        company.work(&app, (step, most), &mut chance).await;
        app.advance(TimeDelta::hours(3));
    }
    app.work().await;
    company.judge(&app, praises).await;
    app.end().await;
}

struct Company {
    sites: Vec<entity::site::Model>,
    directors: Vec<staff_member::Model>,
    managers: Vec<staff_member::Model>,
    staff: Vec<staff_member::Model>,
}

impl Company {
    async fn make(app: &TestApp) -> Company {
        let mut sites = Vec::new();
        for name in ["Leeds", "York", "Hull"] {
            sites.push(app.site(name, None).await);
        }
        let (mut directors, mut managers, mut staff) = (Vec::new(), Vec::new(), Vec::new());
        for (n, (first, last)) in DIRECTORS.into_iter().enumerate() {
            let at = Some(sites[n].id);
            let id = format!("d{n}");
            directors.push(app.person_with_id(&id, first, last, at, None).await);
        }
        for (n, (first, last)) in MANAGERS.into_iter().enumerate() {
            let (at, above) = (Some(sites[n % 3].id), Some(directors[n % 2].id));
            let id = format!("m{n}");
            managers.push(app.person_with_id(&id, first, last, at, above).await);
        }
        for (n, first) in FIRST.iter().enumerate() {
            for (m, last) in LAST.iter().enumerate() {
                let manager = &managers[(n + m) % 6];
                let at = Some(sites[(n + m) % 3].id);
                let id = format!("s{n}-{m}");
                staff.push(app.person_with_id(&id, first, last, at, Some(manager.id)).await);
            }
        }
        app.lead(sites[0].id, directors[0].id).await;
        app.administrator("boss@example.org").await;
        Company {
            sites,
            directors,
            managers,
            staff,
        }
    }

    async fn praise(&self, app: &TestApp, chance: &mut StdRng) {
        let n = chance.random_range(0..self.staff.len());
        let person = &self.staff[n];
        let site = &self.sites[(n / LAST.len() + n % LAST.len()) % 3];
        let words = format!(
            "{0} {1} was so kind and helpful, thank you {0} {1}!",
            person.given_name, person.family_name
        );
        let sent = app
            .post("/v1/comments", json!({ "text": words, "site": site.name }))
            .await;
        assert!(sent.status.is_success(), "{}", sent.text);
    }

    /// Whoever is there looks at their desk now and then; two managers never do, one is away for a week.
    async fn work(&self, app: &TestApp, (step, most): (usize, u64), chance: &mut StdRng) {
        let now = app.clock.now();
        if now.weekday().number_from_monday() > 5 {
            return;
        }
        for (n, person) in self.managers.iter().chain(&self.directors).enumerate() {
            let is_away = n == 3 || n == 4 || (n == 0 && step < 56);
            if is_away || chance.random_bool(0.8) {
                continue;
            }
            let account = app.signing_in(person.id).await;
            let desk = Desk {
                manager: Some(person.id),
                account: Some(account.id),
                ..Desk::default()
            };
            let waiting = waiting::waiting(app.db.read(), app.organisation.id, &desk, None, most)
                .await
                .unwrap();
            for shown in waiting {
                if chance.random_bool(0.6) {
                    pass_on(app, shown.recognition.id, account.id).await;
                }
            }
        }
    }

    /// Nothing is open beyond its end.
    async fn check(&self, app: &TestApp) {
        let (calendar, now) = (Calendar::of(None, London), app.clock.now());
        for promise in promises(app).await {
            let is_over = calendar.term(promise.made_at, LONGEST).ends <= now;
            assert!(promise.ended_at.is_some() || !is_over, "{promise:?} at {now}");
        }
    }

    async fn judge(&self, app: &TestApp, praises: usize) {
        let promises = promises(app).await;
        let praised = recognition::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(promises.len(), praised.len(), "each thank-you is a promise");
        assert!(
            promises.len() > praises * 9 / 10,
            "{} were credited",
            promises.len()
        );
        let open = promises.iter().filter(|one| one.ended_at.is_none()).count();
        assert_eq!(open, 0, "without an end");
        let count = |state| promises.iter().filter(|one| one.state == state).count();
        let (heard, unheard) = (count(State::Heard), count(State::Undeliverable));
        assert_eq!(heard + unheard, promises.len());
        let passed_on = passed_on::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(passed_on.len(), heard);
        let higher = promises.iter().filter(|one| one.level > 0).count();
        eprintln!(
            "{praises} thank-yous: {heard} heard, {unheard} of which nobody told, {higher} asked above"
        );
        assert!(heard > praises / 2 && higher > praises / 20);
    }
}
