//! Processes are killed at random moments while comments come in, are attributed and told: nothing that was answered is
//! lost, and nothing happens twice. `./dev soak` runs the long form.
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::period::PeriodKind;
use entity::{attribution, comment, job, recognition, recognition_count};
use plaudit::platform::{config::Config, db::Db, wake::Wake};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::EntityTrait;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    crash_mail,
    support::{
        process::{Installation, Server, free_port, http_client},
        smtp::Sink,
    },
};

const POSTERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_random_moments_loses_and_doubles_nothing() {
    survive(5, 1, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_of_which_one_is_killed_lose_and_double_nothing() {
    if std::env::var("PLAUDIT_TEST_DATABASE").is_ok() {
        survive(4, 2, 2).await;
    }
}

/// Kills one of `servers` `kills` times while comments are posted to all.
pub async fn survive(kills: usize, servers: usize, seed: u64) {
    let sink = Sink::start().await;
    let installation = Installation::create(&roster(), &sink.environment()).await;
    let ports: Vec<u16> = (0..servers).map(|_| free_port()).collect();
    let mut running: Vec<Server> = Vec::new();
    for port in &ports {
        running.push(installation.serve(*port).await);
    }
    let accepted: Accepted = Arc::default();
    let stop = CancellationToken::new();
    let posters: Vec<_> = (0..POSTERS)
        .map(|number| {
            let url = format!("http://127.0.0.1:{}", ports[number % servers]);
            tokio::spawn(post_until(
                stop.clone(),
                url,
                installation.key.clone(),
                number,
                accepted.clone(),
            ))
        })
        .collect();
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(random.random_range(30..400))).await;
        let victim = random.random_range(0..servers);
        running.remove(victim).kill();
        running.insert(victim, installation.serve(ports[victim]).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.cancel();
    for poster in posters {
        poster.await.unwrap();
    }
    for server in running {
        server.stop().await;
    }
    tokio::time::sleep(Duration::from_secs(16)).await; // leases of the killed end, those of mails under way last
    installation.run(&["work", "--once"]);
    let accepted = std::mem::take(&mut *accepted.lock().unwrap());
    verify(&installation, &accepted, &sink).await;
    installation.database.remove().await;
}

/// External id → id, of every comment that was answered 2xx.
type Accepted = Arc<Mutex<HashMap<String, String>>>;

fn roster() -> String {
    let mut csv = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,\
                   manager_employee_id,email,phone,starts_on,ends_on\n"
        .to_owned();
    for (id, name) in ["Priya", "Oluwaseun", "Siobhan", "Kenji", "Marguerite"]
        .iter()
        .enumerate()
    {
        csv.push_str(&format!(
            "e{id},{name},Example{id},,,,,Leeds,m,e{id}@example.org,,,\n"
        ));
    }
    csv + "m,Ruth,Adler,,,,,Leeds,,m@example.org,,,\n"
}

async fn post_until(stop: CancellationToken, url: String, key: String, poster: usize, accepted: Accepted) {
    let client = http_client();
    let names = ["Priya", "Oluwaseun", "Siobhan", "Kenji", "Marguerite"];
    for number in 0.. {
        if stop.is_cancelled() {
            return;
        }
        let external_id = format!("{poster}-{number}");
        let text = format!(
            "{0} was so kind and helpful, thank you {0}! This is number {external_id}.",
            names[number % names.len()]
        );
        let body = json!({ "text": text, "external_id": external_id, "site": "Leeds" });
        let request = client.post(format!("{url}/v1/comments")).bearer_auth(&key);
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                let Ok(stored) = answer.text().await else { continue };
                let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
                accepted
                    .lock()
                    .unwrap()
                    .insert(external_id, stored["id"].as_str().unwrap().to_owned());
            }
            Ok(answer) => assert!(answer.status().is_server_error(), "{}", answer.status()),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn verify(installation: &Installation, accepted: &HashMap<String, String>, sink: &Sink) {
    let mut config = Config::from_toml("").unwrap();
    config.database.url = installation.database.url().into();
    let db = Db::connect(&config.database, Arc::new(Wake::default()))
        .await
        .unwrap();
    let comments = comment::Entity::find().all(db.read()).await.unwrap();
    let by_external: HashMap<_, _> = comments
        .iter()
        .map(|comment| (comment.external_id.clone().unwrap(), comment.id.to_string()))
        .collect();
    assert_eq!(by_external.len(), comments.len(), "no comment twice");
    for (external_id, id) in accepted {
        assert_eq!(
            by_external.get(external_id),
            Some(id),
            "an answered comment is there, under its id"
        );
    }
    assert!(
        comments
            .iter()
            .all(|comment| comment.state == comment::State::Done),
        "all reach a final state"
    );
    assert!(
        job::Entity::find().all(db.read()).await.unwrap().is_empty(),
        "no job is left"
    );
    let attributions = attribution::Entity::find().all(db.read()).await.unwrap();
    let attributed: HashSet<_> = attributions
        .iter()
        .map(|attribution| attribution.comment_id)
        .collect();
    assert_eq!(
        (attributions.len(), attributed.len()),
        (comments.len(), comments.len()),
        "each attributed once"
    );
    let recognitions = recognition::Entity::find().all(db.read()).await.unwrap();
    assert_eq!(recognitions.len(), comments.len());
    let counts = recognition_count::Entity::find().all(db.read()).await.unwrap();
    assert_eq!(
        counted(&counts),
        recounted(&recognitions),
        "counters equal a recount"
    );
    eprintln!("{} comments answered, {} stored", accepted.len(), comments.len());
    crash_mail::verify(&db, sink, comments.len()).await;
    db.close().await;
}

type Counts = HashMap<(String, chrono::NaiveDate, uuid::Uuid, uuid::Uuid), i64>;

fn counted(counts: &[recognition_count::Model]) -> Counts {
    let key = |c: &recognition_count::Model| (c.period_kind.clone(), c.period_start, c.site_id, c.staff_id);
    counts
        .iter()
        .filter(|count| count.n != 0)
        .map(|count| (key(count), count.n))
        .collect()
}

fn recounted(recognitions: &[recognition::Model]) -> Counts {
    let mut counts = Counts::new();
    for recognition in recognitions
        .iter()
        .filter(|recognition| recognition.withdrawn_at.is_none())
    {
        let Some(staff) = recognition.staff_id else {
            continue;
        };
        for kind in PeriodKind::ALL {
            let start = kind.start(recognition.occurred_on);
            let key = (
                kind.name().to_owned(),
                start,
                recognition.site_id.unwrap_or_default(),
                staff,
            );
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}
