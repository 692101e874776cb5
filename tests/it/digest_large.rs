//! Digests of many people, of a long history, beside a reader who cannot be served, and with the numbers of the board.
use chrono::{DateTime, TimeDelta, Utc};
use domain::period::PeriodKind;
use entity::{
    account, account::Frequency, comment, comment_revision, notice, notice_recognition, recognition,
};
use plaudit::{
    deliver::digest::schedule,
    ledger::{
        board::{self, BoardQuery},
        own,
        scope::Scope,
    },
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable};

use crate::support::{
    smtp::{Received, Sink},
    telling::{PRAISE, Shop},
};

const MONDAY: &str = "2026-11-23T08:00:00Z";

async fn shop() -> (Shop, Sink) {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    (shop, sink)
}

async fn live_until_monday(shop: &Shop) {
    shop.app.work().await;
    let monday: DateTime<Utc> = MONDAY.parse().unwrap();
    shop.app.advance(monday - shop.app.clock.now());
    schedule::run_due(&shop.app.deliver()).await.unwrap();
    shop.app.work().await;
}

fn digests(sink: &Sink) -> Vec<Received> {
    let is_digest = |mail: &Received| mail.text().contains("once a week");
    sink.received().into_iter().filter(is_digest).collect()
}

fn digest_of(sink: &Sink, to: &str) -> String {
    let mut own = digests(sink);
    own.retain(|mail| mail.to == to);
    assert_eq!(own.len(), 1, "{to} gets one digest");
    own.remove(0).text()
}

async fn run(shop: &Shop, sql: &str) {
    let writer = shop.app.db.writer();
    writer.execute_unprepared(sql).await.unwrap();
}

#[tokio::test]
async fn a_reader_whose_row_cannot_be_read_holds_up_nobody() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    // Whoever was made first is met first.
    let bad = shop.app.account_for(&shop.omar, Frequency::AtOnce, false).await;
    run(
        &shop,
        "UPDATE account SET digest_due_at = created_at, frequency = 'fortnightly' WHERE staff_id = \
         (SELECT id FROM staff_member WHERE given_name = 'Omar')",
    )
    .await;
    live_until_monday(&shop).await;
    assert!(digest_of(&sink, "ruth@example.org").contains("Priya Nair"));
    run(
        &shop,
        "UPDATE account SET frequency = 'digest' WHERE frequency = 'fortnightly'",
    )
    .await;
    shop.app.advance(TimeDelta::minutes(10));
    schedule::run_due(&shop.app.deliver()).await.unwrap();
    let looked_at = account::Entity::find_by_id(bad.id)
        .one(shop.app.db.read())
        .await
        .unwrap();
    assert!(looked_at.unwrap().digest_due_at > shop.app.clock.now());
    shop.app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn who_left_the_boards_stands_on_none_in_digests_and_the_numbers_are_the_boards_own() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    shop.say("Tomasz Wilk was wonderful, so patient and helpful.")
        .await;
    // Thanked when she worked for somebody else: that counts there.
    let away = shop
        .app
        .person("Noor", "Khan", Some(shop.leeds.id), Some(shop.omar.id))
        .await;
    shop.say("Noor Khan was so kind and helpful, thank you Noor!")
        .await;
    shop.app.work().await;
    run(
        &shop,
        "UPDATE assignment SET manager_id = (SELECT id FROM staff_member WHERE given_name = 'Ruth') \
         WHERE staff_id = (SELECT id FROM staff_member WHERE given_name = 'Noor')",
    )
    .await;
    let tx = shop.app.db.write().await.unwrap();
    let now = shop.app.clock.now();
    own::be_on_boards(&tx, shop.app.organisation.id, shop.priya.id, false, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    live_until_monday(&shop).await;
    let text = digest_of(&sink, "ruth@example.org");
    let board = text.split("== The board").nth(1).unwrap();
    let shown = board.split("This summary").next().unwrap();
    let query = BoardQuery {
        scope: Scope::Team(shop.ruth.id),
        kind: PeriodKind::Month,
        on: "2026-11-22".parse().unwrap(),
        after: None,
        limit: 100,
        own: None,
    };
    let page = board::board(shop.app.db.read(), &shop.app.organisation, query)
        .await
        .unwrap();
    let rows: Vec<(u64, String)> = page
        .rows
        .iter()
        .map(|row| {
            (
                row.count,
                format!("{} {}", row.person.given_name, row.person.family_name),
            )
        })
        .collect();
    assert_eq!(rows, [(2, "Tomasz Wilk".to_owned())]);
    assert!(shown.contains("2  Tomasz Wilk"), "{shown}");
    assert!(
        !shown.contains("Priya") && !shown.contains(&away.given_name),
        "{shown}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_digest_shows_twenty_five_people_and_says_how_many_more() {
    let (shop, sink) = shop().await;
    let surnames = [
        "Abara",
        "Benitez",
        "Castellan",
        "Dvorak",
        "Eriksen",
        "Fontaine",
        "Grabowski",
    ];
    let given = ["Orla", "Piotr", "Quentin", "Rosalind"];
    for (first, last) in given
        .iter()
        .flat_map(|first| surnames.map(|last| (*first, last)))
        .take(27)
    {
        let id = format!("{first}{last}");
        shop.app
            .person_with_id(&id, first, last, Some(shop.leeds.id), Some(shop.ruth.id))
            .await;
        shop.say(&format!(
            "{first} {last} was so kind and helpful, thank you {first}!"
        ))
        .await;
    }
    live_until_monday(&shop).await;
    let text = digest_of(&sink, "ruth@example.org");
    assert!(text.starts_with("27 thank-yous"), "{text}");
    assert!(text.contains("for 27 people"), "{text}");
    let people = given
        .iter()
        .map(|first| text.matches(&format!("== {first} ")).count());
    assert_eq!(people.sum::<usize>(), 25, "{text}");
    assert!(text.contains("Two more people were thanked."), "{text}");
    assert!(
        text.contains("The whole board: https://plaudit.example/board"),
        "{text}"
    );
    shop.app.end().await;
}

/// SQL that copies a row of a table, `t`, for each of some others, with other values in some of its columns.
fn copies<C: Iterable + IdenStatic>(table: &str, others: &[(&str, &str)], of: &str) -> String {
    let columns: Vec<String> = C::iter().map(|column| column.as_str().to_owned()).collect();
    let value = |column: &String| {
        let other = others.iter().find(|(name, _)| name == column);
        other.map_or_else(|| format!("t.{column}"), |(_, value)| (*value).to_owned())
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {table} t CROSS JOIN {of}",
        columns.join(", "),
        values.join(", ")
    )
}

fn numbers(count: usize) -> String {
    format!(
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n) AS n"
    )
}

/// A reader who was told of 100,000 recognitions and is asked of 40,000 comments whom they mean.
#[tokio::test]
async fn a_reader_with_a_long_history_gets_a_digest_like_any_other() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    live_until_monday(&shop).await;
    assert_eq!(digests(&sink).len(), 1);
    let id = match shop.app.db.writer().get_database_backend() {
        DbBackend::Sqlite => "randomblob(16)",
        _ => "gen_random_uuid()",
    };
    let own = [("id", id), ("receipt_hash", "NULL"), ("idempotency_key", "NULL")];
    let asked = [
        &own[..],
        &[("external_id", "'asked-' || n.i"), ("state", "'triage'")],
    ]
    .concat();
    run(
        &shop,
        &copies::<comment::Column>("comment", &asked, &numbers(40_000)),
    )
    .await;
    let told = [&own[..], &[("external_id", "'told-' || n.i")]].concat();
    let first = format!("{} WHERE t.external_id IS NULL", numbers(100_000));
    run(&shop, &copies::<comment::Column>("comment", &told, &first)).await;
    let words = [("id", id), ("comment_id", "c.id")];
    let of = "comment c WHERE c.external_id LIKE 'asked-%'";
    run(
        &shop,
        &copies::<comment_revision::Column>("comment_revision", &words, of),
    )
    .await;
    let question = [("id", id), ("comment_id", "c.id"), ("kind", "'triage'")];
    let of = "comment c WHERE t.kind = 'praise' AND c.external_id LIKE 'asked-%'";
    run(&shop, &copies::<notice::Column>("notice", &question, of)).await;
    let earned = [("id", id), ("comment_id", "c.id")];
    let of = "comment c WHERE c.external_id LIKE 'told-%'";
    run(&shop, &copies::<recognition::Column>("recognition", &earned, of)).await;
    let tied = [("recognition_id", "r.id")];
    let of = "recognition r WHERE r.id <> t.recognition_id";
    run(
        &shop,
        &copies::<notice_recognition::Column>("notice_recognition", &tied, of),
    )
    .await;
    assert_eq!(shop.app.parts().await.len(), 200_002);
    if shop.app.db.writer().get_database_backend() == DbBackend::Postgres {
        // What it does by itself within a minute.
        run(&shop, "ANALYZE").await;
    }
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    shop.app.work().await;
    shop.app.advance(TimeDelta::days(7));
    schedule::run_due(&shop.app.deliver()).await.unwrap();
    shop.app.work().await;
    let digests = digests(&sink);
    assert_eq!(digests.len(), 2);
    let text = digests[1].text();
    assert!(text.starts_with("One thank-you for one person"), "{text}");
    assert!(text.contains("39,995 more need you."), "{text}");
    shop.app.end().await;
}

/// Five of them are quoted: the others are counted, and their rows not read. On SQLite, where a row can be spoilt.
#[tokio::test]
async fn the_mail_of_a_digest_reads_no_row_that_it_does_not_show() {
    let (shop, sink) = shop().await;
    if shop.app.db.is_sqlite() {
        for number in 0..7 {
            shop.say(&format!("{PRAISE} Number {number}.")).await;
            shop.app.work().await;
            shop.app.advance(TimeDelta::minutes(1));
        }
        let monday: DateTime<Utc> = MONDAY.parse().unwrap();
        shop.app.advance(monday - shop.app.clock.now());
        schedule::run_due(&shop.app.deliver()).await.unwrap();
        let oldest = "SELECT id FROM recognition ORDER BY occurred_at LIMIT 1";
        run(
            &shop,
            &format!("UPDATE recognition SET hidden_at = 'never' WHERE id = ({oldest})"),
        )
        .await;
        shop.app.work().await;
        assert!(digest_of(&sink, "ruth@example.org").contains("thank-yous for one person"));
    }
    shop.app.end().await;
}
