//! Whoever wishes that a person looks first is credited by nobody but a person, from that moment on.
use entity::{
    comment, recognition,
    verdict::{self, State},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, telling::*};

impl TestApp {
    async fn last_verdict(&self, comment: Uuid, staff: Uuid) -> State {
        let all = verdict::current(self.db.read(), &[comment]).await.unwrap();
        all.into_iter()
            .find(|one| one.staff_id == Some(staff))
            .unwrap()
            .state
    }

    async fn recognitions_of(&self, staff: Uuid) -> u64 {
        let found = recognition::Entity::find()
            .filter(recognition::Column::StaffId.eq(staff))
            .filter(recognition::Column::WithdrawnAt.is_null());
        found.count(self.db.read()).await.unwrap()
    }
}

#[tokio::test]
async fn whoever_objects_to_automatic_credit_is_asked_about_from_then_on() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let priya = shop.priya.id;
    let before = shop.say(PRAISE).await;
    app.work().await;
    assert_eq!(app.last_verdict(before, priya).await, State::Credited);
    let cookie = app.sign_in_staff(priya).await;
    let chosen = [
        ("frequency", "never"),
        ("on_boards", "yes"),
        ("looked_at_first", "yes"),
    ];
    app.form_as(&cookie, "/me", &chosen).await.expect(303);
    let page = app.page_as(&cookie, "/me").await.expect(200).text;
    assert!(
        page.contains("name=\"looked_at_first\" value=\"yes\" checked"),
        "{page}"
    );
    let asked = shop
        .say("Priya Nair helped me so kindly, thank you so much Priya Nair!")
        .await;
    let other = shop.say("Thank you Tomasz Wilk, so very kind!").await;
    let named =
        json!({"text": "So kind and helpful, thank you!", "site": "Leeds", "staff_reference": "priya"});
    let named = shop.send(named).await;
    app.work().await;
    for comment in [asked, named] {
        assert_eq!(
            app.last_verdict(comment, priya).await,
            State::Open,
            "however certain it is"
        );
        let found = comment::Entity::find_by_id(comment)
            .one(app.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.state, comment::State::Triage);
    }
    let tomasz = verdict::current(app.db.read(), &[other]).await.unwrap();
    assert!(
        tomasz.iter().any(|one| one.state == State::Credited),
        "others are credited as ever"
    );
    assert_eq!(
        app.last_verdict(before, priya).await,
        State::Credited,
        "what stood stands"
    );
    assert_eq!(app.recognitions_of(priya).await, 1);
    // A person decides; and once they wish it no more, the engine does again.
    let decided = json!({ "decision": "credit", "staff": [priya] });
    app.post(&format!("/v1/triage/{asked}/decisions"), decided)
        .await
        .expect(200);
    app.work().await;
    assert_eq!(app.recognitions_of(priya).await, 2);
    let chosen = [("frequency", "never"), ("on_boards", "yes")];
    app.form_as(&cookie, "/me", &chosen).await.expect(303);
    let again = shop
        .say("What a lovely person Priya Nair is, so helpful, thank you!")
        .await;
    app.work().await;
    assert_eq!(app.last_verdict(again, priya).await, State::Credited);
    app.advance(chrono::TimeDelta::minutes(5));
    app.work().await;
    shop.app.end().await;
}
