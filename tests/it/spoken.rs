//! What a customer said aloud: who writes it down, what becomes of it, and that nobody praises themselves by it.
use entity::{audit, comment, recognition, verdict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::support::{
    TestApp,
    telling::{PRAISE, Shop},
};

const OWN: &str = "Ruth Adler was so kind and helpful, thank you Ruth!";

async fn comments(app: &TestApp) -> Vec<comment::Model> {
    comment::Entity::find().all(app.db.read()).await.unwrap()
}

#[tokio::test]
async fn a_colleague_writes_down_what_was_said_and_stands_beside_it() {
    let shop = Shop::open().await;
    let cookie = shop.app.sign_in_staff(shop.ruth.id).await;
    let who = shop.priya.id.to_string();
    let form = [("words", PRAISE), ("who", who.as_str()), ("way", "phone")];
    shop.app.form_as(&cookie, "/spoken", &form).await.expect(303);
    shop.app.work().await;
    let said = comments(&shop.app).await.remove(0);
    assert_eq!(said.logged_by_staff, Some(shop.ruth.id));
    let won = recognition::Entity::find().all(shop.app.db.read()).await.unwrap();
    assert!(
        won.iter()
            .any(|one| one.staff_id == Some(shop.priya.id) && one.logged)
    );
    let noted = audit::Entity::find().filter(audit::Column::Action.eq("log_spoken"));
    assert_eq!(noted.all(shop.app.db.read()).await.unwrap().len(), 1);
    let priya = shop.app.sign_in_staff(shop.priya.id).await;
    let feed = shop.app.page_as(&priya, "/feed").await.expect(200);
    assert!(
        feed.text.contains("By phone, logged by Ruth Adler"),
        "{}",
        feed.text
    );
    let record = shop.app.page_as(&priya, "/me/record").await.expect(200);
    assert!(
        record.text.contains("By phone, logged by Ruth Adler"),
        "{}",
        record.text
    );
    shop.app.end().await;
}

#[tokio::test]
async fn nobody_writes_down_praise_of_themselves() {
    let shop = Shop::open().await;
    let cookie = shop.app.sign_in_staff(shop.ruth.id).await;
    let own = shop.ruth.id.to_string();
    let form = [("words", OWN), ("who", own.as_str())];
    let page = shop.app.form_as(&cookie, "/spoken", &form).await.expect(422);
    assert!(
        page.text.contains("You cannot log praise for yourself"),
        "{}",
        page.text
    );
    assert!(comments(&shop.app).await.is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn nothing_is_kept_at_a_place_that_is_not_ones_own() {
    let shop = Shop::open().await;
    let cookie = shop.app.sign_in_staff(shop.ruth.id).await;
    let elsewhere = Uuid::now_v7().to_string();
    let form = [("words", PRAISE), ("site", elsewhere.as_str())];
    shop.app.form_as(&cookie, "/spoken", &form).await.expect(404);
    assert!(comments(&shop.app).await.is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn words_that_name_whoever_wrote_them_down_are_a_question_to_somebody_else() {
    let shop = Shop::open().await;
    let cookie = shop.app.sign_in_staff(shop.ruth.id).await;
    shop.app
        .form_as(&cookie, "/spoken", &[("words", OWN)])
        .await
        .expect(303);
    shop.app.work().await;
    let own = verdict::Entity::find().filter(verdict::Column::StaffId.eq(shop.ruth.id));
    let own = own.one(shop.app.db.read()).await.unwrap().unwrap();
    assert_eq!(own.state, verdict::State::Open);
    shop.app.end().await;
}

#[tokio::test]
async fn thirty_a_day_are_enough() {
    let shop = Shop::open().await;
    let cookie = shop.app.sign_in_staff(shop.ruth.id).await;
    for _ in 0..30 {
        shop.app
            .form_as(&cookie, "/spoken", &[("words", PRAISE)])
            .await
            .expect(303);
    }
    let page = shop
        .app
        .form_as(&cookie, "/spoken", &[("words", PRAISE)])
        .await
        .expect(429);
    assert!(
        page.text.contains("You have logged 30 messages today"),
        "{}",
        page.text
    );
    assert_eq!(comments(&shop.app).await.len(), 30);
    shop.app.work().await;
    shop.app.end().await;
}
