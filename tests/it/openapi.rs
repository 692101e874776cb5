//! The API's description in the repository is the one that the service gives.
use plaudit::web::openapi;

use crate::support::TestApp;

#[test]
fn the_checked_in_description_is_the_generated_one() {
    let checked_in = include_str!("../../openapi/plaudit.v1.json");
    let generated = serde_json::to_string_pretty(&openapi::document()).unwrap();
    assert!(
        checked_in.trim_end() == generated,
        "openapi/plaudit.v1.json is not what the code says; run ./dev update, look at it and commit it"
    );
}

#[tokio::test]
async fn the_service_shows_its_description_and_a_page_to_try_it() {
    let app = TestApp::start().await;
    let served = app.page("/openapi.json").await.expect(200);
    assert_eq!(served.json(), openapi::document());
    let docs = app.page("/docs").await.expect(200);
    assert!(docs.text.contains("swagger-ui"));
    app.end().await;
}
