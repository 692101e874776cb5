//! Feed and board as the demo shows them to anybody: escaped, with the evidence marked.
use plaudit::web::{self, Web};
use poem::{EndpointExt, endpoint::BoxEndpoint, http::Method, test::TestClient};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{Answer, TestApp};

struct Demo {
    app: TestApp,
    pages: TestClient<BoxEndpoint<'static>>,
    leeds: Uuid,
    priya: Uuid,
}

impl Demo {
    async fn start() -> Demo {
        let app = TestApp::start().await;
        let north = app.site("North", None).await.id;
        let leeds = app.site("Leeds", Some(north)).await.id;
        let boss = app.person("Ruth", "Adler", Some(leeds), None).await.id;
        let priya = app.person("Priya", "Nair", Some(leeds), Some(boss)).await.id;
        let words = "Priya Nair was so kind and helpful, thank you Priya! <script>alert(1)</script>";
        app.post("/v1/comments", json!({"text": words, "site": "Leeds"}))
            .await
            .expect(201);
        app.work().await;
        let web = Web::new(app.app(), CancellationToken::new()).for_demo();
        let pages = TestClient::new(web::routes(web).map_to_response().boxed());
        Demo {
            app,
            pages,
            leeds,
            priya,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::read(self.pages.request(Method::GET, path).send().await).await
    }
}

#[tokio::test]
async fn the_feed_shows_the_words_escaped_with_the_evidence_marked() {
    let demo = Demo::start().await;
    for path in [
        "/feed".to_owned(),
        format!("/feed/staff/{}", demo.priya),
        format!("/feed/site/{}", demo.leeds),
    ] {
        let page = demo.get(&path).await.expect(200);
        assert!(page.text.contains("<mark>Priya Nair</mark>"), "{}", page.text);
        assert!(!page.text.contains("<script>alert"), "{path}");
    }
    demo.get(&format!("/feed/staff/{}", Uuid::nil()))
        .await
        .expect(404);
    demo.get("/feed/site/north").await.expect(404);
    demo.app.end().await;
}

#[tokio::test]
async fn the_board_of_a_team_is_shown_where_only_teams_have_one() {
    let demo = Demo::start().await;
    let page = demo.get("/board").await.expect(200);
    assert!(
        page.text.contains("Priya Nair") && page.text.contains("Ruth Adler"),
        "{}",
        page.text
    );
    let site = demo.get(&format!("/board?site={}", demo.leeds)).await.expect(200);
    assert!(!site.text.contains("Priya Nair"), "{}", site.text);
    demo.app.end().await;
}

#[tokio::test]
async fn a_visitor_of_the_demo_becomes_somebody_by_a_click() {
    let demo = Demo::start().await;
    let account = demo.app.signing_in(demo.priya).await;
    let answer = demo.get(&format!("/demo/as/{}", account.id)).await.expect(303);
    let cookie = answer.header("set-cookie");
    let cookie = cookie.split(';').next().unwrap();
    let request = demo.pages.get("/me").header("cookie", cookie);
    let page = Answer::read(request.send().await).await.expect(200);
    assert!(page.text.contains("<title>Priya Nair"), "{}", page.text);
    demo.get("/me").await.expect(303);
    demo.app.end().await;
}

#[tokio::test]
async fn outside_the_demo_nobody_sees_feed_or_board_without_a_sign_in() {
    let demo = Demo::start().await;
    for path in ["/feed", "/board"] {
        let answer = demo.app.page(path).await.expect(303);
        assert_eq!(
            answer.header("location"),
            format!("/sign-in?to=%2F{}", &path[1..])
        );
    }
    let account = demo.app.signing_in(demo.priya).await;
    demo.app
        .page(&format!("/demo/as/{}", account.id))
        .await
        .expect(404);
    demo.app.end().await;
}
