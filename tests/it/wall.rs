//! Wallboards and their feeds: who makes a link, what it shows, and when it ends.

use chrono::TimeDelta;
use entity::{audit, comment, organisation, organisation::BoardMode, recognition, source, wall_link};
use futures_util::StreamExt;
use plaudit::ledger::own;
use poem::http::Method;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter,
};
use uuid::Uuid;

use crate::support::{
    TestApp, python,
    telling::{COMPLAINT, PRAISE, Shop},
};

/// Makes a link as somebody, and returns the path of its wallboard.
async fn made(app: &TestApp, cookie: &str, path: &str, days: &str) -> String {
    let page = app
        .form_as(cookie, path, &[("name", "Staff room"), ("days", days)])
        .await
        .expect(201);
    let address = page.text.split("<code>").nth(1).unwrap();
    let address = address.split("</code>").next().unwrap();
    let base_url = &app.config.server.base_url;
    address.strip_prefix(base_url.as_str()).unwrap().to_owned()
}

impl Shop {
    /// The wallboard of Leeds, by its lead.
    async fn wall(&self) -> String {
        let cookie = self.app.sign_in_staff(self.lena.id).await;
        made(
            &self.app,
            &cookie,
            &format!("/walls/site/{}", self.leeds.id),
            "90",
        )
        .await
    }

    async fn public(&self, words: &str) -> Uuid {
        let said = self.say_to("public", words).await;
        self.app.work().await;
        said
    }

    /// Whether board and feed show these words; both or neither.
    async fn shows(&self, wall: &str, words: &str) -> bool {
        let board = self.app.page(wall).await.expect(200);
        let feed = self.app.page(&format!("{wall}/feed.atom")).await.expect(200);
        let shown = board.text.contains(words);
        assert_eq!(feed.text.contains(words), shown, "{}\n{}", board.text, feed.text);
        shown
    }

    async fn recognition_of(&self, comment: Uuid) -> recognition::Model {
        let found = recognition::Entity::find().filter(recognition::Column::CommentId.eq(comment));
        found.one(self.app.db.read()).await.unwrap().unwrap()
    }

    async fn change_recognition(&self, comment: Uuid, change: impl FnOnce(&mut recognition::ActiveModel)) {
        let mut row = self.recognition_of(comment).await.into_active_model();
        change(&mut row);
        let tx = self.app.db.write().await.unwrap();
        row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn board_mode(&self, mode: BoardMode) {
        let own = organisation::Entity::find_by_id(self.app.organisation.id);
        let own = own.one(self.app.db.read()).await.unwrap().unwrap();
        let mut own = own.into_active_model();
        own.board_mode = Set(mode);
        let tx = self.app.db.write().await.unwrap();
        own.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

const WORDS: &str = "Priya Nair was so kind and helpful, thank you Priya!";

#[tokio::test]
async fn only_what_a_customer_lets_anyone_read_stands_on_a_wallboard() {
    let shop = Shop::open().await;
    let wall = shop.wall().await;
    let board = shop.app.page(&wall).await.expect(200);
    assert!(board.text.contains("Nothing yet"), "{}", board.text);
    for consent in ["staff", "colleagues"] {
        shop.say_to(consent, PRAISE).await;
    }
    shop.say_to("public", COMPLAINT).await;
    shop.app.work().await;
    assert!(!shop.shows(&wall, WORDS).await);
    assert!(!shop.shows(&wall, "ruined our day").await);
    let said = shop.public(PRAISE).await;
    assert!(shop.shows(&wall, WORDS).await);

    shop.change_recognition(said, |row| row.hidden_at = Set(Some(shop.app.clock.now())))
        .await;
    assert!(!shop.shows(&wall, WORDS).await, "hidden by the person");
    shop.change_recognition(said, |row| row.hidden_at = Set(None))
        .await;
    shop.change_recognition(said, |row| row.quiet = Set(true)).await;
    assert!(!shop.shows(&wall, WORDS).await, "found later");
    shop.change_recognition(said, |row| row.quiet = Set(false)).await;
    assert!(shop.shows(&wall, WORDS).await);

    for on_boards in [false, true] {
        let tx = shop.app.db.write().await.unwrap();
        let (own, now) = (shop.app.organisation.id, shop.app.clock.now());
        own::be_on_boards(&tx, own, shop.priya.id, on_boards, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(shop.shows(&wall, WORDS).await, on_boards, "left the boards");
    }
    shop.app
        .call(
            Method::DELETE,
            &format!("/v1/comments/{said}"),
            Some(&shop.app.key),
            None,
        )
        .await;
    assert!(!shop.shows(&wall, WORDS).await, "erased");

    shop.public(PRAISE).await;
    assert!(shop.shows(&wall, WORDS).await);
    shop.app.advance(TimeDelta::days(31));
    assert!(!shop.shows(&wall, WORDS).await, "a month ago");
    shop.app.end().await;
}

#[tokio::test]
async fn complaints_posts_of_x_and_what_the_shield_keeps_stand_on_no_wallboard() {
    let shop = Shop::open().await;
    let wall = shop.wall().await;
    shop.public("She has a gorgeous body and I stare at her legs, Priya Nair, in that tight skirt.")
        .await;
    assert!(!shop.shows(&wall, "gorgeous").await);

    let mixed = "Priya Nair was so kind and helpful, thank you Priya! The toilets were filthy and nobody cleaned them.";
    shop.public(mixed).await;
    assert!(shop.shows(&wall, WORDS).await);
    assert!(!shop.shows(&wall, "filthy").await);

    let said = shop.public("Priya Nair was brilliant, thanks Priya!").await;
    assert!(shop.shows(&wall, "brilliant").await);
    let comment = comment::Entity::find_by_id(said).one(shop.app.db.read()).await;
    let source = source::Entity::find_by_id(comment.unwrap().unwrap().source_id);
    let mut of_x = source
        .one(shop.app.db.read())
        .await
        .unwrap()
        .unwrap()
        .into_active_model();
    of_x.kind = Set("x".to_owned());
    let tx = shop.app.db.write().await.unwrap();
    of_x.update(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!shop.shows(&wall, "brilliant").await);
    shop.app.end().await;
}

#[tokio::test]
async fn a_given_name_stands_there_only_where_boards_show_it_to_all() {
    let shop = Shop::open().await;
    let wall = shop.wall().await;
    shop.public(PRAISE).await;
    for (mode, is_named) in [
        (BoardMode::Off, false),
        (BoardMode::Team, false),
        (BoardMode::Full, true),
    ] {
        shop.board_mode(mode).await;
        let board = shop.app.page(&wall).await.expect(200);
        assert_eq!(board.text.contains("For Priya"), is_named, "{}", board.text);
        assert!(!board.text.contains("For Priya Nair"), "{}", board.text);
        assert!(board.text.contains("Priya Nair was so kind"), "{}", board.text);
    }
    shop.app.end().await;
}

#[tokio::test]
async fn a_link_is_shown_once_audited_and_ends_when_it_is_taken_back_or_over() {
    let shop = Shop::open().await;
    let wall = shop.wall().await;
    let token = wall.strip_prefix("/wall/").unwrap();
    let lena = shop.app.sign_in_staff(shop.lena.id).await;
    let path = format!("/walls/site/{}", shop.leeds.id);
    let list = shop.app.page_as(&lena, &path).await.expect(200);
    assert!(
        list.text.contains("Never used.") && list.text.contains("Lena Voss"),
        "{}",
        list.text
    );
    assert!(!list.text.contains(token), "shown again");

    let board = shop.app.page(&wall).await.expect(200);
    assert_eq!(board.header("x-robots-tag"), "noindex, nofollow");
    assert_eq!(board.header("referrer-policy"), "no-referrer");
    shop.app.after_answers().await;
    let list = shop.app.page_as(&lena, &path).await.expect(200);
    assert!(list.text.contains("Last used"), "{}", list.text);

    let link = wall_link::Entity::find().one(shop.app.db.read()).await;
    let link = link.unwrap().unwrap();
    assert!(
        !link
            .token_hash
            .windows(token.len())
            .any(|part| part == token.as_bytes())
    );
    let answer = shop.app.web().get(format!("{wall}/live")).send().await.0;
    assert_eq!(answer.status(), 200);
    let mut stream = Box::pin(answer.into_body().into_bytes_stream());
    stream.next().await.unwrap().unwrap();
    let revoke = format!("/walls/link/{}/revoke", link.id);
    shop.app.form_as(&lena, &revoke, &[]).await.expect(303);
    for end in ["", "/feed.atom", "/live"] {
        let page = shop.app.page(&format!("{wall}{end}")).await.expect(410);
        assert!(page.text.contains("no longer works"), "{}", page.text);
    }
    let last = stream.next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&last).contains("board"));
    assert!(stream.next().await.is_none(), "it ends with its link");
    for action in ["create_wall_link", "revoke_wall_link"] {
        let lines = audit::Entity::find().filter(audit::Column::Action.eq(action));
        let lines = lines.all(shop.app.db.read()).await.unwrap();
        assert_eq!(lines.len(), 1, "{action}");
        assert_eq!(lines[0].subject_id, Some(link.id.to_string()));
    }

    let wall = made(&shop.app, &lena, &path, "30").await;
    shop.app.page(&wall).await.expect(200);
    shop.app.advance(TimeDelta::days(30));
    shop.app.page(&wall).await.expect(410);
    shop.app.page("/wall/nothing").await.expect(404);
    shop.app.after_answers().await;
    shop.app.end().await;
}

#[tokio::test]
async fn a_board_shows_its_own_site_or_team_and_nothing_of_others() {
    let shop = Shop::open().await;
    let york = shop.app.site("York", None).await;
    let office = shop.app.administrator("office@example.org").await;
    let office = shop.app.sign_in(&office).await;
    let of_york = made(&shop.app, &office, &format!("/walls/site/{}", york.id), "365").await;
    let ruth = shop.app.sign_in_staff(shop.ruth.id).await;
    let of_ruth = made(&shop.app, &ruth, &format!("/walls/team/{}", shop.ruth.id), "30").await;
    let of_omar = made(&shop.app, &office, &format!("/walls/team/{}", shop.omar.id), "30").await;
    shop.public(PRAISE).await;
    assert!(shop.shows(&of_ruth, WORDS).await);
    assert!(!shop.shows(&of_york, WORDS).await);
    assert!(!shop.shows(&of_omar, WORDS).await);

    let path = format!("/walls/team/{}", shop.ruth.id);
    let priya = shop.app.sign_in_staff(shop.priya.id).await;
    shop.app.page_as(&priya, &path).await.expect(403);
    let typed = [("name", ""), ("days", "30")];
    shop.app.form_as(&ruth, &path, &typed).await.expect(422);
    let typed = [("name", "Door"), ("days", "9999")];
    shop.app.form_as(&ruth, &path, &typed).await.expect(400);
    assert_eq!(
        wall_link::Entity::find().count(shop.app.db.read()).await.unwrap(),
        3
    );
    shop.app.after_answers().await;
    shop.app.end().await;
}

#[tokio::test]
async fn the_feed_is_read_by_feedparser() {
    let shop = Shop::open().await;
    let wall = shop.wall().await;
    let empty = shop.app.page(&format!("{wall}/feed.atom")).await.expect(200);
    let said = shop.public(&format!("{PRAISE} <b>&amp; \"so\" on</b>")).await;
    let feed = shop.app.page(&format!("{wall}/feed.atom")).await.expect(200);
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    let Some(read) = read_by_the_library(&empty.text) else {
        return shop.app.end().await;
    };
    assert_eq!(read["entries"].as_array().unwrap().len(), 0);
    let read = read_by_the_library(&feed.text).unwrap();
    assert_eq!(read["version"], "atom10");
    let entry = &read["entries"][0];
    assert_eq!(entry["id"], format!("urn:uuid:{said}"));
    assert_eq!(entry["content"], format!("{PRAISE} <b>&amp; \"so\" on</b>"));
    assert_eq!(entry["type"], "text/plain");
    assert_eq!(entry["author"], serde_json::Value::Null);
    assert!(entry["updated"].as_str().unwrap().ends_with('Z'), "{entry}");
    assert!(read["id"].as_str().unwrap().starts_with("urn:uuid:"), "{read}");
    shop.app.after_answers().await;
    shop.app.end().await;
}

/// What the `feedparser` package reads, where it is installed.
fn read_by_the_library(feed: &str) -> Option<serde_json::Value> {
    let output = python::ask("feedparser", "read_feed.py", &[], feed)?;
    assert!(output.status.success(), "{output:?}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
