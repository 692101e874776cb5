//! Mail over protected conversations, with a server that asks who comes.
use entity::notice::State;

use crate::support::{
    smtp::{Protection, Sink},
    telling::{PRAISE, Shop},
};

async fn told_over(protection: Protection) {
    let sink = Sink::start_as(protection, "localhost").await;
    let shop = Shop::open_with(&sink.with_authority(&sink.settings_with_login())).await;
    for number in 0..3 {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
    }
    shop.app.work().await;
    assert_eq!(sink.received().len(), 3);
    assert!(shop.app.mailer.probe().await.is_ok());
    shop.app.end().await;
}

#[tokio::test]
async fn mail_is_delivered_over_starttls() {
    told_over(Protection::Starttls).await;
}

#[tokio::test]
async fn mail_is_delivered_over_implicit_tls() {
    told_over(Protection::Tls).await;
}

/// Says why no mail leaves.
async fn refusal(settings: &str, sink: &Sink) -> String {
    let mut shop = Shop::open_with(settings).await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    assert!(sink.received().is_empty());
    let waiting = shop.app.notices().await;
    assert_eq!(waiting[0].state, State::Waiting, "nothing is lost");
    let job = shop.app.jobs().await.remove(0);
    shop.app.end_with_jobs().await;
    job.last_error.unwrap()
}

#[tokio::test]
async fn a_certificate_of_nobody_who_is_trusted_is_refused_in_words() {
    for protection in [Protection::Starttls, Protection::Tls] {
        let sink = Sink::start_as(protection, "localhost").await;
        let why = refusal(&sink.settings_with_login(), &sink).await;
        assert!(
            why.contains("certificate is not accepted") && why.contains("mail.smtp_ca_file"),
            "{why}"
        );
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_is_refused_in_words() {
    for protection in [Protection::Starttls, Protection::Tls] {
        let sink = Sink::start_as(protection, "elsewhere.example").await;
        let why = refusal(&sink.with_authority(&sink.settings_with_login()), &sink).await;
        assert!(
            why.contains("certificate is not accepted") && why.contains("mail.smtp_host"),
            "{why}"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_and_a_server_without_protection_are_told_in_words() {
    let sink = Sink::start_as(Protection::Starttls, "localhost").await;
    let settings = sink.with_authority(&sink.settings_with_login());
    let why = refusal(&settings.replace("let me in", "open sesame"), &sink).await;
    assert!(
        why.contains("user and password are not taken") && why.contains("535"),
        "{why}"
    );
    let plain = Sink::start().await;
    let settings = plain.settings().replace("\"none\"", "\"starttls\"");
    let why = refusal(&settings, &plain).await;
    assert!(why.contains("STARTTLS"), "{why}");
}
