//! Somebody at an address who opens forms and sends them.
use std::{net::Ipv4Addr, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Client;

/// A person or a program at an address.
#[derive(Clone)]
pub(super) struct Sender {
    client: Client,
    form: String,
}

impl Sender {
    /// Connections come from this address.
    pub(super) fn from(form: &str, address: Ipv4Addr) -> Sender {
        let client = Client::builder()
            .local_address(Some(address.into()))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .build()
            .unwrap();
        Sender {
            client,
            form: form.to_owned(),
        }
    }

    /// Opens the form; its hidden token.
    pub(super) async fn open(&self) -> String {
        let answer = self.client.get(&self.form).send().await.unwrap();
        let page = answer.text().await.unwrap();
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends the form; the status of the answer, or what was there instead.
    pub(super) async fn send(&self, fields: &[(&str, &str)]) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, text)| format!("{name}={}", encode(text)))
            .collect();
        let request = self.client.post(&self.form).body(pairs.join("&"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        match request.send().await {
            Ok(answer) => answer.status().as_str().to_owned(),
            Err(failed) => format!("not at all: {failed}"),
        }
    }
}

/// What the script of the page writes when somebody types: the token's first part, backwards.
pub(super) fn hand(token: &str) -> String {
    let (nonce, _) = token.split_once('.').unwrap();
    nonce.chars().rev().collect()
}
