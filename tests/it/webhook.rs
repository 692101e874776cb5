//! Webhooks to a strict endpoint: signed as the Standard Webhooks say, one id however often, ids and no words.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::TimeDelta;
use entity::{delivery, notice};
use plaudit::deliver::channel::manage::{self, NewChannel};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::{
    reading::SEALING,
    support::{
        python,
        smtp::Sink,
        telling::{PRAISE, Shop},
    },
};

#[derive(Clone, Debug)]
pub struct Call {
    headers: HashMap<String, String>,
    pub body: String,
}

/// Answers with the statuses it was given, in turn; then with 204. `slow` is a 204 that takes a moment. What follows a
/// `|` is the body.
pub struct Endpoint {
    address: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Endpoint {
    pub async fn start(statuses: &[&'static str]) -> Endpoint {
        Endpoint::ending_in(statuses, "204 No Content").await
    }

    /// One that answers something else in the end.
    pub async fn ending_in(statuses: &[&'static str], last: &'static str) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hooks/plaudit", listener.local_addr().unwrap());
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (seen, statuses) = (calls.clone(), statuses.to_vec());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, seen.clone(), statuses.clone(), last));
            }
        });
        Endpoint { address, calls }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn answer(
    stream: TcpStream,
    seen: Arc<Mutex<Vec<Call>>>,
    statuses: Vec<&'static str>,
    last: &'static str,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_until(b'\n', &mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("POST /hooks/plaudit HTTP/1.1\r\n"), "{head}");
        let headers: HashMap<String, String> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        let turn = {
            let mut seen = seen.lock().unwrap();
            seen.push(Call { headers, body });
            seen.len() - 1
        };
        let mut status = statuses.get(turn).copied().unwrap_or(last);
        if status == "slow" {
            tokio::time::sleep(Duration::from_millis(300)).await;
            status = "204 No Content";
        }
        let (status, body) = status.split_once('|').unwrap_or((status, ""));
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(reply.as_bytes()).await.unwrap();
    }
}

pub async fn shop() -> (Shop, Sink) {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&format!("{SEALING}{}", sink.settings())).await;
    (shop, sink)
}

pub async fn add(shop: &Shop, endpoint: &Endpoint) -> (Uuid, SecretString) {
    let new = new("webhook", endpoint);
    let (made, secret) = manage::add(&shop.app.deliver(), shop.app.organisation.id, new, "cli")
        .await
        .unwrap();
    (made.id, secret.unwrap())
}

pub fn new(kind: &str, endpoint: &Endpoint) -> NewChannel {
    NewChannel {
        kind: kind.to_owned(),
        name: "Intranet".to_owned(),
        address: endpoint.address.clone(),
        with_words: true,
    }
}

#[tokio::test]
async fn praise_is_told_to_an_endpoint_once_by_ids_and_to_the_manager_by_mail() {
    let (shop, sink) = shop().await;
    let endpoint = Endpoint::start(&[]).await;
    let (_, secret) = add(&shop, &endpoint).await;
    let comment = shop.say(PRAISE).await;
    shop.app.work().await;
    let calls = endpoint.calls();
    assert_eq!((calls.len(), sink.received().len()), (1, 1));
    let event: Value = serde_json::from_str(&calls[0].body).unwrap();
    assert_eq!(event["type"], "recognition.created");
    assert_eq!(event["data"]["comment_id"], comment.to_string());
    assert_eq!(
        event["data"]["recognitions"][0]["staff_id"],
        shop.priya.id.to_string()
    );
    assert!(
        !calls[0].body.contains("Priya") && !calls[0].body.contains("kind"),
        "{}",
        calls[0].body
    );
    verified_by_the_library(&calls[0], &[secret]);
    let outbox = shop.app.deliveries().await;
    let kinds: Vec<&str> = outbox.iter().map(|row| row.channel.as_str()).collect();
    assert_eq!(outbox.len(), 2);
    assert!(kinds.contains(&"mail") && kinds.contains(&"webhook"));
    assert!(
        outbox
            .iter()
            .all(|row| row.state == delivery::State::Accepted && row.attempt == 1)
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_repeated_delivery_bears_the_same_id_and_holds_up_no_mail() {
    let (shop, sink) = shop().await;
    let endpoint = Endpoint::start(&["503 Busy", "302 Elsewhere", "429 Slow down"]).await;
    add(&shop, &endpoint).await;
    shop.say(PRAISE).await;
    for _ in 0..4 {
        shop.app.work().await;
        shop.app.advance(TimeDelta::hours(3));
    }
    let calls = endpoint.calls();
    assert_eq!((calls.len(), sink.received().len()), (4, 1));
    assert!(
        calls
            .iter()
            .all(|call| call.headers["webhook-id"] == calls[0].headers["webhook-id"])
    );
    let times: Vec<&String> = calls
        .iter()
        .map(|call| &call.headers["webhook-timestamp"])
        .collect();
    assert!(
        times.windows(2).all(|pair| pair[0] < pair[1]),
        "the time is that of the attempt"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn after_a_change_both_secrets_sign() {
    let (shop, _sink) = shop().await;
    let endpoint = Endpoint::start(&[]).await;
    let (id, before) = add(&shop, &endpoint).await;
    let after = manage::rotate(&shop.app.deliver(), shop.app.organisation.id, id, "cli")
        .await
        .unwrap();
    assert_ne!(before.expose_secret(), after.expose_secret());
    shop.say(PRAISE).await;
    shop.app.work().await;
    verified_by_the_library(&endpoint.calls()[0], &[before, after]);
    shop.app.end().await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_ends_and_what_waits_for_a_removed_one_goes_to_the_next_or_to_mail() {
    let (shop, sink) = shop().await;
    shop.app.administrator("admin@example.org").await;
    let (gone, busy, fine) = (
        Endpoint::start(&["410 Gone"]).await,
        Endpoint::start(&["503 Busy"]).await,
        Endpoint::start(&[]).await,
    );
    add(&shop, &gone).await;
    let (busy_id, _) = add(&shop, &busy).await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    assert_eq!((gone.calls().len(), busy.calls().len()), (1, 1));
    let (fine_id, _) = add(&shop, &fine).await;
    manage::remove(&shop.app.deliver(), shop.app.organisation.id, busy_id, "cli")
        .await
        .unwrap();
    shop.app.advance(TimeDelta::hours(1));
    shop.app.work().await;
    assert_eq!((busy.calls().len(), fine.calls().len()), (1, 1));
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    shop.app.work_on(plaudit::platform::job::Kind::Attribute).await;
    shop.app.work_on(plaudit::platform::job::Kind::Route).await;
    manage::remove(&shop.app.deliver(), shop.app.organisation.id, fine_id, "cli")
        .await
        .unwrap();
    shop.app.work().await;
    assert_eq!((gone.calls().len(), fine.calls().len()), (1, 1));
    let to_admin = sink
        .received()
        .iter()
        .filter(|mail| mail.to == "admin@example.org")
        .count();
    assert_eq!(to_admin, 1);
    let states: Vec<notice::State> = shop
        .app
        .notices()
        .await
        .iter()
        .map(|notice| notice.state)
        .collect();
    assert!(!states.contains(&notice::State::Waiting), "{states:?}");
    shop.app.end().await;
}

#[tokio::test]
async fn an_address_in_a_private_network_is_refused_and_so_is_plain_http() {
    let (shop, _sink) = shop().await;
    for address in [
        "http://example.org/hook",
        "https://10.0.0.7/hook",
        "ftp://example.org",
        "words",
    ] {
        let new = NewChannel {
            kind: "webhook".to_owned(),
            name: "Intranet".to_owned(),
            address: address.to_owned(),
            with_words: true,
        };
        assert!(
            manage::add(&shop.app.deliver(), shop.app.organisation.id, new, "cli")
                .await
                .is_err(),
            "{address}"
        );
    }
    shop.app.end().await;
}

/// Asks the `standardwebhooks` package. Where it is not installed the vector of the specification stands alone.
fn verified_by_the_library(call: &Call, secrets: &[SecretString]) {
    let secrets: Vec<&str> = secrets.iter().map(ExposeSecret::expose_secret).collect();
    let question = json!({ "headers": call.headers, "body": call.body, "secrets": secrets }).to_string();
    let Some(output) = python::ask("standardwebhooks", "check_webhook.py", &[], &question) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim(),
        format!("{} of {} verify", secrets.len(), secrets.len()),
        "{output:?}"
    );
}
