//! Every page and mail is valid HTML that can be read without seeing it, fetches nothing from strangers and is light.
use plaudit::template::{self, Templates};

use crate::support::{
    TestApp,
    form::token_of,
    html::{addresses, faults},
};

#[test]
fn every_template_with_every_sample_is_valid() {
    let folder = tempfile::TempDir::new().unwrap();
    template::preview(&Templates::load(None).unwrap(), folder.path()).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "html") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let html = std::fs::read_to_string(&path).unwrap();
        assert_eq!(faults(&html, name.starts_with("email-")), [""; 0], "{name}");
        count += 1;
    }
    assert!(count > 100, "{count} files");
}

#[test]
fn a_fault_is_found() {
    let head = "<!DOCTYPE html><html lang=\"en\" dir=\"ltr\"><head><title>x</title></head><body><h1>x</h1>";
    assert_eq!(faults(head, false), [""; 0]);
    for wrong in [
        "<p></div>",
        "<h1>y</h1>",
        "<img src=\"/x\">",
        "<input name=\"x\">",
        "<b id=\"x\"></b><i id=\"x\"></i>",
        "<label for=\"nothing\">x</label>",
        "<p style=\"color: red\">x</p>",
        "<a href=\"x\" href=\"y\">z</a>",
    ] {
        assert_ne!(faults(&format!("{head}{wrong}"), false), [""; 0], "{wrong}");
    }
}

/// The pages that customers see, with their answers' headers.
async fn public_pages(app: &TestApp) -> Vec<crate::support::Answer> {
    let token = token_of(&app.page("/thank/shop").await.text);
    let fields = [
        ("token", token.as_str()),
        ("words", "Priya Nair was so kind, thank you Priya!"),
    ];
    let receipt = app
        .send_form("/thank/shop", &fields)
        .await
        .expect(303)
        .header("location");
    let wrong = [
        ("token", token.as_str()),
        ("words", ""),
        ("email", "x"),
        ("when", "2999-01-01"),
    ];
    let mut pages = vec![
        app.page(&receipt).await,
        app.send_form("/thank/shop", &wrong).await.expect(422),
    ];
    for path in [
        "/thank/shop",
        "/thank/shop?lang=de",
        "/thank/shop/leeds",
        "/thank/nobody",
        &format!("{receipt}?lang=de"),
    ] {
        pages.push(app.page(path).await);
    }
    pages
}

#[tokio::test]
async fn public_pages_are_valid_light_and_fetch_nothing_from_strangers() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", Some(leeds.id), Some(boss.id)).await;
    for page in public_pages(&app).await {
        assert_eq!(faults(&page.text, false), [""; 0], "{}", page.text);
        let mut weight = page.text.len();
        for address in addresses(&page.text) {
            assert!(
                !address.starts_with("//") && address.starts_with(['/', '#']),
                "{address}"
            );
            let is_fetched = ["/static/", "/brand/"]
                .iter()
                .any(|lead| address.starts_with(lead));
            if is_fetched {
                weight += app.page(&address).await.expect(200).text.len();
            }
        }
        assert!(weight < 30_000, "{weight} bytes: {}", page.text);
    }
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn browsers_are_told_to_run_and_style_nothing_that_stands_in_a_page() {
    let app = TestApp::start().await;
    for page in public_pages(&app).await {
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(
            !policy.contains("unsafe") && !policy.contains("http:") && !policy.contains('*'),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
    app.work().await;
    app.end().await;
}
