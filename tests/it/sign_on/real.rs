//! The same against a provider that others wrote: PyPI's oidc-provider-mock, which signs by RSA and tells the time by the
//! machine's clock. It is run with `PLAUDIT_TEST_PYTHON` (or python3). Where it is not installed this says so and is skipped,
//! unless `PLAUDIT_TEST_PYTHON` is set: then it fails.
use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use plaudit::{
    platform::clock::Clock,
    sign_on::{provider, trial},
};
use reqwest::redirect::Policy;
use serde_json::json;

use super::{Browser, provider_at};
use crate::{reading::SEALING, support::TestApp};

struct Mock {
    process: Child,
    issuer: String,
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Mock {
    /// None where it is not installed.
    async fn start(client: &reqwest::Client) -> Option<Mock> {
        let chosen = std::env::var("PLAUDIT_TEST_PYTHON").ok();
        let python = chosen.as_deref().unwrap_or("python3");
        let found = Command::new(python)
            .args(["-W", "ignore", "-c", "import oidc_provider_mock"])
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            assert!(
                chosen.is_none(),
                "oidc-provider-mock is not installed beside PLAUDIT_TEST_PYTHON"
            );
            eprintln!("!! oidc-provider-mock is not installed: SIGN-ON IS NOT TRIED AGAINST IT");
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let priya =
            json!({ "sub": "s-priya", "email": "priya@example.org", "email_verified": true }).to_string();
        let process = Command::new(python)
            .args([
                "-W",
                "ignore",
                "-m",
                "oidc_provider_mock",
                "--require-nonce",
                "true",
            ])
            .args(["--port", &port.to_string(), "--user-claims", &priya])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mock = Mock {
            process,
            issuer: format!("http://127.0.0.1:{port}"),
        };
        for _ in 0..300 {
            if client.get(&mock.issuer).send().await.is_ok() {
                return Some(mock);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("oidc-provider-mock does not answer");
    }

    /// Signs in on the provider's page as this subject; the path and query to come back to.
    async fn lets_in(&self, client: &reqwest::Client, address: &str, subject: &str) -> String {
        let answer = client
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("sub={subject}"))
            .send()
            .await
            .unwrap();
        let back = answer.headers()["location"].to_str().unwrap().to_owned();
        format!("/{}", back.splitn(4, '/').nth(3).unwrap())
    }
}

#[tokio::test]
async fn people_sign_in_and_out_at_oidc_provider_mock() {
    let app = TestApp::start_with(SEALING).await;
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let Some(mock) = Mock::start(&client).await else {
        return app.end().await;
    };
    // It signs by the machine's clock.
    app.advance(Clock::System.now() - app.clock.now());
    app.person("Priya", "Nair", None, None).await;
    let new = provider_at(&mock.issuer);
    let made = provider::add(&app.sign_on(), app.organisation.id, new, "cli")
        .await
        .unwrap();
    trial::test(&app.sign_on(), &made).await.unwrap();
    let begin = format!("/sign-on/{}", made.id);
    let mut browser = Browser::new(&app);
    let begun = browser.get(&begin).await.expect(303);
    let back = mock.lets_in(&client, &begun.header("location"), "s-priya").await;
    browser.get(&back).await.expect(303);
    let me = browser.get("/me").await.expect(200);
    assert!(me.text.contains("Priya Nair"), "{}", me.text);
    let out = browser.post("/me/sign-out").await.expect(200);
    assert!(
        out.text.contains(&format!("{}/oauth2/end_session?", mock.issuer)),
        "{}",
        out.text
    );
    assert!(!browser.is_signed_in().await);
    // Somebody whose address it has not verified.
    let begun = browser.get(&begin).await.expect(303);
    let back = mock
        .lets_in(&client, &begun.header("location"), "tom%40example.org")
        .await;
    assert!(
        browser
            .get(&back)
            .await
            .expect(403)
            .text
            .contains("that account cannot be used here")
    );
    app.end().await;
}
