//! Places by page: a tree, added to, renamed, moved, closed.
use entity::site;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::support::office::Office;

impl Office {
    async fn sites(&self) -> Vec<site::Model> {
        site::Entity::find().all(self.app.db.read()).await.unwrap()
    }

    async fn at_path(&self, path: &str) -> site::Model {
        let all = self.sites().await;
        let found = all.iter().find(|site| site.path == path);
        found.unwrap_or_else(|| panic!("{path} in {all:?}")).clone()
    }
}

#[tokio::test]
async fn whoever_adds_the_first_person_is_led_to_the_first_place_and_back() {
    let office = Office::start().await;
    let page = office.page("/people/add").await.expect(200).text;
    let link = "/places/add?then&#x3D;person";
    assert!(
        page.contains("Add a place first") && page.contains(link),
        "{page}"
    );
    let form = office.page("/places/add?then=person").await.expect(200).text;
    assert!(form.contains("name=\"then\" value=\"person\""), "{form}");
    let made = office
        .send("/places/add", &[("name", " Castle  Street "), ("then", "person")])
        .await
        .expect(303);
    let castle = office.at_path("Castle Street").await;
    let next = made.header("location");
    assert_eq!(next, format!("/people/add?site={}", castle.id));
    let page = office.page(&next).await.expect(200).text;
    assert!(
        page.contains("<option value=\"Castle Street\" selected>") && !page.contains("Add a place first"),
        "{page}"
    );
    office.app.end().await;
}

#[tokio::test]
async fn a_place_is_added_below_a_place_that_is_there_or_not_at_all() {
    let office = Office::start().await;
    office.send("/places/add", &[("name", "North")]).await.expect(303);
    let north = office.at_path("North").await.id;
    let below = |id: &str| format!("/places/add?parent={id}");
    let form = office.page(&below(&north.to_string())).await.expect(200).text;
    assert!(form.contains(&format!("value=\"{north}\" selected")), "{form}");
    for nowhere in ["019aa000-0000-7000-8000-000000000000", "north"] {
        office.page(&below(nowhere)).await.expect(404);
    }
    office.page(&below("")).await.expect(200);
    office.app.end().await;
}

#[tokio::test]
async fn places_stand_as_a_tree_with_what_holds_there() {
    let office = Office::start().await;
    office.send("/places/add", &[("name", "North")]).await.expect(303);
    let north = office.at_path("North").await.id.to_string();
    let ruth = office
        .app
        .person_with_id("e1", "Ruth", "Adler", Some(north.parse().unwrap()), None)
        .await;
    let leeds = [
        ("name", "Leeds"),
        ("parent", &*north),
        ("lead", "ruth adler"),
        ("time_zone", "Europe/Berlin"),
        ("language", "de"),
    ];
    let made = office.send("/places/add", &leeds).await.expect(303);
    let page = office.page(&made.header("location")).await.expect(200).text;
    assert!(
        page.contains("<bdi>North / Leeds</bdi>") && page.contains("/thank/shop/leeds"),
        "{page}"
    );
    assert!(page.contains("Empty: Europe/London."), "{page}");
    let leeds = office.at_path("North / Leeds").await;
    assert_eq!(leeds.lead_id, Some(ruth.id));
    office
        .send(
            "/places/add",
            &[("name", "Café"), ("parent", &leeds.id.to_string())],
        )
        .await
        .expect(303);
    office
        .app
        .person_with_id("e2", "Priya", "Nair", Some(leeds.id), Some(ruth.id))
        .await;
    let said = json!({ "text": "Priya was lovely, thank you!", "site": "North / Leeds" });
    office.app.post("/v1/comments", said).await.expect(201);
    let list = office.page("/places").await.expect(200).text;
    let (_, below) = list.split_once("<bdi>Leeds</bdi>").unwrap();
    for shown in [
        "One person works here.",
        "Led by Ruth Adler.",
        "Europe/Berlin, Deutsch",
        "/poster/shop/leeds",
    ] {
        assert!(below.contains(shown), "{shown}: {list}");
    }
    let (_, cafe) = below.split_once("<bdi>Café</bdi>").unwrap();
    assert!(
        cafe.contains("Europe/Berlin, Deutsch"),
        "what holds above holds below: {cafe}"
    );
    let page = office
        .page(&format!("/places/{}", leeds.id))
        .await
        .expect(200)
        .text;
    assert!(page.contains("<li>api: 1</li>"), "{page}");
    let there = office
        .page(&format!("/people?site={}", leeds.id))
        .await
        .expect(200)
        .text;
    assert!(
        there.contains("People at North / Leeds")
            && there.contains("Priya Nair")
            && !there.contains("<bdi>Ruth"),
        "{there}"
    );
    let team = office
        .page(&format!("/people?manager={}", ruth.id))
        .await
        .expect(200)
        .text;
    assert!(
        team.contains("Who reports to Ruth Adler") && team.contains("<bdi>Priya Nair"),
        "{team}"
    );
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn a_place_is_renamed_moved_closed_and_opened_again() {
    let office = Office::start().await;
    let north = office.app.site("North", None).await;
    let leeds = office.app.site("Leeds", Some(north.id)).await;
    let path = format!("/places/{}", leeds.id);
    let fields = [
        ("name", "Leeds Station"),
        ("parent", ""),
        ("lead", ""),
        ("time_zone", ""),
        ("language", ""),
    ];
    office.send(&path, &fields).await.expect(303);
    let moved = office.at_path("Leeds Station").await;
    assert_eq!((moved.parent_id, moved.slug), (None, "leeds".to_owned()));
    let back = [("name", "Leeds"), ("parent", &*north.id.to_string())];
    office.send(&path, &back).await.expect(303);
    let above = format!("/places/{}", north.id);
    // What lies below is not among the places it may lie below.
    let page = office.page(&above).await.expect(200).text;
    assert!(!page.contains("<option value=\"North"), "{page}");
    let refused = office
        .send(&format!("{above}/close"), &[("do", "close")])
        .await
        .expect(422)
        .text;
    assert!(refused.contains("A place below is still open."), "{refused}");
    office
        .send(&format!("{path}/close"), &[("do", "close")])
        .await
        .expect(303);
    assert!(office.at_path("North / Leeds").await.closed_at.is_some());
    office.app.page("/thank/shop/leeds").await.expect(404);
    let list = office.page("/places").await.expect(200).text;
    let (_, closed) = list.split_once("id=\"closed\"").unwrap();
    assert!(closed.contains("North / Leeds"), "{list}");
    office
        .send(&format!("{path}/close"), &[("do", "reopen")])
        .await
        .expect(303);
    office.app.page("/thank/shop/leeds").await.expect(200);
    office
        .send(&format!("{path}/close"), &[("do", "burn")])
        .await
        .expect(400);
    office.app.end().await;
}

#[tokio::test]
async fn nothing_that_is_open_comes_below_a_closed_place_and_what_lies_there_stays() {
    let office = Office::start().await;
    let north = office.app.site("North", None).await;
    let leeds = office.app.site("Leeds", Some(north.id)).await;
    let (above, path) = (format!("/places/{}", north.id), format!("/places/{}", leeds.id));
    for closed in [&path, &above] {
        let close = [("do", "close")];
        office.send(&format!("{closed}/close"), &close).await.expect(303);
    }
    let north = north.id.to_string();
    let page = office.page(&path).await.expect(200).text;
    assert!(
        page.contains(&format!("<option value=\"{north}\" selected>North")),
        "{page}"
    );
    let renamed = [("name", "Leeds Station"), ("parent", &*north)];
    office.send(&path, &renamed).await.expect(303);
    office.at_path("North / Leeds Station").await;

    let refused = office.send(&format!("{path}/close"), &[("do", "reopen")]).await;
    let text = refused.expect(422).text;
    assert!(
        text.contains("The place above is closed. Open it again first"),
        "{text}"
    );
    let refused = office
        .app
        .post("/v1/sites", json!({"name": "York", "parent_id": north}))
        .await;
    let text = refused.expect(422).text;
    assert!(
        text.contains("the site \\\"North\\\" is closed; reopen it first"),
        "{text}"
    );
    assert_eq!(office.sites().await.len(), 2);
    office.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_a_place_is_said_beside_its_field_and_nothing_is_made() {
    let office = Office::start().await;
    office.app.site("Leeds", None).await;
    let long = "x".repeat(121);
    for (name, field, value, says) in [
        ("", "lead", "", "Please fill this in."),
        ("leeds / bar", "lead", "", "Leave out the stroke"),
        (&long, "lead", "", "That’s too long. Shorten it."),
        ("Leeds", "lead", "", "Another place there has this name."),
        ("York", "lead", "Nobody Here", "Nobody who works here"),
        ("York", "time_zone", "London", "Enter a time zone by its name"),
        ("York", "parent", "x", "Choose the place from the list."),
    ] {
        let refused = office
            .send("/places/add", &[("name", name), (field, value)])
            .await
            .expect(422)
            .text;
        assert!(refused.contains(says), "{says}: {refused}");
        let typed = format!("value=\"{name}\"");
        assert!(refused.contains(&typed), "what was typed stays: {refused}");
    }
    office
        .send("/places/add", &[("name", "York"), ("language", "xx")])
        .await
        .expect(400);
    assert_eq!(office.sites().await.len(), 1);
    office.app.end().await;
}

#[tokio::test]
async fn an_administrator_begins_with_the_first_steps_until_a_thank_you_was_heard() {
    let office = Office::start().await;
    let first = office.page("/").await.expect(303);
    assert_eq!(first.header("location"), "/first-steps");
    let page = office.page("/first-steps").await.expect(200).text;
    assert!(page.contains("0 of 7 steps are done."), "{page}");
    let leeds = office.app.site("Leeds", None).await.id;
    let ruth = office.app.person("Ruth", "Adler", Some(leeds), None).await.id;
    office.app.person("Priya", "Nair", Some(leeds), Some(ruth)).await;
    let page = office.page("/first-steps").await.expect(200).text;
    assert!(page.contains("2 of 7 steps are done."), "{page}");
    office.app.let_lead(leeds, ruth).await;
    let page = office.page("/first-steps").await.expect(200).text;
    assert!(page.contains("3 of 7 steps are done."), "{page}");
    assert!(!page.contains("Send me a link"), "mails go to a folder: {page}");
    let said =
        json!({ "text": "Priya was so kind and helpful, thank you Priya!", "staff_reference": "priya" });
    office.app.post("/v1/comments", said).await.expect(201);
    office.app.work().await;
    assert!(!office.app.mails().is_empty());
    let page = office.page("/first-steps").await.expect(200).text;
    assert!(
        page.contains("4 of 7 steps are done."),
        "a folder hears nothing: {page}"
    );
    let praise = office
        .app
        .get("/v1/recognitions")
        .await
        .expect(200)
        .at("/items/0/id");
    let path = format!("/desk/praise/{praise}/pass-on");
    let boss = office.app.sign_in_staff(ruth).await;
    office
        .app
        .form_as(&boss, &path, &[("how", "told")])
        .await
        .expect(303);
    let page = office.page("/first-steps").await.expect(200).text;
    assert!(page.contains("A first thank-you was heard."), "{page}");
    let first = office.page("/").await.expect(303);
    assert_eq!(first.header("location"), "/desk");
    let settings = office.page("/settings").await.expect(200).text;
    assert!(settings.contains("href=\"/first-steps\""), "{settings}");
    let nav = settings
        .split("<header")
        .nth(1)
        .unwrap()
        .split("</nav>")
        .next()
        .unwrap()
        .to_owned();
    assert!(
        nav.matches("<a ").count() <= 10 && nav.contains("href=\"/places\""),
        "{nav}"
    );
    for path in [
        "/roles",
        "/keys",
        "/jobs",
        "/held",
        "/channels",
        "/precision",
        "/team/join",
    ] {
        assert!(
            settings.contains(&format!("href=\"{path}\"")) && !nav.contains(path),
            "{path}: {settings}"
        );
    }
    office.app.end().await;
}
