//! The customer's receipt tells the truth, and lets them correct and withdraw.
use chrono::TimeDelta;
use entity::{comment, comment_revision, recognition};
use sea_orm::EntityTrait;

use crate::support::{Answer, TestApp, form::token_of};

/// Sends words through the form; the address of their receipt.
async fn thank(app: &TestApp, words: &str) -> String {
    let token = token_of(&app.page("/thank/shop").await.expect(200).text);
    let fields = [("token", token.as_str()), ("words", words)];
    app.send_form("/thank/shop", &fields)
        .await
        .expect(303)
        .header("location")
}

async fn comment(app: &TestApp) -> comment::Model {
    comment::Entity::find().one(app.db.read()).await.unwrap().unwrap()
}

/// The step under way, and those that have happened.
fn steps(page: &Answer) -> (Vec<String>, Vec<String>) {
    let (_, list) = page.text.split_once("<ol class=\"steps\">").unwrap();
    let items = list.split("</ol>").next().unwrap().split("<li").skip(1);
    let mut now = Vec::new();
    let mut done = Vec::new();
    for item in items {
        let title = item
            .split("<h3>")
            .nth(1)
            .unwrap()
            .split("</h3>")
            .next()
            .unwrap()
            .to_owned();
        match item {
            _ if item.starts_with(" class=\"now\"") => now.push(title),
            _ if item.starts_with(" class=\"next\"") => {}
            _ => done.push(title),
        }
    }
    (now, done)
}

const PRAISE: &str = "Priya Nair was so kind and helpful, thank you Priya!";

#[tokio::test]
async fn a_receipt_names_nobody_whom_the_customer_did_not_name() {
    let app = TestApp::start().await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    let receipt = thank(&app, "Priya was so kind and helpful, thank you Priya!").await;
    app.work().await;
    let page = app.page(&receipt).await.expect(200);
    for name in ["Nair", "Ruth", "Adler"] {
        assert!(!page.text.contains(name), "{}", page.text);
    }
    app.end().await;
}

const COMPLAINT: &str = "Terrible. The cashier was rude and slow.";
const WAITS: &str = "Not passed on yet";

/// The page without what differs from receipt to receipt: its own address, the customer's words and when they came.
fn without(page: &Answer, receipt: &str, words: &str) -> String {
    let text = page.text.replace(receipt, "/r/…").replace(words, "…");
    let mut parts = text.split("<time datetime=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once("</time>").unwrap().1)
}

/// Whoever asks whether somebody works here, and where, hears nothing: not by what is found, not by whom it is told.
#[tokio::test]
async fn receipts_of_people_on_and_off_the_roster_cannot_be_told_apart() {
    let app = TestApp::start().await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    let said = |name: &str| format!("{name} was absolutely wonderful to us today.");
    let all = [
        said("Priya Nair"),
        said("Xenia Tarr"),
        said("Priya Tarr"),
        said("Nobody at all"),
        COMPLAINT.to_owned(),
        "I parked behind the building.".to_owned(),
    ];
    let mut receipts = Vec::new();
    for words in &all {
        receipts.push(thank(&app, words).await);
    }
    for language in ["", "?lang=de"] {
        let mut seen = Vec::new();
        for (receipt, words) in receipts.iter().zip(&all) {
            let page = app.page(&format!("{receipt}{language}")).await.expect(200);
            seen.push(without(&page, receipt, words));
        }
        app.settle().await;
        for (receipt, words) in receipts.iter().zip(&all) {
            let page = app.page(&format!("{receipt}{language}")).await.expect(200);
            seen.push(without(&page, receipt, words));
        }
        for other in &seen[1..] {
            assert_eq!(&seen[0], other);
            assert_eq!(seen[0].len(), other.len());
        }
    }
    assert!(
        !app.mails().is_empty(),
        "somebody was told, and the receipts say nothing of it"
    );
    app.advance(TimeDelta::days(14));
    for receipt in &receipts {
        let page = app.page(receipt).await.expect(200);
        assert_eq!(steps(&page).0, ["Kept"]);
        assert!(page.text.contains("Add a name or a place"), "{}", page.text);
    }
    app.end().await;
}

/// The table of issue 10: what a person does is said, each as soon as it is done.
#[tokio::test]
async fn a_receipt_says_what_a_person_decided_and_that_it_is_dealt_with() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let lead = app.person("Ruth", "Adler", Some(leeds.id), None).await;
    app.let_lead(leeds.id, lead.id).await;
    let token = token_of(&app.page("/thank/shop/leeds").await.expect(200).text);
    let fields = [("token", token.as_str()), ("words", COMPLAINT)];
    let sent = app.send_form("/thank/shop/leeds", &fields).await.expect(303);
    let receipt = sent.header("location");
    app.work().await;
    assert_eq!(
        steps(&app.page(&receipt).await),
        (vec![WAITS.to_owned()], vec!["Received".to_owned()])
    );
    let id = comment(&app).await.id;
    let ruth = app.sign_in_staff(lead.id).await;
    app.form_as(&ruth, &format!("/desk/comment/{id}/handled"), &[])
        .await
        .expect(303);
    let dealt_with = "Someone at Leeds has dealt with it";
    assert_eq!(steps(&app.page(&receipt).await).1, ["Received", dealt_with]);
    app.form_as(&ruth, &format!("/desk/comment/{id}/handled/undo"), &[])
        .await
        .expect(303);
    assert_eq!(steps(&app.page(&receipt).await).0, [WAITS]);
    app.end().await;
}

#[tokio::test]
async fn a_decision_of_a_person_is_said_to_be_looking_into_it() {
    let mut app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await;
    app.person_with_id("tarr", "Priya", "Tarr", None, None).await;
    let receipt = thank(&app, "Priya was so kind and helpful, thank you Priya!").await;
    app.work().await;
    assert_eq!(steps(&app.page(&receipt).await).0, [WAITS]);
    let id = comment(&app).await.id;
    let credit = serde_json::json!({ "decision": "credit", "staff": [priya.id] });
    app.post(&format!("/v1/triage/{id}/decisions"), credit)
        .await
        .expect(200);
    let looks = "Someone at SHOP is looking into it";
    assert_eq!(steps(&app.page(&receipt).await).1, ["Received", looks]);
    app.end_with_jobs().await;
}

#[tokio::test]
async fn corrected_words_are_a_revision_that_is_read_afresh() {
    let app = TestApp::start().await;
    app.person("Priya", "Nair", None, None).await;
    let receipt = thank(&app, "I parked behind the building.").await;
    app.work().await;
    let correction = [("words", "Priya Nair was so kind and helpful, thank you Priya!")];
    let saved = app
        .send_form(&format!("{receipt}/correct"), &correction)
        .await
        .expect(303);
    let page = app.page(&saved.header("location")).await.expect(200);
    assert!(
        page.text.contains("Saved. We’re reading your new version."),
        "{}",
        page.text
    );
    assert_eq!(steps(&page).0, [WAITS]);
    app.work().await;
    assert_eq!(steps(&app.page(&receipt).await).0, [WAITS]);
    assert_eq!(comment(&app).await.revision, 2);
    app.end().await;
}

#[tokio::test]
async fn a_correction_keeps_everything_that_was_said_with_the_words() {
    let app = TestApp::start().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    let fields = [
        ("token", token.as_str()),
        ("words", "Kind."),
        ("who", "Priya"),
        ("score", "4"),
        ("name", "Tom"),
        ("consent", "anyone"),
        ("when", "noon"),
    ];
    let receipt = app
        .send_form("/thank/shop", &fields)
        .await
        .expect(303)
        .header("location");
    app.send_form(&format!("{receipt}/correct"), &[("words", "Kind, twice.")])
        .await
        .expect(303);
    let mut all = comment_revision::Entity::find().all(app.db.read()).await.unwrap();
    all.sort_by_key(|revision| revision.number);
    let [first, second] = &all[..] else {
        panic!("two revisions")
    };
    let like_first = comment_revision::Model {
        id: first.id,
        number: 1,
        text: first.text.clone(),
        revised_at: first.revised_at,
        received_at: first.received_at,
        ..second.clone()
    };
    assert_eq!(&like_first, first);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_correction_that_cannot_be_kept_comes_back_and_changes_nothing() {
    let app = TestApp::start_with("[limits]\nform_per_minute = 1").await;
    let receipt = thank(&app, "Priya was kind.").await;
    let correct = format!("{receipt}/correct");
    let long = "z".repeat(4001);
    let blank = app.send_form(&correct, &[("words", " ")]).await.expect(422);
    assert!(blank.text.contains("Write what they did.") && blank.text.contains("<details open>"));
    let too_long = app.send_form(&correct, &[("words", &long)]).await.expect(422);
    assert!(too_long.text.contains(&long));
    let refused = app
        .send_form(&correct, &[("words", "Ruth was kind.")])
        .await
        .expect(429);
    assert!(refused.text.contains("Ruth was kind."));
    assert_eq!(comment(&app).await.revision, 1);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn words_taken_back_are_gone_and_so_is_what_they_earned() {
    let app = TestApp::start().await;
    app.person("Priya", "Nair", None, None).await;
    let receipt = thank(&app, "Priya Nair was so kind and helpful, thank you Priya!").await;
    app.work().await;
    let taken = app
        .send_form(&format!("{receipt}/withdraw"), &[])
        .await
        .expect(303);
    assert_eq!(taken.header("location"), receipt);
    let page = app.page(&receipt).await.expect(200);
    assert!(page.text.contains("You deleted your message."), "{}", page.text);
    assert!(!page.text.contains("so kind") && !page.text.contains("/correct"));
    let [recognition] = &recognition::Entity::find().all(app.db.read()).await.unwrap()[..] else {
        panic!("one recognition")
    };
    assert!(recognition.withdrawn_at.is_some());
    let correction = [("words", "Priya was kind after all.")];
    app.send_form(&format!("{receipt}/correct"), &correction)
        .await
        .expect(303);
    app.send_form(&format!("{receipt}/withdraw"), &[])
        .await
        .expect(303);
    assert_eq!(comment(&app).await.revision, 1);
    app.end().await;
}

#[tokio::test]
async fn words_that_the_organisation_erased_are_not_said_to_be_taken_back() {
    let app = TestApp::start().await;
    let receipt = thank(&app, "Priya was kind.").await;
    let id = comment(&app).await.id;
    let path = format!("/v1/comments/{id}");
    app.call(poem::http::Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    let page = app.page(&receipt).await.expect(200);
    assert!(page.text.contains("Your message was erased."), "{}", page.text);
    assert!(!page.text.contains("You deleted"));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_receipt_works_for_as_long_as_it_says() {
    let app = TestApp::start().await;
    let receipt = thank(&app, "Priya was kind.").await;
    app.work().await;
    let page = app.page(&receipt).await.expect(200);
    assert!(
        page.text.contains("it works until 19 February 2027"),
        "{}",
        page.text
    );
    app.advance(TimeDelta::days(90) - TimeDelta::seconds(1));
    app.page(&receipt).await.expect(200);
    app.advance(TimeDelta::seconds(1));
    let over = app.page(&receipt).await.expect(410);
    assert!(over.text.contains("This link no longer works.") && !over.text.contains("kind"));
    app.send_form(&format!("{receipt}/withdraw"), &[])
        .await
        .expect(410);
    app.end().await;
}

#[tokio::test]
async fn a_receipt_is_seen_by_nobody_but_its_reader() {
    let app = TestApp::start().await;
    let receipt = thank(&app, "Priya was kind.").await;
    let page = app.page(&receipt).await.expect(200);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-robots-tag"), "noindex, nofollow");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.text.contains("name=\"referrer\""));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_comment_that_came_another_way_has_no_receipt() {
    let app = TestApp::start().await;
    app.post(
        "/v1/comments",
        serde_json::json!({ "text": "Priya was kind.", "external_id": "r-1" }),
    )
    .await
    .expect(201);
    assert_eq!(comment(&app).await.receipt_hash, None);
    app.work().await;
    app.end().await;
}

/// What is on the receipt is done by clicks on the desk and in the feed, never by the test.
#[tokio::test]
async fn the_receipt_says_passed_on_and_shows_the_answer_only_once_both_happened() {
    let app = TestApp::start().await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    let priya = app.person("Priya", "Nair", None, Some(boss.id)).await;
    let receipt = thank(&app, "Priya was so kind and helpful, thank you Priya!").await;
    app.work().await;
    let (ruth, priya) = (
        app.sign_in_staff(boss.id).await,
        app.sign_in_staff(priya.id).await,
    );
    let praise = recognition::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    let (desk, feed) = (
        format!("/desk/praise/{}", praise.id),
        format!("/feed/praise/{}", praise.id),
    );
    let send = async |cookie: &str, path: String, fields: &[(&str, &str)]| {
        app.form_as(cookie, &path, fields).await.expect(303);
        app.page(&receipt).await.expect(200)
    };
    assert_eq!(steps(&app.page(&receipt).await).1, ["Received"]);
    let note = [("how", "told"), ("note", "She beamed.")];
    let page = send(&ruth, format!("{desk}/pass-on"), &note).await;
    assert_eq!(steps(&page).1, ["Received", "Passed on"]);
    assert!(page.text.contains("Your words have been heard.") && page.text.contains("She beamed."));
    assert!(
        !page.text.contains("Nair") && !page.text.contains("Adler"),
        "{}",
        page.text
    );
    let page = send(&ruth, format!("{desk}/undo"), &[]).await;
    assert_eq!(steps(&page).1, ["Received"]);
    assert!(!page.text.contains("She beamed."), "{}", page.text);
    let page = send(
        &priya,
        format!("{feed}/answer"),
        &[("answer", "That made my day.")],
    )
    .await;
    assert!(page.text.contains("That made my day."), "{}", page.text);
    let page = send(&ruth, format!("{desk}/pass-on"), &[("how", "told")]).await;
    assert!(page.text.contains("Priya replied"), "{}", page.text);
    let page = send(&priya, format!("{feed}/answer/take-back"), &[]).await;
    assert!(!page.text.contains("That made my day."), "{}", page.text);
    assert_eq!(steps(&page).1, ["Received", "Passed on"]);
    app.end().await;
}

/// What becomes of the mail is not for strangers: it would tell whose address takes mail.
#[tokio::test]
async fn what_is_sent_to_the_person_is_passed_on_as_soon_as_the_manager_did_so() {
    let app = TestApp::start().await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    let receipt = thank(&app, PRAISE).await;
    app.work().await;
    let ruth = app.sign_in_staff(boss.id).await;
    let praise = recognition::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    let pass_on = format!("/desk/praise/{}/pass-on", praise.id);
    app.form_as(&ruth, &pass_on, &[("how", "sent")]).await.expect(303);
    assert_eq!(steps(&app.page(&receipt).await).1, ["Received", "Passed on"]);
    app.settle().await;
    assert_eq!(steps(&app.page(&receipt).await).1, ["Received", "Passed on"]);
    app.end().await;
}
