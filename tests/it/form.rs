//! The public form, as a browser without a script sends it.
use entity::{comment, comment_revision};
use sea_orm::EntityTrait;

use crate::support::{Answer, TestApp, form::token_of};

async fn comments(app: &TestApp) -> Vec<comment::Model> {
    comment::Entity::find().all(app.db.read()).await.unwrap()
}

async fn revisions(app: &TestApp) -> Vec<comment_revision::Model> {
    comment_revision::Entity::find().all(app.db.read()).await.unwrap()
}

/// Opens the form and sends it filled in.
async fn thank(app: &TestApp, fields: &[(&str, &str)]) -> Answer {
    let token = token_of(&app.page("/thank/shop").await.expect(200).text);
    let mut all = vec![("token", token.as_str())];
    all.extend(fields);
    app.send_form("/thank/shop", &all).await
}

#[tokio::test]
async fn words_alone_are_enough_and_lead_to_their_receipt() {
    let app = TestApp::start().await;
    let sent = thank(&app, &[("words", "Priya was kind.\r\nTwice.")])
        .await
        .expect(303);
    let receipt = sent.header("location");
    assert!(receipt.starts_with("/r/") && receipt.len() == 46, "{receipt}");
    let shown = app.page(&receipt).await.expect(200);
    assert!(
        shown.text.contains("Thank you. SHOP has received your message."),
        "{}",
        shown.text
    );
    assert!(shown.text.contains("Priya was kind.\nTwice."));
    let [words] = &revisions(&app).await[..] else {
        panic!("one revision")
    };
    assert_eq!(words.text.as_deref(), Some("Priya was kind.\nTwice."));
    assert_eq!(words.consent, "staff");
    assert!(words.author.is_none() && words.hint.is_none() && words.score_value.is_none());
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_comment_and_leads_to_one_page() {
    let app = TestApp::start().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    let fields = [("token", token.as_str()), ("words", "Priya was kind.")];
    let first = app.send_form("/thank/shop", &fields).await.expect(303);
    let second = app.send_form("/thank/shop", &fields).await.expect(303);
    assert_eq!(
        second.header("location"),
        format!("{}?again", first.header("location"))
    );
    assert_eq!(comments(&app).await.len(), 1);
    let shown = app.page(&second.header("location")).await.expect(200);
    assert!(
        shown
            .text
            .contains("We already had this message, so we kept one copy.")
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_form_sent_again_with_other_words_is_a_correction() {
    let app = TestApp::start().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    let send = async |words, consent| {
        let fields = [("token", token.as_str()), ("words", words), ("consent", consent)];
        app.send_form("/thank/shop", &fields)
            .await
            .expect(303)
            .header("location")
    };
    send("Priya was kind.", "anyone").await;
    assert!(
        send("Priya was very kind.", "anyone")
            .await
            .ends_with("?corrected")
    );
    assert!(
        send("Priya was very kind.", "only_them")
            .await
            .ends_with("?corrected")
    );
    let [comment] = &comments(&app).await[..] else {
        panic!("one comment")
    };
    assert_eq!(comment.revision, 3);
    let last = revisions(&app).await.into_iter().find(|r| r.number == 3).unwrap();
    assert_eq!(
        (last.text.as_deref(), &*last.consent),
        (Some("Priya was very kind."), "staff")
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn everything_that_may_be_said_with_the_words_is_kept_with_them() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let fields = [
        ("words", "She found my keys."),
        ("site", "leeds"),
        ("who", " Priya "),
        ("when", "20.11.2026"),
        ("score", "5"),
        ("name", "Tom O'Brien"),
        ("email", "tom@example.org"),
        ("consent", "colleagues"),
    ];
    thank(&app, &fields).await.expect(303);
    let [words] = &revisions(&app).await[..] else {
        panic!("one revision")
    };
    let author = words.author.clone().unwrap();
    assert_eq!(words.site_id, Some(leeds.id));
    assert_eq!(words.hint.as_deref(), Some("Priya"));
    assert_eq!(words.metadata, Some(serde_json::json!({ "when": "20.11.2026" })));
    assert_eq!(
        (words.score_value, words.score_scale.as_deref()),
        (Some(5.0), Some("stars"))
    );
    assert_eq!(author.name.as_deref(), Some("Tom O'Brien"));
    assert_eq!(author.contact.as_deref(), Some("tom@example.org"));
    assert_eq!(words.consent, "colleagues");
    let occurred = comments(&app).await[0].occurred_at;
    assert_eq!(occurred.to_rfc3339(), "2026-11-20T12:00:00+00:00");
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_name_in_the_hint_says_who_is_praised_at_the_site_of_the_address() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let priya = app.person("Priya", "Nair", Some(leeds.id), None).await;
    let token = token_of(&app.page("/thank/shop/leeds").await.expect(200).text);
    let fields = [
        ("token", token.as_str()),
        ("words", "She was so kind and helpful, thank you!"),
        ("who", "Priya Nair"),
    ];
    app.send_form("/thank/shop/leeds", &fields).await.expect(303);
    app.work().await;
    let [comment] = &comments(&app).await[..] else {
        panic!("one comment")
    };
    assert_eq!(comment.site_id, Some(leeds.id));
    let verdicts = app.get(&format!("/v1/comments/{}/verdicts", comment.id)).await;
    assert_eq!(verdicts.at("/items/0/staff_id"), priya.id.to_string());
    app.end().await;
}

#[tokio::test]
async fn words_that_cannot_be_kept_come_back_with_all_that_was_typed() {
    let app = TestApp::start().await;
    let long = "x".repeat(4001);
    let kept = [
        ("", "Write what they did.", ""),
        (" \n\u{200b} ", "Write what they did.", ""),
        (&long, "4,000 characters at most", &long),
        ("a\0b", "couldn’t read the characters", "a\u{fffd}b"),
    ];
    for (words, problem, shown) in kept {
        let answer = thank(&app, &[("words", words), ("who", "Priya"), ("consent", "anyone")])
            .await
            .expect(422);
        assert!(answer.text.contains(problem), "{words:.20}: {}", answer.text);
        assert!(answer.text.contains(shown), "{words:.20}");
        assert!(answer.text.contains("value=\"Priya\""));
        assert!(answer.text.contains("value=\"anyone\" checked"));
    }
    assert!(comments(&app).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn letters_that_are_no_utf_8_are_shown_and_not_kept() {
    let app = TestApp::start().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    for words in [&b"words=caf%E9"[..], b"words=caf\xe9"] {
        let body = [format!("token={token}&").as_bytes(), words].concat();
        let answer = app.send_body("/thank/shop", body).await.expect(422);
        assert!(answer.text.contains("caf\u{fffd}"), "{}", answer.text);
    }
    assert!(comments(&app).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once_with_a_link_to_it() {
    let app = TestApp::start().await;
    app.site("Leeds", None).await;
    let long = "y".repeat(300);
    let fields = [
        ("words", ""),
        ("site", "atlantis"),
        ("who", &long),
        ("when", "2031-01-01"),
        ("score", "6"),
        ("name", &long),
        ("email", "tom@"),
    ];
    let answer = thank(&app, &fields).await.expect(422);
    for field in ["words", "site", "who", "when", "score", "name", "email"] {
        assert!(answer.text.contains(&format!("<a href=\"#{field}\">")), "{field}");
        assert!(answer.text.contains(&format!("id=\"{field}-err\"")), "{field}");
    }
    assert!(answer.text.contains("<details class=\"field\" open>"));
    assert!(comments(&app).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn too_many_forms_from_one_address_come_back_with_their_words() {
    let app = TestApp::start_with("[limits]\nform_per_minute = 1\nheld_per_minute = 1").await;
    for _ in 0..2 {
        thank(&app, &[("words", "Priya was kind.")]).await.expect(303);
    }
    let answer = thank(&app, &[("words", "Ruth was kind.")]).await.expect(429);
    assert!(answer.text.contains("Ruth was kind."), "{}", answer.text);
    assert!(answer.text.contains("wait half a minute"));
    assert_eq!(answer.header("retry-after"), "30");
    assert_eq!(comments(&app).await.len(), 2);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn every_visitor_gets_a_token_of_their_own_that_no_cache_keeps() {
    let app = TestApp::start().await;
    let (one, other) = (app.page("/thank/shop").await, app.page("/thank/shop").await);
    assert_ne!(token_of(&one.text), token_of(&other.text));
    assert_eq!(one.header("cache-control"), "no-store");
    app.end().await;
}

#[tokio::test]
async fn the_same_token_sent_to_two_organisations_makes_a_comment_in_each() {
    let app = TestApp::start().await;
    app.other_organisation().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    let fields = [("token", token.as_str()), ("words", "Priya was kind.")];
    let ours = app.send_form("/thank/shop", &fields).await.expect(303);
    let theirs = app.send_form("/thank/other", &fields).await.expect(303);
    assert_ne!(ours.header("location"), theirs.header("location"));
    assert_eq!(comments(&app).await.len(), 2);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn the_form_lists_sites_but_never_staff() {
    let app = TestApp::start().await;
    let north = app.site("North", None).await;
    let leeds = app.site("Leeds", Some(north.id)).await;
    app.person("Priya", "Nair", Some(leeds.id), None).await;
    let form = app.page("/thank/shop").await.expect(200);
    assert!(
        form.text.contains("<option value=\"leeds\">Leeds</option>"),
        "{}",
        form.text
    );
    assert!(!form.text.contains("Priya") && !form.text.contains("Nair"));
    let at_leeds = app.page("/thank/shop/leeds").await.expect(200);
    assert!(at_leeds.text.contains("Leeds") && !at_leeds.text.contains("<option value=\"leeds\""));
    app.end().await;
}

#[tokio::test]
async fn a_form_of_nobody_is_a_page_that_says_so() {
    let app = TestApp::start().await;
    for path in [
        "/thank/nobody",
        "/thank/shop/atlantis",
        "/thank",
        "/r/unknown",
        "/nothing/here",
    ] {
        let answer = app.page(path).await.expect(404);
        assert_eq!(
            answer.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        assert!(
            answer.text.contains("There is no page at this address."),
            "{path}"
        );
    }
    let lost = app.page("/thank/shop/atlantis").await;
    assert!(lost.text.contains("href=\"/thank/shop\""));
    app.end().await;
}

#[tokio::test]
async fn a_paused_form_takes_nothing_in() {
    let app = TestApp::start().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    app.pause_source("form").await;
    app.page("/thank/shop").await.expect(410);
    let fields = [("token", token.as_str()), ("words", "Priya was kind.")];
    app.send_form("/thank/shop", &fields).await.expect(410);
    assert!(comments(&app).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn what_is_no_form_and_what_is_too_much_is_answered_by_a_page() {
    let app = TestApp::start().await;
    let request = app.web().post("/thank/shop").content_type("application/json");
    let answer = Answer::read(request.body("{}").send().await).await.expect(415);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let answer = app
        .send_body("/thank/shop", "w".repeat(1_048_577))
        .await
        .expect(413);
    assert!(answer.text.contains("That’s too long."), "{}", answer.text);
    app.end().await;
}

#[tokio::test]
async fn the_form_speaks_the_visitor_s_language_and_keeps_the_one_they_chose() {
    let app = TestApp::start().await;
    let request = app
        .web()
        .get("/thank/shop")
        .header("accept-language", "de-AT,en;q=0.5");
    let german = Answer::read(request.send().await).await.expect(200);
    for (header, code, asked) in [
        ("fr-CA, fr;q=0.9", "fr", "Qui s’est bien occupé de vous"),
        ("es-MX, es;q=0.9, en;q=0.5", "es", "¿Quién le atendió bien"),
    ] {
        let request = app.web().get("/thank/shop").header("accept-language", header);
        let page = Answer::read(request.send().await).await.expect(200).text;
        assert!(page.contains(&format!("<html lang=\"{code}\"")), "{page}");
        assert!(page.contains(asked), "{page}");
        let chooser = ["English", "Deutsch", "Español", "Français"];
        assert!(chooser.iter().all(|name| page.contains(name)), "{page}");
    }
    assert!(german.text.contains("<html lang=\"de\""));
    assert_eq!(
        (german.header("content-language"), german.header("vary")),
        ("de".into(), "accept-language".into())
    );
    let chosen = app.page("/thank/shop?lang=de").await.expect(200);
    assert!(
        chosen.text.contains("action=\"/thank/shop?lang&#x3D;de\""),
        "{}",
        chosen.text
    );
    let fields = [("token", &*token_of(&chosen.text)), ("words", "Priya war nett.")];
    let sent = app.send_form("/thank/shop?lang=de", &fields).await.expect(303);
    assert!(sent.header("location").ends_with("?lang=de"));
    let receipt = app.page(&sent.header("location")).await.expect(200);
    assert!(receipt.text.contains("<html lang=\"de\""));
    app.work().await;
    app.end().await;
}
