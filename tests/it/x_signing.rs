//! Who we are to X, and what becomes of our secrets.

use chrono::TimeDelta;
use plaudit::capture::{
    remote::{Cause, ReadError, Remedy},
    x::{Client, Credentials, Range, Snowflake},
};
use serde_json::json;

use crate::{
    fake_x::{BEARER, COMPANY, Endpoint, FakeX, KEYS, clients::*},
    support::python,
};

#[tokio::test]
async fn both_ways_of_signing_are_accepted() {
    let fake = FakeX::start(1).await;
    for client in [client(&fake), app_client(&fake)] {
        let account = client.verify("@ACME").await.unwrap();
        assert_eq!((account.id, account.handle.as_str()), (company(&fake), COMPANY));
    }
    let asked: Vec<_> = fake.calls().iter().map(|call| call.endpoint.unwrap()).collect();
    assert_eq!(asked, [Endpoint::Me, Endpoint::ByHandle]);
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_signature_covers_every_character_of_a_rule() {
    let fake = FakeX::start(1).await;
    let rule = "\"thank you\" (Zoë OR Müller OR 😊) 100% + ~ * ' ! a=b&c=d;e,f/g?h#i 中";
    client(&fake)
        .search(rule, Range::After(Snowflake::first_at(fake.now())), None)
        .await
        .unwrap();
    assert_eq!(fake.calls()[0].request.parameter("query"), Some(rule));
}

/// Where oauthlib is not installed the fake's own check above stands alone.
#[tokio::test]
async fn signatures_are_right_in_the_eyes_of_oauthlib() {
    let fake = FakeX::start(1).await;
    let client = client(&fake);
    let rule = "\"thank you\" (Zoë OR 😊) 100% + ~ * ' ! a=b&c=d;e,f/g?h#i 中";
    let page = client.search(rule, Range::All, None).await.unwrap();
    assert!(page.posts.is_empty());
    client
        .mentions(company(&fake), Range::From(fake.now()), Some("before12345"))
        .await
        .unwrap();
    client.check(&[id(1), id(2)]).await.unwrap();
    client.verify(COMPANY).await.unwrap();

    let script = "fake_x/check_signatures.py";
    let Some(output) = python::ask("oauthlib", script, &[], &signed_requests(&fake)) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        (output.status.code(), said.trim()),
        (Some(0), "4 signatures, 0 wrong"),
        "{output:?}"
    );
}

fn signed_requests(fake: &FakeX) -> String {
    let requests: Vec<_> = fake
        .calls()
        .iter()
        .map(|call| &call.request)
        .map(|request| {
            let authorization = request.header("authorization");
            json!({"method": request.method, "target": request.target, "authorization": authorization})
        })
        .collect();
    json!({"base_url": fake.base_url(), "consumer_secret": KEYS.consumer_secret, "token_secret": KEYS.token_secret,
        "requests": requests})
    .to_string()
}

#[tokio::test]
async fn wrong_keys_stop_the_reader_whichever_is_wrong() {
    let fake = FakeX::start(1).await;
    let right = [KEYS.consumer, KEYS.consumer_secret, KEYS.token, KEYS.token_secret];
    let wrong_ones = (0..4).map(|position| {
        let mut keys = right;
        keys[position] = "wrong";
        Credentials::account(keys[0], keys[1], keys[2], keys[3]).unwrap()
    });
    for credentials in wrong_ones.chain([Credentials::app("wrong").unwrap()]) {
        let client = Client::new(settings(&fake, credentials));
        let error = client
            .mentions(company(&fake), Range::All, None)
            .await
            .unwrap_err();
        assert_eq!(error.remedy(fake.now()), Remedy::Stop(Cause::Credentials));
    }
}

#[tokio::test]
async fn a_wrong_clock_is_named_as_such() {
    let fake = FakeX::start(1).await;
    fake.set_clock_error(TimeDelta::minutes(10));
    let error = client(&fake).verify(COMPANY).await.unwrap_err();
    assert_eq!(error.remedy(fake.now()), Remedy::Stop(Cause::Clock));
}

#[tokio::test]
async fn nothing_a_person_types_can_make_the_client_panic() {
    let fake = FakeX::start(1).await;
    let client = app_client(&fake);
    for handle in ["", "a b", "a/b", "../users/me", "ä", "far_too_long_for_a_handle"] {
        let error = client.verify(handle).await.unwrap_err();
        assert_eq!(
            error.remedy(fake.now()),
            Remedy::Stop(Cause::Settings),
            "{handle}"
        );
    }
    for rule in ["", "  ", "x".repeat(513).as_str()] {
        assert!(client.search(rule, Range::All, None).await.is_err());
    }
    assert!(client.check(&[]).await.is_err() && client.check(&[id(1); 101]).await.is_err());
    assert!(fake.calls().is_empty());
}

#[tokio::test]
async fn secrets_are_in_no_error_and_no_debug() {
    let fake = FakeX::start(1).await;
    let clients = [client(&fake), app_client(&fake)];
    let account = company(&fake);
    drop(fake);
    for client in clients {
        let error = client.mentions(account, Range::All, None).await.unwrap_err();
        assert!(matches!(error, ReadError::Connection(_)), "{error:?}");
        let shown = format!("{client:?} {error:?} {error}");
        for secret in [
            KEYS.consumer,
            KEYS.consumer_secret,
            KEYS.token,
            KEYS.token_secret,
            BEARER,
        ] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn only_the_transport_of_x_names_egg_mode() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut named_in = Vec::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).is_ok_and(|text| text.contains("egg_mode")) {
                named_in.push(path.strip_prefix(&source).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(named_in, ["capture/x/transport.rs"]);
}
