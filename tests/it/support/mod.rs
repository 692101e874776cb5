//! What tests stand on: an app with its own database, a clock that stands still, and workers that run when told to.
pub mod database;
pub mod document;
pub mod dovecot;
pub mod factor;
pub mod form;
pub mod hostile;
pub mod html;
pub mod office;
pub mod process;
pub mod python;
mod roster;
pub mod signed_in;
pub mod smtp;
pub mod telling;
pub mod wiretap;

use std::ops::Deref;

use chrono::{DateTime, TimeDelta, Utc};
use entity::notice;
use plaudit::{
    access::{Scope, key},
    app::{App, tenant, work},
    platform::{clock::Clock, config::Config},
    roster::organisation::NewOrganisation,
    web::{self, Web},
};
use poem::{
    endpoint::{BoxEndpoint, EndpointExt},
    http::{Method, StatusCode},
    test::TestClient,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, QueryOrder};
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use database::TestDatabase;

/// Saturday, noon.
pub fn noon() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// An app for one test, with an organisation `shop` and a key for everything.
pub struct TestApp {
    app: App,
    web: TestClient<BoxEndpoint<'static>>,
    database: TestDatabase,
    mails: TempDir,
    pub organisation: entity::organisation::Model,
    pub key: String,
    stop: CancellationToken,
    is_ended: bool,
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl TestApp {
    pub async fn start() -> TestApp {
        TestApp::start_with("").await
    }

    /// Starts with settings (TOML) beyond the defaults.
    pub async fn start_with(settings: &str) -> TestApp {
        let database = TestDatabase::create().await;
        let mut config = Config::from_toml(settings).unwrap();
        config.database.url = database.url().into();
        config.database.sqlite_synchronous = plaudit::platform::config::Synchronous::Off;
        config.database.max_connections = 5;
        // The fakes of other services stand on this machine.
        config.outbound.allowed_private_networks = vec!["127.0.0.0/8".parse().unwrap()];
        let mails = TempDir::new().unwrap();
        config.mail.directory = mails.path().display().to_string();
        let app = App::connect(config, Clock::fixed(noon())).await.unwrap();
        let stop = CancellationToken::new();
        let web = TestClient::new(
            web::routes(Web::new(app.clone(), stop.clone()))
                .map_to_response()
                .boxed(),
        );
        let organisation = new_organisation(&app, "shop").await;
        let key = new_key(&app, organisation.id, Scope::ALL).await;
        TestApp {
            app,
            web,
            database,
            mails,
            organisation,
            key,
            stop,
            is_ended: false,
        }
    }

    /// A second organisation with a key for everything.
    pub async fn other_organisation(&self) -> (entity::organisation::Model, String) {
        let other = new_organisation(self, "other").await;
        let key = new_key(self, other.id, Scope::ALL).await;
        (other, key)
    }

    /// A key of the organisation for these scopes only.
    pub async fn key_for(&self, scopes: &[Scope]) -> String {
        new_key(self, self.organisation.id, scopes).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&self.key), Some(body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Some(&self.key), None).await
    }

    pub async fn call(&self, method: Method, path: &str, key: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = self.web.request(method, path);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        if let Some(body) = body {
            request = request.body_json(&body);
        }
        Answer::read(request.send().await).await
    }

    /// The client, for requests of a special shape.
    pub fn web(&self) -> &TestClient<BoxEndpoint<'static>> {
        &self.web
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub fn app(&self) -> App {
        self.app.clone()
    }

    /// The mails that were written as files, in no order.
    pub fn mails(&self) -> Vec<smtp::Received> {
        let files = std::fs::read_dir(self.mails.path()).unwrap();
        let raw = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        raw.map(|raw| {
            let to = raw
                .lines()
                .find_map(|line| line.strip_prefix("To: "))
                .unwrap()
                .to_owned();
            smtp::Received {
                to,
                raw,
                is_acknowledged: true,
            }
        })
        .collect()
    }

    /// All notices, oldest first.
    pub async fn notices(&self) -> Vec<notice::Model> {
        let all = notice::Entity::find().order_by_asc(notice::Column::Id);
        all.all(self.db.read()).await.unwrap()
    }

    /// All jobs, those that were given up included.
    pub async fn jobs(&self) -> Vec<entity::job::Model> {
        entity::job::Entity::find().all(self.db.read()).await.unwrap()
    }

    /// Works off what is due of one kind, one batch.
    pub async fn work_on(&self, kind: plaudit::platform::job::Kind) {
        work::worker(self)
            .work_once(kind, "test", &CancellationToken::new())
            .await
            .unwrap();
    }

    /// Works off everything that is due.
    pub async fn work(&self) -> usize {
        work::worker(self).work_until_idle().await.unwrap()
    }

    /// Ends the test: no job may be left, and the database goes.
    pub async fn end(mut self) {
        let left = entity::job::Entity::find().all(self.db.read()).await.unwrap();
        assert!(left.is_empty(), "jobs are left: {left:?}");
        crate::find::index_is_right(&self.app).await;
        self.end_with_jobs().await;
    }

    /// Ends a test that leaves jobs on purpose.
    pub async fn end_with_jobs(&mut self) {
        self.is_ended = true;
        self.stop.cancel();
        self.app.db.clone().close().await;
        self.database.remove().await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        assert!(
            self.is_ended || std::thread::panicking(),
            "a test must end with `app.end().await`"
        );
    }
}

async fn new_organisation(app: &App, slug: &str) -> entity::organisation::Model {
    let new = NewOrganisation {
        name: slug.to_uppercase(),
        slug: slug.to_owned(),
        time_zone: "Europe/London".to_owned(),
        language: "en".to_owned(),
    };
    let tx = app.db.write().await.unwrap();
    let mut made = tenant::create(&tx, new, "cli", app.clock.now())
        .await
        .unwrap()
        .into_active_model();
    // No question that chance puts on a desk: who wants them says so.
    made.check_every = Set(Some(0));
    let made = made.update(&tx).await.unwrap();
    tx.commit().await.unwrap();
    made
}

async fn new_key(app: &App, organisation: Uuid, scopes: &[Scope]) -> String {
    let tx = app.db.write().await.unwrap();
    let (_, secret) = key::create(&tx, organisation, "test", scopes, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    secret.expose_secret().to_owned()
}

/// An answer that was read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: poem::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn read(answer: poem::test::TestResponse) -> Answer {
        let (status, headers) = (answer.0.status(), answer.0.headers().clone());
        let text = answer.0.into_body().into_string().await.unwrap();
        Answer {
            status,
            headers,
            text,
        }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A string of the JSON, by pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> String {
        let json = self.json();
        let value = json
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {pointer} in {json}"));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }
}
