//! Sessions and links that are over are not kept for ever.
use chrono::TimeDelta;
use entity::{capability, session, sign_in_link};
use plaudit::access::cleanup;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::support::telling::{PRAISE, Shop};

#[tokio::test]
async fn what_lets_nobody_in_any_more_is_deleted() {
    let shop = Shop::open().await;
    let app = &shop.app;
    shop.say(PRAISE).await;
    app.work().await;
    app.sign_in_staff(shop.ruth.id).await;
    app.send_form("/sign-in", &[("email", "ruth@example.org")])
        .await
        .expect(200);
    app.after_answers().await;
    app.work().await;
    assert_eq!(
        cleanup::delete_some(&app.db, app.clock.now()).await.unwrap(),
        0,
        "all of it works"
    );
    let left = async || {
        let db = app.db.read();
        [
            capability::Entity::find().count(db).await.unwrap(),
            session::Entity::find().count(db).await.unwrap(),
            sign_in_link::Entity::find().count(db).await.unwrap(),
        ]
    };
    assert!(left().await.iter().all(|count| *count > 0), "{:?}", left().await);
    app.advance(TimeDelta::days(100));
    assert!(cleanup::delete_some(&app.db, app.clock.now()).await.unwrap() > 0);
    let [capabilities, sessions, links] = left().await;
    assert_eq!((capabilities, links), (0, 0));
    assert_eq!(sessions, 1, "the browser is known by it");
    app.advance(TimeDelta::days(261));
    cleanup::delete_some(&app.db, app.clock.now()).await.unwrap();
    assert_eq!(left().await, [0, 0, 0]);
    shop.app.end().await;
}
