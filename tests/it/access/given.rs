//! Administrators give roles: at once, by mail, and never for others.
use chrono::TimeDelta;
use entity::{audit, grant, grant::Role};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, noon, office::Office};

impl Office {
    async fn open_roles(&self) -> Vec<(Uuid, Role, Option<Uuid>)> {
        let all = grant::Entity::find().all(self.app.db.read()).await.unwrap();
        let open = all.into_iter().filter(|grant| grant.ended_at.is_none());
        open.map(|grant| (grant.account_id, grant.role, grant.site_id))
            .collect()
    }
}

/// The link in the newest mail to an address, and that mail.
fn link_to(app: &TestApp, address: &str) -> (String, String) {
    let mails = app.mails();
    let mail = mails.iter().rev().find(|mail| mail.to == address).unwrap();
    let (_, rest) = mail.raw.split_once("/sign-in/").unwrap();
    let token = rest.split_whitespace().next().unwrap();
    (format!("/sign-in/{token}"), mail.raw.clone())
}

#[tokio::test]
async fn a_role_is_given_by_page_and_the_mail_signs_in() {
    let office = Office::start().await;
    let page = office.page("/roles").await.expect(200).text;
    assert!(
        page.contains("Give a role") && page.contains("Reads everything and changes nothing."),
        "{page}"
    );
    let sent = office
        .send("/roles", &[("who", " Ann@Example.org "), ("role", "auditor")])
        .await
        .expect(303);
    let back = office.page(&sent.header("location")).await.expect(200).text;
    assert!(
        back.contains("A link to sign in goes to ann@example.org"),
        "{back}"
    );
    office.app.work().await;
    let (link, mail) = link_to(&office.app, "ann@example.org");
    assert!(mail.contains("new role") && mail.contains("- Auditor"), "{mail}");
    let entered = office.app.form_as("", &link, &[]).await.expect(303);
    let ann = entered.cookie();
    office.app.page_as(&ann, "/roles").await.expect(200);
    // Who looks on gives nothing.
    let seen = office.app.page_as(&ann, "/roles").await.expect(200).text;
    assert!(!seen.contains("Give a role"), "{seen}");
    let log = audit::Entity::find().all(office.app.db.read()).await.unwrap();
    assert!(
        log.iter()
            .any(|line| line.action == "grant_role" && line.actor.starts_with("account:"))
    );
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn a_place_gets_a_lead_on_the_page_of_a_person_and_loses_them_there() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    let priya = office.app.person("Priya", "Nair", Some(leeds), None).await.id;
    let before = office.app.sign_in_staff(priya).await;
    office.app.page_as(&before, "/feed").await.expect(200);
    let path = format!("/people/{priya}");
    let site = leeds.to_string();
    let fields = [("role", "site_lead"), ("site", &*site)];
    let sent = office.send(&format!("{path}/roles"), &fields).await.expect(303);
    // It begins with a sign-in of its own.
    office.app.page_as(&before, "/feed").await.expect(303);
    let page = office.page(&sent.header("location")).await.expect(200).text;
    assert!(
        page.contains("goes to priya@example.org") && page.contains("Site lead: Leeds"),
        "{page}"
    );
    let places = office.page("/places").await.expect(200).text;
    assert!(places.contains("Led by Priya Nair."), "{places}");
    office.app.work().await;
    let (link, _) = link_to(&office.app, "priya@example.org");
    let lead = office.app.form_as("", &link, &[]).await.expect(303).cookie();
    office.app.page_as(&lead, "/desk").await.expect(200);
    let (_, rest) = page.split_once("action=\"/roles/").unwrap();
    let revoke = format!("/roles/{}", rest.split('"').next().unwrap());
    let person = priya.to_string();
    let back = office.send(&revoke, &[("person", &person)]).await.expect(303);
    assert_eq!(back.header("location"), path);
    office.app.page_as(&lead, "/desk").await.expect(303);
    office.app.work().await;
    let mails = office.app.mails();
    let told = mails
        .iter()
        .filter(|mail| mail.to == "priya@example.org" && mail.raw.contains("was taken away"));
    assert_eq!(told.count(), 1);
    office.app.end().await;
}

#[tokio::test]
async fn a_safe_reader_is_named_by_page_and_begins_at_what_the_shield_keeps() {
    let office = Office::start().await;
    let fields = [("who", "ann@example.org"), ("role", "safe_reader"), ("site", "")];
    office.send("/roles", &fields).await.expect(303);
    office.app.work().await;
    let (link, _) = link_to(&office.app, "ann@example.org");
    let ann = office.app.form_as("", &link, &[]).await.expect(303).cookie();
    let first = office.app.page_as(&ann, "/").await.expect(303);
    assert_eq!(first.header("location"), "/shielded");
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn all_places_are_led_only_by_whom_they_are_given() {
    let office = Office::start().await;
    let fields = [("who", "ann@example.org"), ("role", "site_lead"), ("site", "all")];
    office.send("/roles", &fields).await.expect(303);
    let page = office.page("/roles").await.expect(200).text;
    assert!(page.contains("Site lead: All places"), "{page}");
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn giving_a_role_needs_a_sign_in_of_a_moment_ago() {
    let office = Office::start().await;
    let tom = office.app.person("Tom", "Reed", None, None).await.id;
    office.app.advance(TimeDelta::hours(1));
    let role = [("who", "tom@example.org"), ("role", "administrator")];
    let led = office.send("/roles", &role).await.expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Froles");
    let led = office
        .send(&format!("/people/{tom}/roles"), &role)
        .await
        .expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Fpeople");
    assert_eq!(office.open_roles().await.len(), 1);
    let page = office.page("/roles").await.expect(200).text;
    assert!(page.contains("confirm that it is you"), "{page}");
    office.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_given_is_said_beside_its_field() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    let mute = office.app.person("Olu", "Adeyemi", Some(leeds), None).await.id;
    office.app.has_no_mail(mute).await;
    let gone = office.app.person("Gone", "Long", Some(leeds), None).await.id;
    office
        .app
        .leaves(gone, noon().date_naive() - TimeDelta::days(1))
        .await;
    for name in ["Sam", "Pat"] {
        let body = json!({ "employee_id": name, "given_name": name, "email": "till@example.org" });
        office.app.post("/v1/staff", body).await.expect(201);
    }
    let site = leeds.to_string();
    for (fields, says) in [
        (
            [("who", ""), ("role", "auditor"), ("site", "")],
            "Please fill this in.",
        ),
        (
            [("who", "Nobody Here"), ("role", "auditor"), ("site", "")],
            "Nobody who works here",
        ),
        (
            [("who", "a@b@c"), ("role", "auditor"), ("site", "")],
            "Something is missing in the email address.",
        ),
        (
            [("who", "till@example.org"), ("role", "auditor"), ("site", "")],
            "Several people have this address.",
        ),
        (
            [("who", "Olu Adeyemi"), ("role", "auditor"), ("site", "")],
            "There is no email address on their page",
        ),
        (
            [("who", "x@example.org"), ("role", "king"), ("site", "")],
            "Choose a role.",
        ),
        (
            [("who", "x@example.org"), ("role", "auditor"), ("site", &site)],
            "This role holds everywhere.",
        ),
        (
            [("who", "x@example.org"), ("role", "site_lead"), ("site", "x")],
            "Choose the place from the list.",
        ),
        (
            [("who", "x@example.org"), ("role", "site_lead"), ("site", "")],
            "Choose the place from the list.",
        ),
        (
            [("who", "gone@example.org"), ("role", "auditor"), ("site", "")],
            "They have left.",
        ),
    ] {
        let refused = office.send("/roles", &fields).await.expect(422).text;
        assert!(refused.contains(says), "{says}: {refused}");
        let typed = format!("value=\"{}\"", fields[0].1);
        assert!(refused.contains(&typed), "what was typed stays: {refused}");
    }
    // Whatever is wrong is said at once.
    let fields = [("who", "Nobody Here"), ("role", "auditor"), ("site", &site)];
    let refused = office.send("/roles", &fields).await.expect(422).text;
    assert!(
        refused.contains("Nobody who works here") && refused.contains("This role holds everywhere."),
        "{refused}"
    );
    let refused = office
        .send(&format!("/people/{gone}/roles"), &[("role", "auditor")])
        .await;
    assert!(refused.expect(422).text.contains("They have left."));
    let page = office.page(&format!("/people/{gone}")).await.expect(200).text;
    assert!(!page.contains("Give a role"), "{page}");
    assert_eq!(office.open_roles().await.len(), 1);
    office.app.end().await;
}

#[tokio::test]
async fn a_program_gives_roles_with_every_scope_and_gets_the_role_back() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await.id;
    let priya = app.person("Priya", "Nair", Some(leeds), None).await.id;
    let body = json!({ "role": "site_lead", "staff_id": priya, "site_id": leeds });
    let made = app.post("/v1/roles", body.clone()).await.expect(201);
    assert_eq!(made.at("/role"), "site_lead");
    assert_eq!(made.at("/site_id"), leeds.to_string());
    assert_eq!(made.at("/email"), "priya@example.org");
    assert!(!made.at("/invited_until").is_empty());
    // Once more is another link for the same role.
    let again = app.post("/v1/roles", body).await.expect(201);
    assert_eq!(again.at("/id"), made.at("/id"));
    for (body, says) in [
        (json!({ "role": "auditor" }), "give staff_id or email"),
        (
            json!({ "role": "auditor", "staff_id": leeds }),
            "no such staff member",
        ),
        (
            json!({ "role": "auditor", "email": "nobody" }),
            "not a mail address",
        ),
        (
            json!({ "role": "auditor", "staff_id": priya, "site_id": leeds }),
            "leave the site out",
        ),
        (
            json!({ "role": "site_lead", "staff_id": priya, "site_id": priya }),
            "no such site",
        ),
    ] {
        let refused = app.post("/v1/roles", body).await.expect(422);
        assert!(refused.at("/detail").contains(says), "{says}: {}", refused.text);
    }
    app.work().await;
    let (link, _) = link_to(&app, "priya@example.org");
    app.ask_as("", Method::GET, &link).await.expect(200);
    app.end().await;
}
