//! People and sites for tests.
use entity::{site, staff_member};
use plaudit::roster::{
    Change,
    assignment::{self, AssignmentFields},
    site::{self as sites, NewSite, SitePatch},
    staff::{self, StaffFields},
};
use uuid::Uuid;

use super::TestApp;

impl TestApp {
    /// A site at the top, or below another.
    pub async fn site(&self, name: &str, parent: Option<Uuid>) -> site::Model {
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        let made = sites::create(
            &change,
            NewSite {
                name: name.to_owned(),
                parent,
                ..NewSite::default()
            },
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        made
    }

    /// A person at a site with a manager; the employee id is the lower-case given name.
    pub async fn person(
        &self,
        given: &str,
        family: &str,
        site: Option<Uuid>,
        manager: Option<Uuid>,
    ) -> staff_member::Model {
        self.person_with_id(&given.to_lowercase(), given, family, site, manager)
            .await
    }

    /// A person whose name another one bears.
    pub async fn person_with_id(
        &self,
        employee_id: &str,
        given: &str,
        family: &str,
        site: Option<Uuid>,
        manager: Option<Uuid>,
    ) -> staff_member::Model {
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        let fields = StaffFields {
            email: Some(format!("{employee_id}@example.org")),
            employee_id: employee_id.to_owned(),
            given_name: given.to_owned(),
            family_name: family.to_owned(),
            ..StaffFields::default()
        };
        let made = staff::create(&change, fields).await.unwrap();
        let place = AssignmentFields {
            site,
            manager,
            ..AssignmentFields::default()
        };
        assignment::create(&change, made.id, place).await.unwrap();
        tx.commit().await.unwrap();
        made
    }

    /// Makes somebody the lead of a site.
    pub async fn let_lead(&self, site: Uuid, lead: Uuid) {
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
}
