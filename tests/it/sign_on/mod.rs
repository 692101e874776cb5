//! Signing in through the company, against a strict provider of ours.
mod attacks;
mod entering;
mod faults;
mod logout;
mod manage;
mod pages;
mod real;

use std::collections::BTreeMap;

use plaudit::sign_on::provider::{self, NewGroupRole, NewProvider};
use uuid::Uuid;

use crate::{
    fake_provider::{CLIENT, Provider, SECRET},
    reading::SEALING,
    support::{Answer, TestApp},
};

/// A company with its provider, and Priya, who works there.
pub struct Company {
    pub app: TestApp,
    pub there: Provider,
    pub id: Uuid,
    pub priya: Uuid,
}

pub fn provider_at(issuer: &str) -> NewProvider {
    NewProvider {
        name: "Shop ID".to_owned(),
        issuer: issuer.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: SECRET.to_owned().into(),
        domains: vec!["example.org".to_owned()],
        group_claim: None,
        group_roles: Vec::new(),
    }
}

impl Company {
    pub async fn open() -> Company {
        Company::with_roles(&[]).await
    }

    /// With roles that groups give.
    pub async fn with_roles(roles: &[&str]) -> Company {
        let app = TestApp::start_with(&format!("{SEALING}[limits]\nsign_ins_per_minute = 1000\n")).await;
        let there = Provider::start(app.clock.now()).await;
        let york = app.site("York", None).await.id;
        let priya = app.person("Priya", "Nair", Some(york), None).await.id;
        let mut new = provider_at(&there.issuer());
        if !roles.is_empty() {
            new.group_claim = Some("groups".to_owned());
            new.group_roles = roles
                .iter()
                .map(|text| NewGroupRole::read(text).unwrap())
                .collect();
        }
        let made = provider::add(&app.sign_on(), app.organisation.id, new, "cli")
            .await
            .unwrap();
        Company {
            app,
            there,
            id: made.id,
            priya,
        }
    }

    /// To the provider and back, in a browser of its own.
    pub async fn comes(&self) -> (Browser<'_>, Answer) {
        let mut browser = Browser::new(&self.app);
        let answer = self.comes_in(&mut browser, "").await;
        (browser, answer)
    }

    /// The same in a browser that there is.
    pub async fn comes_in(&self, browser: &mut Browser<'_>, query: &str) -> Answer {
        let back = self.begins(browser, query).await;
        browser.get(&back).await
    }

    /// To the provider; where it sends the browser back to.
    pub async fn begins(&self, browser: &mut Browser<'_>, query: &str) -> String {
        let begun = browser
            .get(&format!("/sign-on/{}{query}", self.id))
            .await
            .expect(303);
        self.there.lets_in(&begun.header("location"))
    }

    /// To the provider from the form of a page of ours, to be linked; where it sends the browser back to.
    pub async fn begins_link(&self, browser: &mut Browser<'_>, form: &[(&str, &str)]) -> String {
        let path = format!("/sign-on/{}?to=%2Fme", self.id);
        let page = browser.send(&path, form).await.expect(200);
        let on = page.header("refresh");
        let address = on.strip_prefix("0; url=").unwrap();
        assert!(address.contains("prompt=login") && address.contains("max_age=0"));
        self.there.lets_in(address)
    }

    /// The same, and back.
    pub async fn links_in(&self, browser: &mut Browser<'_>, form: &[(&str, &str)]) -> Answer {
        let back = self.begins_link(browser, form).await;
        browser.get(&back).await
    }

    /// Who is linked, by subject.
    pub async fn links(&self) -> BTreeMap<String, Uuid> {
        use sea_orm::EntityTrait;
        let all = entity::sign_on_link::Entity::find()
            .all(self.app.db.read())
            .await
            .unwrap();
        all.into_iter()
            .map(|link| (link.subject, link.account_id))
            .collect()
    }

    /// Nobody is signed in, and the page says so with this text; nobody was linked.
    pub async fn refuses(&self, text: &str) {
        let (browser, answer) = self.comes().await;
        assert!(answer.text.contains(text), "{} {}", answer.status, answer.text);
        assert!(!browser.is_signed_in().await);
        assert!(self.links().await.is_empty());
    }
}

/// A browser with its cookies.
pub struct Browser<'a> {
    app: &'a TestApp,
    pub cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Browser<'a> {
        Browser {
            app,
            cookies: BTreeMap::new(),
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.app.web().get(path).header("cookie", self.cookie());
        let request = request.header("sec-fetch-site", "same-origin");
        let answer = Answer::read(request.send().await).await;
        self.keep(&answer);
        answer
    }

    pub async fn post(&mut self, path: &str) -> Answer {
        self.send(path, &[]).await
    }

    pub async fn send(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.app.form_as(&self.cookie(), path, form).await;
        self.keep(&answer);
        answer
    }

    pub fn cookie(&self) -> String {
        let all = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        all.collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Answer) {
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub async fn is_signed_in(&self) -> bool {
        self.app.page_as(&self.cookie(), "/me").await.status == 200
    }
}
