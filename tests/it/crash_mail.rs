//! What reached the mail server while processes were killed: every notice, and nothing under two Message-IDs.
use std::collections::{HashMap, HashSet};

use entity::{notice, notice_recognition, recognition};
use plaudit::platform::db::Db;
use sea_orm::EntityTrait;

use crate::support::smtp::{Received, Sink};

/// One notice was made for each of `comments`; all have arrived.
pub async fn verify(db: &Db, sink: &Sink, comments: usize) {
    let notices = notice::Entity::find().all(db.read()).await.unwrap();
    assert_eq!(
        notices.len(),
        comments,
        "one reader is told of each comment, once"
    );
    assert!(notices.iter().all(|notice| notice.state == notice::State::Sent));
    each_recognition_stands_in_one_notice(db).await;
    let mails = sink.received();
    let made: HashSet<String> = notices.iter().map(|notice| notice.id.to_string()).collect();
    let arrived: HashSet<String> = mails.iter().map(notice_of).collect();
    assert_eq!(arrived, made, "every notice arrives, and nothing else");
    let mut told: HashMap<String, Received> = HashMap::new();
    for mail in &mails {
        let first = told.entry(what(mail)).or_insert_with(|| mail.clone());
        assert_eq!(notice_of(first), notice_of(mail), "two Message-IDs tell the same");
        let link = "https://plaudit.example/p/";
        assert_eq!(
            first.link(link),
            mail.link(link),
            "a repeated mail opens the same page"
        );
    }
    assert_eq!(told.len(), comments);
    let repeated = mails.len() - arrived.len();
    eprintln!("{} notices arrived, {repeated} of them twice", arrived.len());
}

async fn each_recognition_stands_in_one_notice(db: &Db) {
    let recognitions = recognition::Entity::find().all(db.read()).await.unwrap();
    let told = notice_recognition::Entity::find().all(db.read()).await.unwrap();
    let mut ids: Vec<_> = told.iter().map(|part| part.recognition_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((told.len(), ids.len()), (recognitions.len(), recognitions.len()));
}

fn notice_of(mail: &Received) -> String {
    let id = mail.header("Message-ID");
    id.trim_matches(['<', '>']).split('@').next().unwrap().to_owned()
}

/// The number that the customer gave in their words.
fn what(mail: &Received) -> String {
    let text = mail.text();
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words
        .windows(3)
        .position(|three| three == ["This", "is", "number"]);
    words[at.unwrap() + 3]
        .trim_matches(|c: char| c.is_ascii_punctuation())
        .to_owned()
}
