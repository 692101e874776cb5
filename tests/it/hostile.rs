//! What customers write is shown as they wrote it, and does nothing.
use crate::support::{TestApp, form::token_of};

const STRINGS: [&str; 18] = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "\" onfocus=\"alert(1)\" autofocus=\"",
    "</title><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{page.organisation}} {{{words}}} {{> head}}",
    "${7*7} <%= 7*7 %> #{7*7}",
    "=HYPERLINK(\"http://127.0.0.1\",\"x\")",
    "\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "\u{202e}gnp.exe\u{202c}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!-- --><![CDATA[x]]>",
    "<a href=//evil.example>x</a>",
    "<style>*{display:none}</style>",
    "\u{feff}\u{2028}\u{2029}x\u{7}",
    "`;alert(1)//",
];

/// What must never stand in a page as markup.
const MARKUP: [&str; 10] = [
    "<script>alert",
    "<img src=x",
    "<svg/onload",
    "<style>*",
    "<a href=//evil",
    "\" onfocus=\"alert",
    "' onfocus='alert",
    "<![CDATA[x",
    "\u{202e}",
    "\u{7}",
];

fn assert_inert(page: &str, of: &str) {
    for markup in MARKUP {
        assert!(!page.contains(markup), "{of:?} comes out as {markup:?}: {page}");
    }
    assert_eq!(
        page.matches("<textarea").count(),
        page.matches("</textarea>").count(),
        "{of:?}"
    );
    assert_eq!(page.matches("<html").count(), 1, "{of:?}");
}

#[tokio::test]
async fn hostile_words_do_nothing_on_the_form_and_the_receipt() {
    let app = TestApp::start_with("[limits]\nform_per_minute = 1000").await;
    for hostile in STRINGS {
        let token = token_of(&app.page("/thank/shop").await.expect(200).text);
        let with = |email: &'static str| {
            [
                ("token", token.as_str()),
                ("words", hostile),
                ("who", hostile),
                ("when", hostile),
                ("name", hostile),
                ("email", email),
                ("site", ""),
            ]
        };
        let refused = app.send_form("/thank/shop", &with("nobody")).await.expect(422);
        assert_inert(&refused.text, hostile);
        let sent = app.send_form("/thank/shop", &with("")).await.expect(303);
        assert_eq!(sent.headers.get("set-cookie"), None);
        let receipt = sent.header("location");
        assert_inert(&app.page(&receipt).await.expect(200).text, hostile);
        let too_long = format!("{hostile}{}", "x".repeat(4000));
        let refused = app
            .send_form(&format!("{receipt}/correct"), &[("words", &too_long)])
            .await
            .expect(422);
        assert_inert(&refused.text, hostile);
    }
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn hostile_addresses_do_nothing() {
    let app = TestApp::start().await;
    for hostile in [
        "/thank/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/thank/shop/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/r/%0d%0aSet-Cookie:%20a=b",
        "/thank/shop?lang=%3Cscript%3Ealert(1)",
        "/static/%2e%2e%2f%2e%2e%2fCargo.toml",
        "/brand/%3Cscript%3Ealert.css",
    ] {
        let answer = app.page(hostile).await;
        assert!(
            matches!(answer.status.as_u16(), 200 | 404),
            "{hostile}: {}",
            answer.status
        );
        assert_inert(&answer.text, hostile);
        assert_eq!(answer.headers.get("set-cookie"), None, "{hostile}");
    }
    app.end().await;
}

#[tokio::test]
async fn a_site_s_hostile_name_does_nothing_on_its_form_and_receipt() {
    let app = TestApp::start().await;
    let site = app
        .site("<script>alert(1)</script> \"><img src=x onerror=alert(1)>", None)
        .await;
    assert_inert(
        &app.page("/thank/shop").await.expect(200).text,
        "the list of sites",
    );
    let path = format!("/thank/shop/{}", site.slug);
    let form = app.page(&path).await.expect(200);
    assert_inert(&form.text, "the form");
    let fields = [("token", &*token_of(&form.text)), ("words", "Kind.")];
    let sent = app.send_form(&path, &fields).await.expect(303);
    assert_inert(
        &app.page(&sent.header("location")).await.expect(200).text,
        "the receipt",
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn public_pages_weigh_less_than_30_kilobytes_with_all_that_they_fetch() {
    let app = TestApp::start().await;
    app.site("Leeds", None).await;
    for path in ["/thank/shop", "/thank/shop/leeds", "/thank/nobody"] {
        let page = app.page(path).await;
        let mut fetched = page.text.len();
        for address in addresses(&page.text) {
            assert!(
                address.starts_with('/') && !address.starts_with("//"),
                "{path} asks {address}"
            );
            fetched += app.page(&address).await.expect(200).text.len();
        }
        assert!(fetched < 30_000, "{path}: {fetched} bytes");
    }
    app.end().await;
}

/// Everything that a browser fetches with a page.
fn addresses(page: &str) -> Vec<String> {
    let elements = page.split('<').filter(|element| {
        ["link ", "script ", "img "]
            .iter()
            .any(|name| element.starts_with(name))
    });
    let address = |element: &str| {
        let rest = ["href=\"", "src=\""]
            .iter()
            .find_map(|name| element.split_once(name))?
            .1;
        rest.split('"')
            .next()
            .map(|address| address.replace("&#x3D;", "="))
    };
    elements.filter_map(address).collect()
}
