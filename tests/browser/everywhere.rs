//! Every page there is, in every look: the list that photographs and checks share.
use std::fs;

use mail_parser::MessageParser;
use tempfile::TempDir;

use crate::support::{Demo, Look, Window};

/// A page: its name in file names and its address.
pub struct Place {
    pub name: String,
    pub address: String,
}

/// Every page that the demo shows to somebody who is not signed in.
pub async fn public(demo: &Demo) -> Vec<Place> {
    let mut places = vec![
        place("index", "/"),
        place("form", demo.link("Castle Street’s form")),
        place("form-company", "/thank/tarn-holloway"),
        place("praise", demo.link("A thank-you")),
        place("digest", demo.link("A digest")),
        place("poster", "/poster/tarn-holloway"),
        place("privacy", "/privacy/tarn-holloway"),
        place("verify", "/verify"),
        place("not-found", "/thank/nobody"),
    ];
    places.push(place("receipt", &receipt(demo).await));
    places
}

/// The address of a receipt.
async fn receipt(demo: &Demo) -> String {
    let window = demo.window(Look::PHONE).await;
    window.go(demo.link("Castle Street’s form")).await;
    window
        .write("#words", "Thank you Grace Okafor, you were so kind and helpful!")
        .await;
    window.take_time().await;
    window.choose("Send my thanks").await;
    window.see("Your message to").await;
    window.path().await
}

fn place(name: &str, address: &str) -> Place {
    Place {
        name: name.to_owned(),
        address: address.to_owned(),
    }
}

/// The newest praise, question, complaint and digest among the mails, as files to open.
pub fn mails(demo: &Demo, folder: &TempDir) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for mail in demo.mails() {
        let Some(mail) = MessageParser::default().parse(&mail) else {
            continue;
        };
        let (Some(html), Some(name)) = (mail.body_html(0), kind(mail.subject().unwrap_or_default())) else {
            continue;
        };
        if places.iter().all(|place| place.name != name) {
            let file = folder.path().join(format!("{name}.html"));
            fs::write(&file, html.as_bytes()).unwrap();
            places.push(place(name, &format!("file://{}", file.display())));
        }
    }
    assert_eq!(places.len(), 4, "the demo sends mails of every kind");
    places
}

fn kind(subject: &str) -> Option<&'static str> {
    let kinds = [
        ("A customer thanked", "mail-praise"),
        ("Who do they mean", "mail-triage"),
        ("put right", "mail-complaint"),
        (": ", "mail-digest"),
    ];
    kinds
        .into_iter()
        .find(|(word, _)| subject.contains(word))
        .map(|(_, name)| name)
}

async fn checked(window: &Window, places: &[Place]) {
    for place in places {
        window.go(&place.address).await;
        window.check().await;
    }
}

#[tokio::test]
async fn axe_finds_nothing_on_any_public_page_and_in_mails_in_light_and_dark() {
    let demo = Demo::start().await;
    let files = TempDir::new().unwrap();
    let mut places = public(&demo).await;
    places.extend(mails(&demo, &files));
    for look in Look::BOTH {
        let mut window = demo.window(look).await;
        checked(&window, &places).await;
        window.turn(true).await;
        checked(&window, &places).await;
    }
}

#[tokio::test]
async fn axe_finds_nothing_in_other_languages() {
    let demo = Demo::start().await;
    let places = public(&demo).await;
    for language in ["de", "fr", "es"] {
        let look = Look {
            language,
            ..Look::PHONE
        };
        checked(&demo.window(look).await, &places).await;
    }
}
