//! People who are signed in.
use entity::{account, grant::Role};
use plaudit::access::{
    account as accounts, role,
    session::{self, Device},
};
use plaudit::roster::{
    Change,
    staff::{self, StaffPatch},
};
use poem::http::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{Answer, TestApp, form::encoded};

impl TestApp {
    /// Waits for what is done after answers.
    pub async fn after_answers(&self) {
        self.later.close();
        self.later.wait().await;
        self.later.reopen();
    }

    /// The account of somebody on the roster, made where there is none.
    pub async fn signing_in(&self, staff: Uuid) -> account::Model {
        let found = account::Entity::find().filter(account::Column::StaffId.eq(staff));
        if let Some(account) = found.one(self.db.read()).await.unwrap() {
            return account;
        }
        let tx = self.db.write().await.unwrap();
        let person = entity::staff_member::Entity::find_by_id(staff)
            .one(&tx)
            .await
            .unwrap()
            .unwrap();
        let made = accounts::for_staff(&tx, person.organisation_id, staff, self.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        made
    }

    /// Somebody's last day.
    pub async fn leaves(&self, staff: Uuid, last_day: chrono::NaiveDate) {
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        let patch = StaffPatch {
            ends_on: Some(Some(last_day)),
            ..StaffPatch::default()
        };
        staff::update(&change, staff, patch).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody has no address of mail.
    pub async fn has_no_mail(&self, staff: Uuid) {
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        let patch = StaffPatch {
            email: Some(None),
            ..StaffPatch::default()
        };
        staff::update(&change, staff, patch).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An account of somebody who is not on the roster, with a role.
    pub async fn account_with(&self, email: &str, role: Role, site: Option<Uuid>) -> account::Model {
        let tx = self.db.write().await.unwrap();
        let now = self.clock.now();
        let made = accounts::create(&tx, self.organisation.id, email, "cli", now)
            .await
            .unwrap();
        role::grant(&tx, &made, role, site, "cli", now).await.unwrap();
        tx.commit().await.unwrap();
        made
    }

    /// Signs an account in; the cookie as a browser sends it.
    pub async fn sign_in(&self, account: &account::Model) -> String {
        let device = Device {
            name: "Firefox, Android".to_owned(),
            is_shared: false,
            hash: None,
        };
        let tx = self.db.write().await.unwrap();
        let (_, token) = session::start(&tx, account, &device, self.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // Where the service is reached by https, the browser binds the cookie to its host.
        let prefix = if self.config.server.base_url.starts_with("https://") {
            "__Host-"
        } else {
            ""
        };
        format!("{prefix}plaudit={}", token.expose_secret())
    }

    /// Signs somebody of the roster in.
    pub async fn sign_in_staff(&self, staff: Uuid) -> String {
        let account = self.signing_in(staff).await;
        self.sign_in(&account).await
    }

    /// Makes a code for somebody, as somebody who is above them.
    pub async fn code_by(&self, cookie: &str, staff: Uuid) -> String {
        let path = format!("/team/join/{staff}");
        self.form_as(cookie, &path, &[]).await.expect(303);
        let page = self.page_as(cookie, &path).await.expect(200);
        let (_, rest) = page.text.split_once("<p class=\"code\">").expect("a code");
        rest.split('<').next().unwrap().replace(' ', "")
    }

    /// Signs in by a code; the cookie.
    pub async fn join(&self, code: &str) -> String {
        let joined = self.send_form(&format!("/join?code={code}"), &[]).await;
        joined.expect(303).cookie()
    }

    /// Fetches a page as somebody who is signed in.
    pub async fn page_as(&self, cookie: &str, path: &str) -> Answer {
        self.ask_as(cookie, Method::GET, path).await
    }

    /// Asks for anything as somebody who is signed in, from a page of ours.
    pub async fn ask_as(&self, cookie: &str, method: Method, path: &str) -> Answer {
        let request = self.web().request(method, path).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        Answer::read(request.send().await).await
    }

    /// Sends JSON as somebody who is signed in.
    pub async fn send_as(
        &self,
        cookie: &str,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> Answer {
        let request = self.web().request(method, path).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        Answer::read(request.body_json(body).send().await).await
    }

    /// Sends a form as somebody who is signed in.
    pub async fn form_as(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.web().post(path).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.content_type("application/x-www-form-urlencoded");
        Answer::read(request.body(encoded(fields)).send().await).await
    }
}

impl Answer {
    /// The cookie that an answer sets, as a browser sends it back.
    #[track_caller]
    pub fn cookie(&self) -> String {
        let set = self.header("set-cookie");
        set.split(';').next().unwrap().to_owned()
    }
}
