//! A shop with a manager and a lead, and what is asked of notices.
use entity::{
    account,
    account::Frequency,
    comment, delivery,
    notice::{self, State},
    notice_recognition, site, staff_member,
};
use plaudit::{
    access::{account as accounts, role},
    roster::{
        Change,
        site::{self as sites, SitePatch},
    },
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::TestApp;

/// Ruth manages Priya and Tom at Leeds, which Lena leads; Ruth reports to Omar.
pub struct Shop {
    pub app: TestApp,
    pub leeds: site::Model,
    pub omar: staff_member::Model,
    pub ruth: staff_member::Model,
    pub priya: staff_member::Model,
    pub lena: staff_member::Model,
}

pub const PRAISE: &str = "Priya Nair was so kind and helpful, thank you Priya!";
pub const COMPLAINT: &str =
    "The staff were rude, ignored us for an hour and ruined our day. Terrible service, never again.";

impl Shop {
    pub async fn open() -> Shop {
        Shop::open_with("").await
    }

    pub async fn open_with(settings: &str) -> Shop {
        let app = TestApp::start_with(settings).await;
        let leeds = app.site("Leeds", None).await;
        let at = Some(leeds.id);
        let omar = app.person("Omar", "Haddad", at, None).await;
        let ruth = app.person("Ruth", "Adler", at, Some(omar.id)).await;
        let priya = app.person("Priya", "Nair", at, Some(ruth.id)).await;
        app.person("Tomasz", "Wilk", at, Some(ruth.id)).await;
        let lena = app.person("Lena", "Voss", at, None).await;
        app.lead(leeds.id, lena.id).await;
        Shop {
            app,
            leeds,
            omar,
            ruth,
            priya,
            lena,
        }
    }

    /// Sends words about Leeds; answers the comment's id.
    pub async fn say(&self, words: &str) -> Uuid {
        self.send(json!({"text": words, "site": "Leeds"})).await
    }

    pub async fn send(&self, comment: Value) -> Uuid {
        let sent = self.app.post("/v1/comments", comment).await;
        assert!(sent.status.is_success(), "{}", sent.text);
        sent.at("/id").parse().unwrap()
    }
}

impl TestApp {
    pub async fn lead(&self, site: Uuid, lead: Uuid) {
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        let patch = SitePatch {
            lead: Some(Some(lead)),
            ..SitePatch::default()
        };
        sites::update(&change, site, patch).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn administrator(&self, email: &str) -> account::Model {
        let tx = self.db.write().await.unwrap();
        let now = self.clock.now();
        let made = accounts::create(&tx, self.organisation.id, email, "cli", now)
            .await
            .unwrap();
        role::grant(&tx, &made, entity::grant::Role::Administrator, None, "cli", now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        made
    }

    /// Changes somebody's row of the roster behind its back.
    pub async fn change_person(&self, staff: Uuid, change: impl FnOnce(&mut staff_member::ActiveModel)) {
        let tx = self.db.write().await.unwrap();
        let mut row = staff_member::ActiveModel {
            id: Set(staff),
            ..Default::default()
        };
        change(&mut row);
        row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn change_account(&self, account: Uuid, change: impl FnOnce(&mut account::ActiveModel)) {
        let tx = self.db.write().await.unwrap();
        let mut row = account::ActiveModel {
            id: Set(account),
            ..Default::default()
        };
        change(&mut row);
        row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Makes an account for somebody of the roster.
    pub async fn account_for(
        &self,
        staff: &staff_member::Model,
        frequency: Frequency,
        own_praise: bool,
    ) -> account::Model {
        let tx = self.db.write().await.unwrap();
        let made = accounts::create(&tx, self.organisation.id, "x", "cli", self.clock.now())
            .await
            .unwrap();
        let mut row: account::ActiveModel = made.into();
        row.staff_id = Set(Some(staff.id));
        row.email = Set(None);
        row.frequency = Set(frequency);
        row.own_praise = Set(own_praise);
        let made = row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
        made
    }

    pub async fn account_of(&self, staff: Uuid) -> account::Model {
        let found = account::Entity::find().filter(account::Column::StaffId.eq(staff));
        found.one(self.db.read()).await.unwrap().unwrap()
    }

    /// Kind, reader's staff id and state of every notice, oldest first.
    pub async fn told(&self) -> Vec<(notice::Kind, Option<Uuid>, State)> {
        let accounts = account::Entity::find().all(self.db.read()).await.unwrap();
        let staff = |id: Option<Uuid>| {
            accounts
                .iter()
                .find(|account| Some(account.id) == id)
                .and_then(|account| account.staff_id)
        };
        let told = self.notices().await;
        told.iter()
            .map(|notice| (notice.kind, staff(notice.reader_id), notice.state))
            .collect()
    }

    pub async fn comment(&self, id: Uuid) -> comment::Model {
        let found = comment::Entity::find_by_id(id).one(self.db.read()).await;
        found.unwrap().unwrap()
    }

    pub async fn tell(&self, comment: Uuid, tell: comment::Tell) {
        let tx = self.db.write().await.unwrap();
        let row = comment::ActiveModel {
            id: Set(comment),
            tell: Set(tell),
            ..Default::default()
        };
        row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn parts(&self) -> Vec<notice_recognition::Model> {
        notice_recognition::Entity::find()
            .all(self.db.read())
            .await
            .unwrap()
    }

    pub async fn deliveries(&self) -> Vec<delivery::Model> {
        delivery::Entity::find().all(self.db.read()).await.unwrap()
    }
}
