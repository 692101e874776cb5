//! A notice becomes a mail, whatever the mail server does.
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn praise_becomes_a_mail_to_the_manager_with_the_words_marked() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let boss = app.person("Ruth", "Adler", Some(leeds.id), None).await;
    app.person("Priya", "Nair", Some(leeds.id), Some(boss.id)).await;
    let words = "Priya Nair was so kind and helpful, thank you Priya!";
    app.post("/v1/comments", json!({"text": words, "site": "Leeds"}))
        .await
        .expect(201);
    app.work().await;
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ruth@example.org");
    assert_eq!(mails[0].subject(), "Somebody thanked Priya.");
    assert!(
        mails[0]
            .text()
            .contains("You get this because you manage Priya Nair.")
    );
    assert!(
        mails[0].html().contains(">Priya Nair</span>"),
        "{}",
        mails[0].html()
    );
    app.end().await;
}
