//! A small IMAP server on loopback that says what no real one should.
use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::support::telling::PRAISE;

/// What is said to a command before it is called done, where it is not what a server should say.
type Instead = dyn Fn(&str) -> Option<String> + Send + Sync;

/// A mailbox with mails of praise, numbered from 1.
#[derive(Clone)]
pub(crate) struct FakeImap {
    pub(crate) port: u16,
    mails: u32,
    said: Arc<Mutex<Vec<String>>>,
    instead: Arc<Instead>,
}

impl FakeImap {
    pub(crate) async fn start(
        mails: u32,
        instead: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> FakeImap {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = FakeImap {
            port: listener.local_addr().unwrap().port(),
            mails,
            said: Arc::default(),
            instead: Arc::new(instead),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(client));
            }
        });
        server
    }

    /// What clients said that begins like this.
    pub(crate) fn said(&self, beginning: &str) -> Vec<String> {
        let mut said = self.said.lock().unwrap().clone();
        said.retain(|command| command.starts_with(beginning));
        said
    }

    async fn serve(self, client: TcpStream) -> Option<()> {
        let (from, mut to) = client.into_split();
        let greeting = (self.instead)("").unwrap_or_else(|| "* OK at your service\r\n".to_owned());
        to.write_all(greeting.as_bytes()).await.ok()?;
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let (tag, command) = line.split_once(' ')?;
            self.said.lock().unwrap().push(command.to_owned());
            let answer = (self.instead)(command).unwrap_or_else(|| self.answer(command));
            let answer = format!("{answer}{tag} OK done\r\n");
            to.write_all(answer.as_bytes()).await.ok()?;
        }
        None
    }

    fn answer(&self, command: &str) -> String {
        let words: Vec<&str> = command.split([' ', ':']).collect();
        let all = 1..=self.mails;
        match words.as_slice() {
            ["CAPABILITY"] => "* CAPABILITY IMAP4rev1 MOVE\r\n".to_owned(),
            ["SELECT", ..] => "* OK [UIDVALIDITY 7] as ever\r\n".to_owned(),
            ["UID", "SEARCH", "UID", from, "*"] => found(from.parse().unwrap()..=self.mails),
            ["UID", "SEARCH", ..] => found(all),
            ["UID", "FETCH", .., "INTERNALDATE)"] => all
                .map(|uid| {
                    format!("* {uid} FETCH (UID {uid} INTERNALDATE \"22-Nov-2026 10:00:00 +0000\")\r\n")
                })
                .collect(),
            ["UID", "FETCH", uid, ..] => {
                let mail =
                    format!("From: c@post.example\r\nMessage-ID: <{uid}@post.example>\r\n\r\n{PRAISE}\r\n");
                let length = mail.len();
                format!("* {uid} FETCH (UID {uid} BODY[]<0> {{{length}}}\r\n{mail})\r\n")
            }
            _ => String::new(),
        }
    }
}

fn found(uids: impl Iterator<Item = u32>) -> String {
    let uids: String = uids.map(|uid| format!(" {uid}")).collect();
    format!("* SEARCH{uids}\r\n")
}
