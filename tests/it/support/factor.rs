//! People with a second factor: an app that shows codes by the test's clock.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, sign_in_link::Kind};
use plaudit::access::sign_in::{self, NewLink};
use totp_rs::{Builder, Secret, Totp};

use super::{Answer, TestApp};

/// An app on somebody's phone, and the recovery codes on paper.
pub struct Phone {
    totp: Totp,
    pub secret: String,
    pub paper: Vec<String>,
}

impl Phone {
    /// An app that was shown a secret in base 32.
    pub fn of(secret: &str) -> Phone {
        let secret = secret.replace(' ', "");
        let known = Secret::try_from_base32(&secret).unwrap();
        Phone {
            totp: Builder::new().with_secret(known).build().unwrap(),
            secret,
            paper: Vec::new(),
        }
    }

    /// What it shows at a time.
    pub fn shows(&self, at: DateTime<Utc>) -> String {
        let seconds = u64::try_from(at.timestamp()).unwrap();
        self.totp.generate(seconds).to_string()
    }

    /// What it shows at no time near.
    pub fn never_shows(&self, at: DateTime<Utc>) -> String {
        let near: Vec<String> = (-2..=2)
            .map(|steps| self.shows(at + TimeDelta::seconds(30 * steps)))
            .collect();
        let wrong = ["123456", "234567", "345678", "456789", "567890", "678901"];
        let mut wrong = wrong.iter().filter(|code| !near.contains(&(**code).to_owned()));
        (*wrong.next().unwrap()).to_owned()
    }
}

impl TestApp {
    /// Sets a second factor up on the pages, as somebody who is signed in.
    pub async fn sets_factor_up(&self, cookie: &str) -> Phone {
        self.form_as(cookie, "/me/second-factor", &[]).await.expect(303);
        let page = self.page_as(cookie, "/me/second-factor").await.expect(200);
        let mut phone = Phone::of(between(&page.text, "<code>", "</code>"));
        let code = phone.shows(self.clock.now());
        let page = self
            .form_as(cookie, "/me/second-factor/confirm", &[("code", &code)])
            .await
            .expect(200);
        phone.paper = paper(&page);
        phone
    }

    /// A link by mail that is open for somebody.
    pub async fn link_for(&self, account: &account::Model, path: Option<&str>) -> String {
        let new = NewLink {
            kind: Kind::Mail,
            language: None,
            path,
            actor: "visitor",
            now: self.clock.now(),
        };
        let tx = self.db.write().await.unwrap();
        let link = sign_in::make(&tx, &self.secrets, account, &new).await.unwrap();
        tx.commit().await.unwrap();
        format!("/sign-in/{}", sign_in::token(&self.secrets, link.id))
    }

    /// Opens a link of somebody who has a second factor; the cookie of half a session.
    pub async fn half_session(&self, account: &account::Model) -> String {
        let link = self.link_for(account, None).await;
        let answer = self.send_form_at_once(&link, &[]).await.expect(303);
        assert_eq!(answer.header("location"), "/sign-in-code");
        answer.cookie()
    }

    /// Gives a code to half a session.
    pub async fn gives_code(&self, cookie: &str, code: &str) -> Answer {
        self.form_as(cookie, "/sign-in-code", &[("code", code)]).await
    }

    /// The lines of the audit log with an action: who did it, and what more there is.
    pub async fn noted(&self, action: &str) -> Vec<(String, serde_json::Value)> {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
        let found = entity::audit::Entity::find()
            .filter(entity::audit::Column::Action.eq(action))
            .order_by_asc(entity::audit::Column::Id);
        let rows = found.all(self.db.read()).await.unwrap();
        rows.into_iter().map(|row| (row.actor, row.detail)).collect()
    }
}

/// Recovery codes as a page shows them.
pub fn paper(page: &Answer) -> Vec<String> {
    let parts = page.text.split("<li><code>").skip(1);
    parts
        .map(|part| part.split('<').next().unwrap().to_owned())
        .collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split_once(after).unwrap().0
}
