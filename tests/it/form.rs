//! The public form, as a browser without a script sends it.
use entity::{comment, comment_revision};
use sea_orm::EntityTrait;

use crate::support::{
    Answer, TestApp,
    form::{encoded, token_of},
};

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
    assert!(shown.text.contains("SHOP has your words."), "{}", shown.text);
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
    assert!(shown.text.contains("Your words were here already."));
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
