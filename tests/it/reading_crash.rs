//! Servers that read X are killed at random moments while a fifth of the calls fails: every post becomes one comment,
//! and no limit of X is exceeded. `./dev soak` runs the long form.
use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use entity::{comment, comment_revision};
use plaudit::platform::{config::Config, db::Db, wake::Wake};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::{
    fake_x::{Endpoint, FakeX, KEYS, NewPost},
    support::process::{Installation, Server, free_port},
};

/// What is read, and how often the reader dies.
#[derive(Clone, Copy, Debug)]
pub struct Ordeal {
    pub posts: usize,
    pub mentions: usize,
    pub page_size: usize,
    pub kills: usize,
    pub servers: usize,
    pub seed: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_killed_at_random_moments_captures_every_post_once() {
    let short = Ordeal {
        posts: 400,
        mentions: 60,
        page_size: 50,
        kills: 2,
        servers: 1,
        seed: 1,
    };
    short.endure().await;
}

impl Ordeal {
    pub async fn endure(self) {
        let fake = FakeX::start(self.seed).await;
        let written = self.write(&fake);
        fake.run_with_windows_of(TimeDelta::seconds(10));
        fake.limit(Endpoint::Search, 12);
        fake.limit(Endpoint::Mentions, 12);
        fake.set_page_size(self.page_size);
        fake.fail_at_random(0.2);
        let installation = install(&fake).await;
        let began = Instant::now();
        self.kill_while_reading(&installation, &fake, written.len()).await;
        verify(&installation, &written).await;
        assert!(fake.violations().is_empty(), "{:?}", fake.violations());
        let calls = fake.calls();
        eprintln!(
            "{} posts in {} calls, {} of them failed; {} kills; no limit exceeded; {} s",
            written.len(),
            calls.len(),
            calls.iter().filter(|call| call.status != 200).count(),
            self.kills,
            began.elapsed().as_secs()
        );
        installation.database.remove().await;
    }

    /// Posts of the last six days; those that mention the account are found by both readers.
    fn write(self, fake: &FakeX) -> HashSet<String> {
        let start = fake.now() - TimeDelta::days(6);
        let step = TimeDelta::days(6) / i32::try_from(self.posts + 1).unwrap();
        let mut ids = HashSet::new();
        for number in 0..self.posts {
            let name = if number < self.mentions { "@acme" } else { "acme" };
            let text = format!("{name} visit {number}: Priya was so kind and helpful, thank you Priya!");
            let at = start + step * i32::try_from(number).unwrap();
            ids.insert(fake.post(NewPost::by("ana", &text).at(at)).to_string());
        }
        ids
    }

    async fn kill_while_reading(self, installation: &Installation, fake: &FakeX, expected: usize) {
        let mut random = StdRng::seed_from_u64(self.seed);
        let ports: Vec<u16> = (0..self.servers).map(|_| free_port()).collect();
        let mut running: Vec<Server> = Vec::new();
        for port in &ports {
            running.push(installation.serve(*port).await);
        }
        let db = open(installation).await;
        for _ in 0..self.kills {
            let seen = fake.calls().len();
            wait_for(|| async { fake.calls().len() > seen + 1 }).await;
            tokio::time::sleep(Duration::from_millis(random.random_range(0..300))).await;
            let victim = random.random_range(0..self.servers);
            running.remove(victim).kill();
            running.insert(victim, installation.serve(ports[victim]).await);
        }
        wait_for(|| async { comment::Entity::find().count(db.read()).await.unwrap() as usize >= expected })
            .await;
        // Another look at everything that is young, to see that it is not taken twice.
        let seen = fake.calls().len();
        wait_for(|| async { fake.calls().len() > seen + 3 }).await;
        for server in running {
            server.stop().await;
        }
        db.close().await;
    }
}

async fn install(fake: &FakeX) -> Installation {
    let secrets = [KEYS.consumer, KEYS.consumer_secret, KEYS.token, KEYS.token_secret].join("\n");
    let roster = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,\
                  manager_employee_id,email,phone,starts_on,ends_on\n\
                  e1,Priya,Example,,,,,Leeds,,e1@example.org,,,\n";
    let settings = [
        ("PLAUDIT_X__ADDRESS", fake.base_url()),
        ("PLAUDIT_READING__EVERY_SECONDS", "10".to_owned()),
        ("PLAUDIT_WORKER__POLL_SECONDS", "1".to_owned()),
        ("PLAUDIT_SOURCE_SECRETS", secrets),
    ];
    let installation = Installation::create(roster, &settings).await;
    let arguments = ["source", "add", "x", "X", "--handle", "acme", "--own-application"];
    let rest = ["--budget", "none", "--days-back", "7", "--rule", "acme"];
    // The test call that follows may fail, as a fifth of all do; the source is there all the same.
    let _ = installation
        .command()
        .args(arguments)
        .args(rest)
        .output()
        .unwrap();
    installation
}

pub async fn wait_for<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) {
    for _ in 0..20_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("waited in vain");
}

pub async fn open(installation: &Installation) -> Db {
    let mut config = Config::from_toml("").unwrap();
    config.database.url = installation.database.url().into();
    Db::connect(&config.database, Arc::new(Wake::default()))
        .await
        .unwrap()
}

async fn verify(installation: &Installation, written: &HashSet<String>) {
    let db = open(installation).await;
    let comments = comment::Entity::find().all(db.read()).await.unwrap();
    let captured: HashSet<String> = comments
        .iter()
        .map(|comment| comment.external_id.clone().unwrap())
        .collect();
    assert_eq!(captured.len(), comments.len(), "no post twice");
    assert_eq!(&captured, written, "every post, and nothing else");
    let revisions = comment_revision::Entity::find().count(db.read()).await.unwrap();
    assert_eq!(revisions as usize, comments.len(), "no words twice");
    db.close().await;
}
