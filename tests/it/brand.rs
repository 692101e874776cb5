//! An organisation's name, colour and logo, as customers see them.
use entity::grant::Role;
use plaudit::access::Scope;
use poem::http::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

/// A red picture of one pixel.
fn png(width: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, 1);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer
        .write_image_data(&[200, 0, 0].repeat(width as usize))
        .unwrap();
    writer.finish().unwrap();
    file
}

async fn put_logo(app: &TestApp, key: &str, file: Vec<u8>) -> Answer {
    let request = app
        .web()
        .put("/v1/organisation/logo")
        .header("authorization", format!("Bearer {key}"))
        .content_type("image/png");
    Answer::read(request.body(file).send().await).await
}

async fn change(app: &TestApp, body: serde_json::Value) -> Answer {
    app.call(Method::PATCH, "/v1/organisation", Some(&app.key), Some(body))
        .await
}

#[tokio::test]
async fn the_organisation_s_colour_is_in_its_stylesheet_and_in_its_mails() {
    let app = TestApp::start().await;
    let before = app.page("/brand/shop.css").await.expect(200);
    change(&app, json!({ "colour": "#17486B" })).await.expect(200);
    let after = app.page("/brand/shop.css").await.expect(200);
    assert!(after.text.contains("--org: #17486b;"), "{}", after.text);
    assert_ne!(before.header("etag"), after.header("etag"));
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    app.post(
        "/v1/comments",
        json!({ "text": "Priya Nair was so kind, thank you Priya!" }),
    )
    .await
    .expect(201);
    app.work().await;
    let mail = app.mails().pop().unwrap();
    assert!(mail.raw.contains("#17486b"), "{}", mail.raw);
    change(&app, json!({ "colour": null })).await.expect(200);
    assert_eq!(app.page("/brand/shop.css").await.text, before.text);
    app.end().await;
}

#[tokio::test]
async fn a_colour_that_is_hard_to_read_is_made_darker_for_words() {
    let app = TestApp::start().await;
    change(&app, json!({ "colour": "#ffe600" })).await.expect(200);
    let sheet = app.page("/brand/shop.css").await.expect(200).text;
    let (light, _) = sheet.split_once("@media").unwrap();
    assert!(!light.contains("--link: #ffe600"), "{sheet}");
    app.end().await;
}

#[tokio::test]
async fn what_is_no_colour_or_no_page_is_refused_in_words() {
    let app = TestApp::start().await;
    let refused = change(&app, json!({ "colour": "red; } body { display: none" })).await;
    assert!(refused.expect(400).at("/detail").contains("colour"));
    let refused = change(&app, json!({ "colour": "blue" })).await.expect(422);
    assert!(
        refused.at("/detail").contains("for instance #135459"),
        "{}",
        refused.text
    );
    for url in [
        "javascript:alert(1)",
        "shop.example/privacy",
        "https://shop.example/ a",
        "",
    ] {
        let refused = change(&app, json!({ "privacy_url": url })).await.expect(422);
        assert!(refused.at("/detail").contains("https://"), "{}", refused.text);
    }
    app.end().await;
}

#[tokio::test]
async fn the_form_shows_the_logo_and_links_to_what_is_said_about_data() {
    let app = TestApp::start().await;
    let plain = app.page("/thank/shop").await.text;
    assert!(!plain.contains("/brand/shop.png") && plain.contains("<svg"));
    app.page("/brand/shop.png").await.expect(404);
    put_logo(&app, &app.key, png(1)).await.expect(200);
    change(&app, json!({ "privacy_url": "https://shop.example/privacy" }))
        .await
        .expect(200);
    let form = app.page("/thank/shop").await.text.replace("&#x3D;", "=");
    assert!(form.contains("href=\"https://shop.example/privacy\""), "{form}");
    let (_, rest) = form.split_once("<img src=\"").unwrap();
    let address = rest.split('"').next().unwrap();
    let request = app.web().get(address).send().await;
    assert_eq!(request.0.header("content-type"), Some("image/png"));
    assert_eq!(request.0.header("x-content-type-options"), Some("nosniff"));
    assert!(request.0.header("cache-control").unwrap().contains("immutable"));
    let picture = request.0.into_body().into_vec().await.unwrap();
    assert!(
        png::Decoder::new(std::io::Cursor::new(picture))
            .read_info()
            .is_ok()
    );
    app.end().await;
}

#[tokio::test]
async fn another_logo_has_another_address_and_none_is_none() {
    let app = TestApp::start().await;
    let first = put_logo(&app, &app.key, png(1)).await.expect(200).at("/logo");
    let second = put_logo(&app, &app.key, png(2)).await.expect(200).at("/logo");
    assert_ne!(first, second);
    let (_, theirs) = app.other_organisation().await;
    app.page("/brand/other.png").await.expect(404);
    app.call(Method::DELETE, "/v1/organisation/logo", Some(&theirs), None)
        .await
        .expect(200);
    assert_eq!(app.get("/v1/organisation").await.at("/logo"), second);
    let path = "/v1/organisation/logo";
    app.call(Method::DELETE, path, Some(&app.key), None)
        .await
        .expect(200);
    app.page("/brand/shop.png").await.expect(404);
    app.end().await;
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_the_old_one_stays() {
    let app = TestApp::start().await;
    put_logo(&app, &app.key, png(1)).await.expect(200);
    let refused = put_logo(&app, &app.key, b"<svg onload='alert(1)'/>".to_vec())
        .await
        .expect(422);
    assert!(refused.at("/detail").contains("no PNG"), "{}", refused.text);
    let refused = put_logo(&app, &app.key, vec![0; 102_401]).await.expect(422);
    assert!(
        refused.at("/detail").contains("at most 102400"),
        "{}",
        refused.text
    );
    let reader = app.key_for(&[Scope::RosterRead]).await;
    put_logo(&app, &reader, png(1)).await.expect(403);
    assert_eq!(app.web().get("/brand/shop.png").send().await.0.status(), 200);
    app.end().await;
}

/// Sends a picture as the page's form does.
async fn upload_logo(app: &TestApp, cookie: &str, file: &[u8], from: &str) -> Answer {
    let mut body = b"--x\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\n\
        Content-Type: image/png\r\n\r\n"
        .to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let request = app.web().post("/settings/logo").header("cookie", cookie);
    let request = request.header("sec-fetch-site", from);
    let request = request.content_type("multipart/form-data; boundary=x");
    Answer::read(request.body(body).send().await).await
}

async fn administrator(app: &TestApp) -> String {
    let account = app.account_with("ruth@example.org", Role::Administrator, None);
    app.sign_in(&account.await).await
}

#[tokio::test]
async fn an_administrator_uses_a_logo_sees_it_and_takes_it_away() {
    let app = TestApp::start().await;
    let cookie = administrator(&app).await;
    let settings = || app.page_as(&cookie, "/settings");
    let before = settings().await.expect(200).text;
    assert!(!before.contains("class=\"logo\"") && !before.contains("/settings/logo/remove"));
    upload_logo(&app, &cookie, &png(3), "same-origin")
        .await
        .expect(303);
    let shown = settings().await.expect(200).text;
    assert!(
        shown.contains("<img class=\"logo\" src=\"/brand/shop.png"),
        "{shown}"
    );
    assert!(app.page("/thank/shop").await.text.contains("/brand/shop.png"));
    app.form_as(&cookie, "/settings/logo/remove", &[])
        .await
        .expect(303);
    app.page("/brand/shop.png").await.expect(404);
    assert!(!settings().await.text.contains("class=\"logo\""));
    app.end().await;
}

#[tokio::test]
async fn a_logo_that_cannot_be_used_is_explained_beside_its_field_and_the_old_one_stays() {
    let app = TestApp::start().await;
    let cookie = administrator(&app).await;
    upload_logo(&app, &cookie, &png(3), "same-origin")
        .await
        .expect(303);
    let photo = vec![0; 900_000];
    let wide = png(2_001);
    let unusable: [(&[u8], &str); 4] = [
        (b"", "Choose a picture first."),
        (b"<svg onload='alert(1)'/>", "We couldn’t read this picture."),
        (&photo, "This picture is too large."),
        (&wide, "This picture is too large."),
    ];
    for (file, expected) in unusable {
        let page = upload_logo(&app, &cookie, file, "same-origin").await.expect(422);
        let (_, field) = page.text.split_once("id=\"logo-err\">").unwrap();
        assert!(field.starts_with(expected), "{}", &field[..200]);
        assert!(page.text.contains("aria-describedby=\"logo-hint logo-err\""));
        assert!(
            page.text.contains("/brand/shop.png"),
            "the old one is still shown"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn nobody_else_and_no_other_site_changes_the_logo() {
    let app = TestApp::start().await;
    let cookie = administrator(&app).await;
    let auditor = app.account_with("audit@example.org", Role::Auditor, None).await;
    let auditor = app.sign_in(&auditor).await;
    upload_logo(&app, &cookie, &png(1), "cross-site")
        .await
        .expect(403);
    upload_logo(&app, &auditor, &png(1), "same-origin")
        .await
        .expect(403);
    let signed_out = upload_logo(&app, "", &png(1), "same-origin").await.expect(303);
    assert!(signed_out.header("location").starts_with("/sign-in"));
    let page = app.page_as(&auditor, "/settings").await.expect(200).text;
    assert!(!page.contains("/settings/logo"), "{page}");
    app.page("/brand/shop.png").await.expect(404);
    app.end().await;
}
