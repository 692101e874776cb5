//! Who tries doors is seen: what is refused stands in the log, a line a minute and kind, with its count.
use chrono::TimeDelta;
use entity::{audit, grant::Role};
use plaudit::access::Scope;
use poem::http::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::support::{Answer, TestApp, form::encoded};

/// The counts of the lines of one kind.
async fn lines(app: &TestApp, action: &str) -> Vec<u64> {
    app.after_answers().await;
    let lines = audit::Entity::find()
        .filter(audit::Column::Action.eq(action))
        .order_by_asc(audit::Column::Id);
    let lines = lines.all(app.db.read()).await.unwrap();
    lines
        .iter()
        .map(|line| line.detail["count"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn what_is_refused_stands_in_the_log_a_line_a_minute() {
    let app = TestApp::start_with("[limits]\nsign_ins_per_minute = 1000").await;
    let reading = app.key_for(&[Scope::CommentsRead]).await;
    let everything = async || {
        app.call(Method::GET, "/v1/keys", Some("plaudit_0123456789ab_wrong"), None)
            .await
            .expect(401);
        app.call(Method::GET, "/v1/keys", Some(&reading), None)
            .await
            .expect(403);
        // `send_form` takes its time, as people do.
        let request = app.web().post("/join");
        let request = request.content_type("application/x-www-form-urlencoded");
        let code = request.body(encoded(&[("code", "AAAAA AAAAA")]));
        Answer::read(code.send().await).await.expect(422);
        app.page("/sign-in/nobodys").await.expect(410);
    };
    for _ in 0..5 {
        everything().await;
    }
    app.send_form("/sign-in", &[("email", "nobody@example.org")])
        .await
        .expect(200);
    for kind in ["refuse_key", "refuse_permission", "refuse_code", "refuse_sign_in"] {
        assert_eq!(lines(&app, kind).await, [1], "{kind}");
    }
    app.advance(TimeDelta::seconds(61));
    everything().await;
    for kind in ["refuse_key", "refuse_permission", "refuse_code"] {
        assert_eq!(lines(&app, kind).await, [1, 5], "{kind}");
    }
    assert_eq!(lines(&app, "refuse_sign_in").await, [1, 6]);
    let ruth = app.account_with("ruth@example.org", Role::Auditor, None).await;
    let page = app.page_as(&app.sign_in(&ruth).await, "/roles").await.expect(200);
    assert!(
        page.text.contains("6 wrong codes were typed since yesterday"),
        "{}",
        page.text
    );
    app.end().await;
}

#[tokio::test]
async fn a_right_key_of_one_organisation_tells_no_other_of_its_refusals() {
    let app = TestApp::start().await;
    let (other, key) = app.other_organisation().await;
    let reading = app.key_for(&[Scope::CommentsRead]).await;
    app.call(Method::GET, "/v1/keys", Some(&reading), None)
        .await
        .expect(403);
    app.after_answers().await;
    let of_other = audit::Entity::find()
        .filter(audit::Column::OrganisationId.eq(other.id))
        .filter(audit::Column::Action.eq("refuse_permission"));
    assert!(of_other.all(app.db.read()).await.unwrap().is_empty());
    app.call(Method::GET, "/v1/keys", Some(&key), None)
        .await
        .expect(200);
    app.end().await;
}

#[tokio::test]
async fn codes_are_guessed_slowly_from_any_number_of_networks() {
    let app = TestApp::start_with("[limits]\nsign_ins_per_minute = 1000\ncodes_per_minute = 6").await;
    for _ in 0..6 {
        app.send_form("/join", &[("code", "AAAAA AAAAA")])
            .await
            .expect(422);
    }
    app.send_form("/join", &[("code", "AAAAA AAAAB")])
        .await
        .expect(429);
    app.after_answers().await;
    app.end().await;
}

#[tokio::test]
async fn what_strangers_try_at_several_organisations_stands_in_the_log_of_none() {
    let app = TestApp::start().await;
    app.other_organisation().await;
    app.call(Method::GET, "/v1/keys", Some("plaudit_0123456789ab_wrong"), None)
        .await
        .expect(401);
    assert_eq!(lines(&app, "refuse_key").await, [0_u64; 0]);
    app.end().await;
}
