//! A name that several people bear names nobody, however many share a part of it; names and days are what they can be.
use plaudit::triage::desk::who;
use poem::http::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn two_people_of_one_name_are_not_one_among_hundreds_who_share_a_word() {
    let app = TestApp::start().await;
    app.site("York", None).await;
    let mut file = "employee_id,given_name,family_name,site\nfirst,Maria,Silva,York\n".to_owned();
    for number in 0..300 {
        file += &format!("e{number},Maria,Family{number},York\n");
    }
    file += "last,Maria,Silva,York\n";
    let send = async |apply: &str| {
        let request = app
            .web()
            .post(format!("/v1/imports/roster{apply}"))
            .header("authorization", format!("Bearer {}", app.key))
            .content_type("text/csv")
            .body(file.clone());
        Answer::read(request.send().await).await.expect(200)
    };
    let digest = send("").await.at("/digest");
    send(&format!("?apply={digest}")).await;
    let found = who::named(app.db.read(), app.organisation.id, "Maria Silva")
        .await
        .unwrap();
    assert_eq!(found.map(|one| one.employee_id), None);
    let found = who::named(app.db.read(), app.organisation.id, "maria family299")
        .await
        .unwrap();
    assert_eq!(found.unwrap().employee_id, "e299");
    app.end().await;
}

#[tokio::test]
async fn an_organisation_is_called_something_on_one_line() {
    let app = TestApp::start().await;
    for name in ["Shop\r\nBcc: all@example.org", "Shop\n"] {
        let body = json!({ "name": name });
        let refused = app
            .call(Method::PATCH, "/v1/organisation", Some(&app.key), Some(body))
            .await;
        assert!(refused.expect(422).text.contains("on one line"));
    }
    let body = json!({ "brands": ["Tarn\r\nHolloway"] });
    app.call(Method::PATCH, "/v1/organisation", Some(&app.key), Some(body))
        .await
        .expect(422);
    app.end().await;
}

#[tokio::test]
async fn a_last_day_that_nobody_lives_to_see_is_refused() {
    let app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await.id;
    for day in ["+262142-12-31", "9999-12-31", "0001-01-01"] {
        let body = json!({ "ends_on": day });
        let path = format!("/v1/staff/{priya}");
        let refused = app.call(Method::PATCH, &path, Some(&app.key), Some(body)).await;
        assert!(refused.status.is_client_error(), "{day}: {}", refused.text);
    }
    app.end().await;
}
