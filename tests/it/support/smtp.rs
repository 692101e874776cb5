//! A mail server that takes nothing on trust: it checks the conversation and the messages, and fails as a test says.
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use mail_parser::MessageParser;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::AbortHandle,
};

/// How the server fails.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Recipients it does not know.
    pub unknown: Vec<String>,
    /// How often it asks each recipient's sender to come back later.
    pub greylist: usize,
    /// How many messages it drops the connection in.
    pub close_in_message: usize,
    /// How many messages it takes without saying so.
    pub close_after_message: usize,
    /// How many messages it refuses for good.
    pub refuse_message: usize,
    /// How many answers to recipients it keeps back for longer than anybody waits.
    pub stall: usize,
}

/// A message that the server answered with 250, or took before it broke off.
#[derive(Clone, Debug)]
pub struct Received {
    pub to: String,
    pub raw: String,
    pub is_acknowledged: bool,
}

pub struct Sink {
    port: u16,
    state: Arc<Mutex<State>>,
    listening: Option<AbortHandle>,
}

#[derive(Default)]
struct State {
    faults: Faults,
    asked_back: HashMap<String, usize>,
    received: Vec<Received>,
    connections: usize,
    complaints: Vec<String>,
    open: Vec<AbortHandle>,
}

impl Sink {
    pub async fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut sink = Sink {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
            listening: None,
        };
        sink.serve(listener);
        sink
    }

    /// Settings under which mails go here.
    pub fn settings(&self) -> String {
        format!(
            "[mail]\ntransport = \"smtp\"\nsmtp_host = \"127.0.0.1\"\nsmtp_port = {}\nsmtp_encryption = \"none\"\n\
             smtp_timeout_seconds = 1\nfrom = \"Plaudit <plaudit@shop.example>\"\n\
             [server]\nbase_url = \"https://plaudit.example\"\n",
            self.port
        )
    }

    pub fn fail(&self, faults: Faults) {
        self.state.lock().unwrap().faults = faults;
    }

    /// Takes no connection any more, and ends those that are open.
    pub fn go_down(&mut self) {
        self.listening.take().unwrap().abort();
        for open in self.state.lock().unwrap().open.drain(..) {
            open.abort();
        }
    }

    pub async fn come_back(&mut self) {
        let listener = loop {
            match TcpListener::bind(("127.0.0.1", self.port)).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.serve(listener);
    }

    /// All that was taken, oldest first; the conversations must have been flawless.
    pub fn received(&self) -> Vec<Received> {
        let state = self.state.lock().unwrap();
        assert!(state.complaints.is_empty(), "{:?}", state.complaints);
        state.received.clone()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    fn serve(&mut self, listener: TcpListener) {
        let state = self.state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                state.lock().unwrap().connections += 1;
                let conversation = tokio::spawn(converse(stream, state.clone()));
                state.lock().unwrap().open.push(conversation.abort_handle());
            }
        });
        self.listening = Some(task.abort_handle());
    }
}

impl Received {
    pub fn header(&self, name: &str) -> String {
        let message = MessageParser::default().parse(self.raw.as_bytes()).unwrap();
        let raw = message
            .header_raw(name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.raw));
        raw.trim().to_owned()
    }

    pub fn subject(&self) -> String {
        let message = MessageParser::default().parse(self.raw.as_bytes()).unwrap();
        message.subject().unwrap().to_owned()
    }

    pub fn text(&self) -> String {
        let message = MessageParser::default().parse(self.raw.as_bytes()).unwrap();
        message.body_text(0).unwrap().into_owned()
    }

    pub fn html(&self) -> String {
        let message = MessageParser::default().parse(self.raw.as_bytes()).unwrap();
        message.body_html(0).unwrap().into_owned()
    }

    /// The path of the first link that begins with this.
    pub fn link(&self, lead: &str) -> String {
        let text = self.text();
        let start = text.find(lead).unwrap_or_else(|| panic!("no {lead} in {text}"));
        let link = text[start..].split_whitespace().next().unwrap();
        link.strip_prefix("https://plaudit.example").unwrap().to_owned()
    }
}

struct Conversation {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    state: Arc<Mutex<State>>,
}

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) {
    stream.set_nodelay(true).unwrap();
    let (reader, writer) = stream.into_split();
    let mut conversation = Conversation {
        reader: BufReader::new(reader),
        writer,
        state,
    };
    // A client that goes away ends its conversation.
    let _ = conversation.hold().await;
}

impl Conversation {
    async fn hold(&mut self) -> io::Result<()> {
        self.say("220 sink.example ESMTP").await?;
        let mut sender = None;
        let mut recipient: Option<String> = None;
        let mut is_greeted = false;
        while let Some(line) = self.line().await? {
            let command = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
            match command.as_str() {
                "EHLO" => {
                    is_greeted = true;
                    self.say("250-sink.example\r\n250 ENHANCEDSTATUSCODES").await?;
                }
                "MAIL" if is_greeted && sender.is_none() && line.starts_with("MAIL FROM:<") => {
                    sender = Some(line);
                    self.say("250 2.1.0 ok").await?;
                }
                "RCPT" if sender.is_some() && line.starts_with("RCPT TO:<") => {
                    let to = line["RCPT TO:<".len()..].trim_end_matches('>').to_owned();
                    let answer = self.answer_recipient(&to).await;
                    if answer.starts_with("250") {
                        recipient = Some(to);
                    }
                    self.say(&answer).await?;
                }
                "DATA" if recipient.is_some() => {
                    self.say("354 go on").await?;
                    sender = None;
                    if !self.message(recipient.take().unwrap()).await? {
                        return Ok(());
                    }
                }
                "RSET" => {
                    sender = None;
                    recipient = None;
                    self.say("250 2.0.0 ok").await?;
                }
                "QUIT" => return self.say("221 2.0.0 bye").await,
                _ => {
                    self.complain(format!("out of order: {line}"));
                    self.say("503 5.5.1 out of order").await?;
                }
            }
        }
        Ok(())
    }

    async fn answer_recipient(&self, to: &str) -> String {
        let must_stall = take(&mut self.state.lock().unwrap().faults.stall);
        if must_stall {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        let mut state = self.state.lock().unwrap();
        if state.faults.unknown.iter().any(|unknown| unknown == to) {
            return "550 5.1.1 no such user".to_owned();
        }
        let most = state.faults.greylist;
        let asked = state.asked_back.entry(to.to_owned()).or_default();
        if *asked < most {
            *asked += 1;
            return "451 4.7.1 greylisted, come back later".to_owned();
        }
        "250 2.1.5 ok".to_owned()
    }

    /// Takes a message; `false` where the connection is to end.
    async fn message(&mut self, to: String) -> io::Result<bool> {
        if take(&mut self.state.lock().unwrap().faults.close_in_message) {
            self.line().await?;
            return Ok(false);
        }
        let mut raw = String::new();
        loop {
            let Some(line) = self.line().await? else {
                return Ok(false);
            };
            if line == "." {
                break;
            }
            let line = line.strip_prefix('.').unwrap_or(&line);
            if line.len() > 998 || !line.is_ascii() {
                self.complain(format!("a line of {} bytes, or not ASCII", line.len()));
            }
            raw.push_str(line);
            raw.push_str("\r\n");
        }
        let (must_refuse, must_close) = {
            let faults = &mut self.state.lock().unwrap().faults;
            (
                take(&mut faults.refuse_message),
                take(&mut faults.close_after_message),
            )
        };
        if must_refuse {
            self.say("554 5.6.0 not this").await?;
            return Ok(true);
        }
        self.state.lock().unwrap().received.push(Received {
            to,
            raw,
            is_acknowledged: !must_close,
        });
        if must_close {
            return Ok(false);
        }
        self.say("250 2.0.0 taken").await?;
        Ok(true)
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if self.reader.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if !line.ends_with("\r\n") {
            self.complain(format!("a line that ends in no CRLF: {line:?}"));
        }
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        self.writer.write_all(format!("{words}\r\n").as_bytes()).await
    }

    fn complain(&self, words: String) {
        self.state.lock().unwrap().complaints.push(words);
    }
}

/// Uses one of a number of faults up.
fn take(left: &mut usize) -> bool {
    let is_due = *left > 0;
    *left = left.saturating_sub(1);
    is_due
}
