//! A browser without a script.
use chrono::TimeDelta;
use plaudit::capture::source::{self, SourcePatch};
use poem::http::Method;
use sea_orm::ConnectionTrait;

use super::{Answer, TestApp};

impl TestApp {
    /// Fetches a page as a visitor.
    pub async fn page(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None, None).await
    }

    /// Sends a form as a visitor, who takes a while to write.
    pub async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.advance(TimeDelta::seconds(20));
        self.send_form_at_once(path, fields).await
    }

    /// The same, quicker than any visitor.
    pub async fn send_form_at_once(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_body(path, encoded(fields)).await
    }

    /// Sends a form's body as a visitor.
    pub async fn send_body(&self, path: &str, body: impl Into<poem::Body>) -> Answer {
        let request = self
            .web()
            .post(path)
            .content_type("application/x-www-form-urlencoded");
        Answer::read(request.body(body.into()).send().await).await
    }

    /// Lets the database refuse new comments.
    pub async fn break_writing(&self) {
        self.rename_table("comment_revision", "elsewhere").await;
    }

    /// Lets it take them again.
    pub async fn mend_writing(&self) {
        self.rename_table("elsewhere", "comment_revision").await;
    }

    async fn rename_table(&self, from: &str, to: &str) {
        let sql = format!("ALTER TABLE {from} RENAME TO {to}");
        let tx = self.db.write().await.unwrap();
        tx.execute_unprepared(&sql).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Pauses a source.
    pub async fn pause_source(&self, name: &str) {
        let tx = self.db.write().await.unwrap();
        let found = source::by_name(&tx, self.organisation.id, name).await.unwrap();
        let patch = SourcePatch {
            paused: Some(true),
            ..SourcePatch::default()
        };
        source::update(
            &tx,
            self.organisation.id,
            found.id,
            patch,
            "cli",
            self.clock.now(),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }
}

impl Answer {
    /// A header that must be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no header {name} in {:?}", self.headers));
        value.to_str().unwrap().to_owned()
    }
}

/// Fields as a browser writes them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let set = percent_encoding::NON_ALPHANUMERIC;
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, set).to_string();
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// The token in a form.
#[track_caller]
pub fn token_of(page: &str) -> String {
    let (_, rest) = page
        .split_once("name=\"token\" value=\"")
        .expect("a token in the form");
    rest.split('"').next().unwrap().to_owned()
}
