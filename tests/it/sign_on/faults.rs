//! Providers that are away, slow, huge or wrong, and people who turn back: said in words, in the reader's language, while a
//! link by mail goes on working.
use chrono::TimeDelta;
use plaudit::sign_on::{provider, trial};
use serde_json::json;

use super::{Browser, Company, provider_at};
use crate::{
    fake_http::{Manner, Reply},
    support::Answer,
};

const AWAY: &str = "does not answer at the moment";
const WRONG: &str = "is not set up correctly";
const DISCOVERY: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn somebody_who_turns_back_is_told_so_and_may_try_again() {
    let company = Company::open().await;
    let mut browser = Browser::new(&company.app);
    for (error, text) in [
        ("access_denied", "it was cancelled there"),
        ("login_required", "it was cancelled there"),
        ("temporarily_unavailable", AWAY),
        ("unauthorized_client", WRONG),
        ("%3Cscript%3E", WRONG),
    ] {
        let back = company.begins(&mut browser, "").await;
        let (path, state) = (
            back.split_once('?').unwrap().0,
            back.split_once("state=").unwrap().1,
        );
        let answer = browser.get(&format!("{path}?error={error}&state={state}")).await;
        assert!(answer.text.contains(text), "{error}: {}", answer.text);
        assert!(!answer.text.contains("<script>"));
        assert!(answer.text.contains("Send me the link") && answer.text.contains("Continue with Shop ID"));
    }
    // Without a state nobody is told anything of it.
    let bare = format!("/sign-on/{}/return?error=access_denied", company.id);
    assert!(browser.get(&bare).await.text.contains("Begin again here"));
    company.app.end().await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_as_it_should_keeps_nobody_waiting() {
    let company = Company::open().await;
    let begin = format!("/sign-on/{}", company.id);
    let huge = "x".repeat(600 * 1024);
    let loops =
        Reply::json(302, &json!({})).with("location", format!("{}{DISCOVERY}", company.there.issuer()));
    for (reply, text) in [
        (Reply::json(500, &json!({})), AWAY),
        (Reply::json(200, &json!({})).sent(Manner::Disconnect), AWAY),
        (
            Reply::json(200, &json!({ "issuer": "x" })).sent(Manner::Cut),
            AWAY,
        ),
        (Reply::json(404, &json!({})), WRONG),
        (loops, WRONG),
        (Reply::json(200, &json!({ "issuer": huge })), WRONG),
        (Reply::html(200, "<h1>Welcome</h1>"), WRONG),
        (
            Reply::json(200, &json!({ "issuer": "https://login.other.example" })),
            WRONG,
        ),
    ] {
        let said = format!("{reply:?}");
        company.there.state().instead.insert(DISCOVERY, reply);
        let asked = company.there.state().asked.get(DISCOVERY).copied();
        for _ in 0..2 {
            let answer = company.app.page(&begin).await;
            assert!(answer.text.contains(text), "{:.80}: {}", said, answer.text);
            assert_eq!(answer.status, 502);
            assert!(answer.text.contains("Send me the link"));
        }
        let again = company.there.state().asked[DISCOVERY];
        assert_eq!(
            again,
            asked.unwrap_or_default() + 1,
            "whoever comes next does not wait"
        );
        company.app.advance(TimeDelta::seconds(31));
        company.there.state().now += 31;
    }
    company.there.state().instead.clear();
    company.comes().await.1.expect(303);
    company.app.end().await;
}

#[tokio::test]
async fn it_is_said_in_the_reader_s_language() {
    let company = Company::open().await;
    company
        .there
        .state()
        .instead
        .insert(DISCOVERY, Reply::json(500, &json!({})));
    let request = company.app.web().get(format!("/sign-on/{}", company.id));
    let answer = Answer::read(request.header("accept-language", "de").send().await).await;
    assert!(answer.text.contains("antwortet gerade nicht"), "{}", answer.text);
    company.app.end().await;
}

#[tokio::test]
async fn codes_that_cannot_be_turned_into_tokens_sign_nobody_in() {
    let company = Company::open().await;
    for (reply, text) in [
        (Reply::json(500, &json!({})), AWAY),
        (
            Reply::json(400, &json!({ "error": "invalid_grant" })),
            "Begin again here",
        ),
        (Reply::json(401, &json!({ "error": "invalid_client" })), WRONG),
        (
            Reply::json(200, &json!({ "access_token": "x", "token_type": "Bearer" })),
            "could not be trusted",
        ),
        (Reply::json(200, &json!({})).sent(Manner::Disconnect), AWAY),
    ] {
        let said = format!("{reply:?}");
        company.there.state().instead.insert("/token", reply);
        let (browser, answer) = company.comes().await;
        assert!(answer.text.contains(text), "{:.80}: {}", said, answer.text);
        assert!(!browser.is_signed_in().await);
    }
    company.app.end().await;
}

#[tokio::test]
async fn what_is_known_of_a_provider_is_kept_for_an_hour() {
    let company = Company::open().await;
    for _ in 0..3 {
        company.comes().await.1.expect(303);
    }
    let asked = || company.there.state().asked[DISCOVERY];
    assert_eq!(asked(), 1);
    company.app.advance(chrono::TimeDelta::minutes(61));
    company.there.state().now += 3660;
    company.comes().await.1.expect(303);
    assert_eq!(asked(), 2);
    company.app.end().await;
}

#[tokio::test]
async fn a_test_says_in_words_what_is_wrong() {
    let company = Company::open().await;
    let sign_on = company.app.sign_on();
    let own = company.app.organisation.id;
    let found = provider::find(company.app.db.read(), own, company.id)
        .await
        .unwrap();
    let said = async || {
        trial::test(&sign_on, &found)
            .await
            .map_err(|error| error.to_string())
    };
    assert_eq!(said().await, Ok(()));
    let metadata = |name: &str, value: serde_json::Value| {
        company.there.state().metadata = [(name.to_owned(), value)].into_iter().collect();
    };
    metadata("id_token_signing_alg_values_supported", json!(["HS256"]));
    assert!(said().await.unwrap_err().contains("set it to RS256"));
    metadata("token_endpoint", json!("http://login.example.com/token"));
    assert!(said().await.unwrap_err().contains("https://"));
    metadata("issuer", json!("https://login.other.example"));
    let wrong = said().await.unwrap_err();
    assert!(
        wrong.contains("calls itself otherwise") && wrong.contains("login.other.example"),
        "{wrong}"
    );
    company.there.state().metadata.clear();
    company.there.state().shows.clear();
    assert!(said().await.unwrap_err().contains("no key"));
    let missing = Reply::json(404, &json!({}));
    company.there.state().instead.insert(DISCOVERY, missing);
    assert!(
        said()
            .await
            .unwrap_err()
            .contains("there is none below this issuer")
    );
    // Nothing is asked in a private network that the operator has not listed.
    let private = provider::add(&sign_on, own, provider_at("https://10.0.0.1"), "cli").await;
    assert!(private.unwrap_err().to_string().contains("no public address"));
    company.app.end().await;
}
