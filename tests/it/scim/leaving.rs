//! Who is ended, what ends with them, and when a person has to look first.
use chrono::TimeDelta;
use entity::{grant::Role, scim_stop};
use plaudit::access::role;
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use super::{Company, priya};

impl Company {
    async fn many(&self, people: usize) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for n in 0..people {
            ids.push(self.bring(&format!("p{n}")).await);
        }
        ids
    }

    async fn administers(&self, person: Uuid) {
        let account = self.app.signing_in(person).await;
        let tx = self.app.db.write().await.unwrap();
        let now = self.app.clock.now();
        role::grant(&tx, &account, Role::Administrator, None, "cli", now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn who_is_ended_is_signed_out_at_once_and_has_worked_until_today() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    let cookie = company.app.sign_in_staff(id).await;
    company.app.page_as(&cookie, "/feed").await.expect(200);
    company.active(id, false).await.expect(200);
    company.app.page_as(&cookie, "/feed").await.expect(303);
    assert_eq!(company.person(id).await.ends_on, Some(company.today()));
    assert_eq!(company.work_of(id).await.ends_on, Some(company.today()));
    // No link gets them in again, on this day or a later one.
    let before = company.app.mails().len();
    for days in [0, 3] {
        company.app.advance(TimeDelta::days(days));
        let ask = [("email", "priya.nair@example.org")];
        company.app.send_form("/sign-in", &ask).await.expect(200);
        company.app.after_answers().await;
        company.app.work().await;
    }
    assert_eq!(company.app.mails().len(), before);
    company.active(id, true).await.expect(200);
    company.app.page_as(&cookie, "/feed").await.expect(303);
    let again = company.app.sign_in_staff(id).await;
    company.app.page_as(&again, "/feed").await.expect(200);
    assert_eq!(company.person(id).await.ends_on, None);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn who_is_deleted_at_the_directory_stays_on_the_roster_and_can_come_back() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    let cookie = company.app.sign_in_staff(id).await;
    company.delete(id).await.expect(204);
    company.app.page_as(&cookie, "/feed").await.expect(303);
    company.get(&format!("/Users/{id}")).await.expect(404);
    company.delete(id).await.expect(404);
    assert_eq!(company.person(id).await.ends_on, Some(company.today()));
    let forgotten = company.user(id).await;
    assert_eq!((forgotten.user_name, forgotten.external_id), (None, None));
    assert_eq!(forgotten.document, json!({}));
    let back = company.post(priya()).await.expect(201);
    assert_eq!(back.at("/id"), id.to_string());
    assert_eq!(company.person(id).await.ends_on, None);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn last_days_that_the_roster_knows_are_kept() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    let ended = company.today() - TimeDelta::days(40);
    company.app.leaves(id, ended).await;
    let title = json!([{ "op": "replace", "path": "title", "value": "Porter" }]);
    company.patch(id, title).await.expect(200);
    assert_eq!(company.person(id).await.ends_on, Some(ended));
    company.active(id, false).await.expect(200);
    assert_eq!(company.person(id).await.ends_on, Some(ended));
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn who_is_taken_back_by_hand_gets_in_until_the_directory_ends_them_again() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    company.active(id, false).await.expect(200);
    let (path, key) = (format!("/v1/staff/{id}"), Some(company.app.key.as_str()));
    let back = json!({ "ends_on": null });
    company
        .app
        .call(Method::PATCH, &path, key, Some(back))
        .await
        .expect(200);
    let cookie = company.app.sign_in_staff(id).await;
    company.app.page_as(&cookie, "/feed").await.expect(200);
    company.active(id, false).await.expect(200);
    company.app.page_as(&cookie, "/feed").await.expect(303);
    assert_eq!(company.person(id).await.ends_on, Some(company.today()));
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn a_sync_that_would_end_too_many_stops_until_a_person_says_yes() {
    let company = Company::open().await;
    let admin = company
        .app
        .account_with("ann@example.org", Role::Administrator, None)
        .await;
    let cookie = company.app.sign_in(&admin).await;
    let people = company.many(20).await;
    for id in &people[..2] {
        company.active(*id, false).await.expect(200);
    }
    for id in &people[2..5] {
        let refused = company.active(*id, false).await.expect(403);
        assert!(refused.at("/detail").contains("one in ten"), "{}", refused.text);
        company.delete(*id).await.expect(403);
        assert_eq!(company.person(*id).await.ends_on, None);
    }
    // Everything else goes on.
    company.bring("new").await;
    let name = json!([{ "op": "replace", "path": "name.familyName", "value": "Roy" }]);
    company.patch(people[2], name).await.expect(200);
    company.app.work().await;
    let told: Vec<_> = company
        .app
        .mails()
        .into_iter()
        .filter(|mail| mail.raw.contains("wants to remove many people"))
        .collect();
    assert_eq!(told.len(), 1, "told once");
    assert_eq!(told[0].to, "ann@example.org");

    // Days later it still waits.
    company.app.advance(TimeDelta::days(3));
    company.active(people[2], false).await.expect(403);
    let cookie = match company.app.page_as(&cookie, "/roster").await.status.as_u16() {
        200 => cookie,
        _ => company.app.sign_in(&admin).await,
    };
    let page = company.app.page_as(&cookie, "/roster").await.expect(200);
    assert!(page.text.contains("action=\"/roster/go-on\""), "{}", page.text);
    company
        .app
        .form_as(&cookie, "/roster/go-on", &[])
        .await
        .expect(303);
    for id in &people[2..8] {
        company.active(*id, false).await.expect(200);
    }
    company.app.advance(TimeDelta::hours(25));
    // What was agreed to is over: fewer than before may end now.
    company.active(people[8], false).await.expect(200);
    company.active(people[9], false).await.expect(403);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn one_person_may_always_leave() {
    let company = Company::open().await;
    let people = company.many(3).await;
    company.active(people[0], false).await.expect(200);
    company.active(people[1], false).await.expect(403);
    let stop = scim_stop::Entity::find()
        .one(company.app.db.read())
        .await
        .unwrap();
    assert!(stop.unwrap().stopped_at.is_some());
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn the_last_administrator_is_not_ended_by_the_directory() {
    let company = Company::open().await;
    let people = company.many(30).await;
    for id in &people[..2] {
        company.administers(*id).await;
    }
    company.active(people[0], false).await.expect(200);
    let refused = company.active(people[1], false).await.expect(403);
    assert!(
        refused.at("/detail").contains("last administrator"),
        "{}",
        refused.text
    );
    company.delete(people[1]).await.expect(403);
    assert_eq!(company.person(people[1]).await.ends_on, None);
    company.app.work().await;
    company.app.end().await;
}
