//! Routing beside changes of the roster and of roles that are not committed yet, on PostgreSQL: SQLite has one writer.
use std::time::Duration;

use chrono::TimeDelta;
use entity::notice::State;
use plaudit::{
    access::{account as accounts, role},
    platform::job::Kind,
    roster::{
        Change,
        staff::{self, StaffPatch},
    },
};
use tokio::time::sleep;

use crate::support::{TestApp, telling::PRAISE};

/// So long that whoever does not wait for a change has read what was before it.
const A_MOMENT: Duration = Duration::from_millis(400);

async fn company_where_nobody_can_be_told(app: &TestApp) -> uuid::Uuid {
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    app.has_no_mail(boss.id).await;
    boss.id
}

async fn say(app: &TestApp) {
    app.post("/v1/comments", serde_json::json!({ "text": PRAISE }))
        .await
        .expect(201);
    app.work_on(Kind::Attribute).await;
}

async fn everybody_is_told(app: &TestApp) {
    for _ in 0..3 {
        app.advance(TimeDelta::minutes(2));
        app.work().await;
    }
    let states: Vec<State> = app.notices().await.iter().map(|notice| notice.state).collect();
    assert_eq!(states, [State::Sent]);
}

#[tokio::test]
async fn praise_that_is_routed_while_the_roster_changes_is_told_to_whoever_comes_with_the_change() {
    let app = TestApp::start().await;
    let boss = company_where_nobody_can_be_told(&app).await;
    say(&app).await;
    if !app.db.is_sqlite() {
        let tx = app.db.write().await.unwrap();
        let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now())
            .await
            .unwrap();
        let patch = StaffPatch {
            email: Some(Some("ruth@new.example".to_owned())),
            ..StaffPatch::default()
        };
        staff::update(&change, boss, patch).await.unwrap();
        let ((), ()) = tokio::join!(app.work_on(Kind::Route), async {
            sleep(A_MOMENT).await;
            tx.commit().await.unwrap();
        });
        everybody_is_told(&app).await;
    }
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn praise_that_is_routed_while_somebody_is_made_administrator_is_told_to_them() {
    let app = TestApp::start().await;
    company_where_nobody_can_be_told(&app).await;
    say(&app).await;
    if !app.db.is_sqlite() {
        let (own, now) = (app.organisation.id, app.clock.now());
        let tx = app.db.write().await.unwrap();
        let made = accounts::create(&tx, own, "office@example.org", "cli", now)
            .await
            .unwrap();
        role::grant(&tx, &made, entity::grant::Role::Administrator, None, "cli", now)
            .await
            .unwrap();
        let ((), ()) = tokio::join!(app.work_on(Kind::Route), async {
            sleep(A_MOMENT).await;
            tx.commit().await.unwrap();
        });
        everybody_is_told(&app).await;
    }
    app.work().await;
    app.end().await;
}

/// The change began in a minute for which a look was due already, and takes longer than that look waits.
#[tokio::test]
async fn a_second_look_that_meets_a_change_under_way_sees_what_it_brings() {
    let app = TestApp::start().await;
    let boss = company_where_nobody_can_be_told(&app).await;
    say(&app).await;
    app.work().await;
    if !app.db.is_sqlite() {
        // By this change nobody comes, but a look is due now.
        app.person("Tomasz", "Wilk", None, None).await;
        let tx = app.db.write().await.unwrap();
        let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now())
            .await
            .unwrap();
        let patch = StaffPatch {
            email: Some(Some("ruth@new.example".to_owned())),
            ..StaffPatch::default()
        };
        staff::update(&change, boss, patch).await.unwrap();
        app.advance(TimeDelta::minutes(2));
        let (_, ()) = tokio::join!(app.work(), async {
            sleep(A_MOMENT).await;
            tx.commit().await.unwrap();
        });
        everybody_is_told(&app).await;
    }
    app.end().await;
}
