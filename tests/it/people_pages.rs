//! People by page: found, added, changed, moved from a day on, given a last day.
use chrono::NaiveDate;
use entity::{assignment, staff_member};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use poem::http::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::support::office::Office;

impl Office {
    async fn by_number(&self, employee_id: &str) -> Option<staff_member::Model> {
        staff_member::Entity::find()
            .filter(staff_member::Column::EmployeeId.eq(employee_id))
            .one(self.app.db.read())
            .await
            .unwrap()
    }

    async fn work_of(&self, person: &staff_member::Model) -> Vec<assignment::Model> {
        assignment::Entity::find()
            .filter(assignment::Column::StaffId.eq(person.id))
            .order_by_asc(assignment::Column::StartsOn)
            .all(self.app.db.read())
            .await
            .unwrap()
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn people_are_found_by_parts_of_names_and_by_their_number() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    let ruth = office
        .app
        .person_with_id("e1", "Ruth", "Adler", Some(leeds), None)
        .await;
    office
        .app
        .person_with_id("e2", "Jürgen", "Özil", Some(leeds), Some(ruth.id))
        .await;
    let all = office.page("/people").await.expect(200).text;
    assert!(
        all.contains("<bdi>Ruth Adler") && all.contains("<bdi>Jürgen Özil"),
        "{all}"
    );
    for found in ["özil", "Öz", "jürg öz", "E2"] {
        let query = utf8_percent_encode(found, NON_ALPHANUMERIC);
        let page = office.page(&format!("/people?q={query}")).await.expect(200).text;
        assert!(
            page.contains("<bdi>Jürgen Özil") && !page.contains("<bdi>Ruth Adler"),
            "{found}: {page}"
        );
    }
    let nobody = office.page("/people?q=100%25").await.expect(200).text;
    assert!(nobody.contains("Nothing was found."), "{nobody}");
    let without = office.page("/people?show=without_manager").await.expect(200).text;
    assert!(
        without.contains("<bdi>Ruth Adler") && !without.contains("<bdi>Jürgen Özil"),
        "{without}"
    );
    office.app.end().await;
}

#[tokio::test]
async fn the_list_turns_its_pages_and_shows_everybody_once() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    for number in 0..103 {
        let family = format!("Fam{}", number % 7);
        office
            .app
            .person_with_id(&format!("n{number}"), "Kim", &family, Some(leeds), None)
            .await;
    }
    let (mut path, mut seen) = ("/people".to_owned(), Vec::new());
    loop {
        let page = office.page(&path).await.expect(200).text;
        seen.extend(
            page.split("<h2><a href=\"/people/")
                .skip(1)
                .map(|rest| rest[..36].to_owned()),
        );
        let Some((_, rest)) = page.split_once("<p><a href=\"/people?") else {
            break;
        };
        path = format!(
            "/people?{}",
            rest.split('"')
                .next()
                .unwrap()
                .replace("&amp;", "&")
                .replace("&#x3D;", "=")
        );
    }
    assert_eq!(seen.len(), 103);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 103);
    office.app.end().await;
}

#[tokio::test]
async fn whatever_is_wrong_with_somebody_new_is_said_at_once() {
    let office = Office::start().await;
    let fields = [
        ("employee_id", ""),
        ("email", "priya@"),
        ("site", ""),
        ("manager", "Nobody Here"),
        ("from", "soon"),
    ];
    let refused = office.send("/people/add", &fields).await.expect(422).text;
    for says in [
        "Something is missing in the email address.",
        "Choose the place from the list.",
        "Nobody who works here has that name or number.",
        "That date doesn’t look right.",
    ] {
        assert!(refused.contains(says), "{says}: {refused}");
    }
    assert_eq!(refused.matches("Please fill this in.").count(), 2, "{refused}");
    office.app.end().await;
}

#[tokio::test]
async fn somebody_is_added_with_where_they_work_or_not_at_all() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    let ruth = office
        .app
        .person_with_id("e1", "Ruth", "Adler", Some(leeds), None)
        .await;
    office
        .app
        .person_with_id("e3", "Sam", "Park", Some(leeds), None)
        .await;
    office
        .app
        .person_with_id("e4", "Sam", "Park", Some(leeds), None)
        .await;
    let new = |manager: &'static str, number: &'static str, site: &'static str| {
        vec![
            ("employee_id", number),
            ("given_name", "Priya"),
            ("family_name", "Nair"),
            ("aliases", "Pri, 114"),
            ("site", site),
            ("job_title", "Barista"),
            ("manager", manager),
            ("from", "2026-11-01"),
        ]
    };
    for (fields, says) in [
        (new("Sam Park", "e9", "Leeds"), "Several people have that name."),
        (
            new("Nobody Here", "e9", "Leeds"),
            "Nobody who works here has that name or number.",
        ),
        (new("Ruth Adler", "e1", "Leeds"), "Someone else has this number."),
        (new("Ruth Adler", "e9", ""), "Choose the place from the list."),
        (new("Ruth Adler", "", "Leeds"), "Please fill this in."),
    ] {
        let refused = office.send("/people/add", &fields).await.expect(422).text;
        assert!(refused.contains(says), "{says}: {refused}");
        assert!(
            refused.contains("value=\"Pri, 114\""),
            "what was typed stays: {refused}"
        );
    }
    assert!(office.by_number("e9").await.is_none());
    office
        .send("/people/add", &new("ruth adler", "e9", "Leeds"))
        .await
        .expect(303);
    let priya = office.by_number("e9").await.unwrap();
    assert_eq!(priya.aliases.0, ["Pri", "114"]);
    let work = office.work_of(&priya).await;
    assert_eq!(work.len(), 1);
    assert_eq!(
        (work[0].site_id, work[0].manager_id),
        (Some(leeds), Some(ruth.id))
    );
    assert_eq!(work[0].starts_on, day("2026-11-01"));
    office.app.end().await;
}

#[tokio::test]
async fn a_move_keeps_what_was_before_and_a_last_day_can_be_taken_back() {
    let office = Office::start().await;
    let (leeds, york) = (
        office.app.site("Leeds", None).await.id,
        office.app.site("York", None).await.id,
    );
    let ruth = office
        .app
        .person_with_id("e1", "Ruth", "Adler", Some(leeds), None)
        .await;
    let priya = office
        .app
        .person_with_id("e2", "Priya", "Nair", Some(leeds), Some(ruth.id))
        .await;
    let own = format!("/people/{}", priya.id);
    let page = office.page(&own).await.expect(200).text;
    for kept in ["value=\"Leeds\" selected", "value=\"e1\""] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    let moved = [
        ("site", "York"),
        ("manager", "e1"),
        ("job_title", "Lead"),
        ("from", "2026-12-01"),
    ];
    office.send(&format!("{own}/work"), &moved).await.expect(303);
    let work = office.work_of(&priya).await;
    let old = work.iter().find(|row| row.site_id == Some(leeds)).unwrap();
    let new = work.iter().find(|row| row.site_id == Some(york)).unwrap();
    assert_eq!(old.ends_on, day("2026-11-30"));
    assert_eq!((new.starts_on, new.ends_on), (day("2026-12-01"), None));
    let circle = [("site", "York"), ("manager", "e2"), ("from", "2026-12-01")];
    let refused = office
        .send(&format!("/people/{}/work", ruth.id), &circle)
        .await
        .expect(422);
    assert!(
        refused.text.contains("That person reports to them."),
        "{}",
        refused.text
    );
    office
        .send(&format!("{own}/work"), &[("site", "York")])
        .await
        .expect(422);
    office
        .send(&format!("{own}/last-day"), &[("last_day", "2026-12-31")])
        .await
        .expect(303);
    assert_eq!(office.by_number("e2").await.unwrap().ends_on, day("2026-12-31"));
    office
        .send(&format!("{own}/last-day"), &[("last_day", "soon")])
        .await
        .expect(422);
    office
        .send(&format!("{own}/last-day"), &[("last_day", "")])
        .await
        .expect(303);
    assert_eq!(office.by_number("e2").await.unwrap().ends_on, None);
    office.app.end().await;
}

#[tokio::test]
async fn names_and_addresses_are_changed_and_a_bad_address_changes_nothing() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    let priya = office
        .app
        .person_with_id("e2", "Priya", "Nair", Some(leeds), None)
        .await;
    let own = format!("/people/{}", priya.id);
    let fields = |email: &'static str| {
        [
            ("given_name", "Priya"),
            ("family_name", "Nair-Hall"),
            ("preferred_name", "Pri"),
            ("email", email),
        ]
    };
    let refused = office.send(&own, &fields("priya@")).await.expect(422);
    assert!(
        refused
            .text
            .contains("Something is missing in the email address."),
        "{}",
        refused.text
    );
    assert_eq!(office.by_number("e2").await.unwrap().family_name, "Nair");
    office.send(&own, &fields("priya@example.org")).await.expect(303);
    let saved = office.by_number("e2").await.unwrap();
    assert_eq!(saved.family_name, "Nair-Hall");
    assert_eq!(saved.preferred_name.as_deref(), Some("Pri"));
    assert_eq!(saved.email.as_deref(), Some("priya@example.org"));
    office.app.end().await;
}

/// A move that is sent twice is one; one before a planned one ends when that begins; and a closed place keeps its name.
#[tokio::test]
async fn moves_never_overlap_and_lead_out_of_a_place_that_is_closed() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    office.app.site("York", None).await;
    office.app.site("Hull", None).await;
    let priya = office
        .app
        .person_with_id("e2", "Priya", "Nair", Some(leeds), None)
        .await;
    office
        .app
        .call(
            Method::PATCH,
            &format!("/v1/sites/{leeds}"),
            Some(&office.app.key),
            Some(serde_json::json!({ "closed": true })),
        )
        .await
        .expect(200);
    let own = format!("/people/{}", priya.id);
    let page = office.page(&own).await.expect(200).text;
    assert!(page.contains("Leeds") && !page.contains("Everywhere"), "{page}");
    for (site, from) in [
        ("York", "2026-12-10"),
        ("York", "2026-12-10"),
        ("Hull", "2026-12-01"),
    ] {
        let moved = [("site", site), ("manager", ""), ("job_title", ""), ("from", from)];
        office.send(&format!("{own}/work"), &moved).await.expect(303);
    }
    let mut days: Vec<_> = office
        .work_of(&priya)
        .await
        .into_iter()
        .map(|row| (row.starts_on, row.ends_on))
        .collect();
    days.sort();
    assert_eq!(
        days,
        [
            (None, day("2026-11-30")),
            (day("2026-12-01"), day("2026-12-09")),
            (day("2026-12-10"), None)
        ]
    );
    office.app.end().await;
}

#[tokio::test]
async fn whoever_left_is_found_from_the_list_of_those_who_are_here() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    let gone = office
        .app
        .person_with_id("e1", "Ruth", "Adler", Some(leeds), None)
        .await;
    let yesterday = crate::support::noon().date_naive() - chrono::TimeDelta::days(1);
    office.app.leaves(gone.id, yesterday).await;
    let page = office.page("/people?q=adler").await.expect(200).text;
    assert!(
        page.contains("Nobody here by that name; one under “Left”.") && page.contains("show&#x3D;left"),
        "{page}"
    );
    let left = office.page("/people?q=adler&show=left").await.expect(200).text;
    assert!(left.contains("<bdi>Ruth Adler"), "{left}");
    let nobody = office.page("/people?q=quill").await.expect(200).text;
    assert!(nobody.contains("Nothing was found."), "{nobody}");
    office.app.end().await;
}

#[tokio::test]
async fn a_last_day_says_what_follows_and_who_is_left_without_a_manager() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    let ruth = office
        .app
        .person_with_id("e1", "Ruth", "Adler", Some(leeds), None)
        .await;
    for number in ["e2", "e3"] {
        office
            .app
            .person_with_id(number, "Kim", number, Some(leeds), Some(ruth.id))
            .await;
    }
    let path = format!("/people/{}", ruth.id);
    let page = office.page(&path).await.expect(200).text;
    assert!(
        page.contains("2 people report to Ruth Adler.")
            && page.contains(&format!("/people?manager&#x3D;{}", ruth.id)),
        "{page}"
    );
    let sent = office
        .send(&format!("{path}/last-day"), &[("last_day", "2026-12-31")])
        .await
        .expect(303);
    let page = office.page(&sent.header("location")).await.expect(200).text;
    assert!(
        page.contains("Ruth Adler: last day 31 December 2026.")
            || page.contains("Ruth Adler: last day 31 December."),
        "{page}"
    );
    assert!(page.contains("until 31 March 2027."), "{page}");
    let stays = office
        .send(&format!("{path}/last-day"), &[("last_day", "")])
        .await
        .expect(303);
    assert_eq!(stays.header("location"), format!("{path}?saved"));
    office.app.end().await;
}

#[tokio::test]
async fn an_address_of_two_people_is_said_on_their_pages() {
    let office = Office::start().await;
    let mut made = Vec::new();
    for (number, name) in [("e1", "Ruth"), ("e2", "Priya")] {
        let body =
            serde_json::json!({ "employee_id": number, "given_name": name, "email": "Till@example.org" });
        made.push(office.app.post("/v1/staff", body).await.expect(201).at("/id"));
    }
    let page = office
        .page(&format!("/people/{}", made[0]))
        .await
        .expect(200)
        .text;
    assert!(
        page.contains("The same address is given for others.") && page.contains("<bdi>Priya</bdi>"),
        "{page}"
    );
    office.app.end().await;
}
