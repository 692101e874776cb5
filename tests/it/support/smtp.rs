//! A mail server that takes nothing on trust: it checks the conversation and the messages, and fails as a test says.
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use mail_parser::MessageParser;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf, split},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};
use tokio_rustls::TlsAcceptor;

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
    /// How long it takes for every answer.
    pub delay: Duration,
}

/// How its conversations are protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    #[default]
    None,
    /// After a command; mails over what was not protected are a complaint.
    Starttls,
    /// From the first byte.
    Tls,
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
    protection: Protection,
    acceptor: Option<TlsAcceptor>,
    authorities: TempDir,
    state: Arc<Mutex<State>>,
    listening: Option<AbortHandle>,
}

/// What a user who is let in says: `plaudit` and `let me in`.
const LOGIN: &str = "AHBsYXVkaXQAbGV0IG1lIGlu";

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
        Sink::start_as(Protection::None, "").await
    }

    /// A server whose certificate bears a name.
    pub async fn start_as(protection: Protection, name: &str) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authorities = TempDir::new().unwrap();
        let is_plain = protection == Protection::None;
        let mut sink = Sink {
            port: listener.local_addr().unwrap().port(),
            protection,
            acceptor: (!is_plain).then(|| acceptor(name, &authorities)),
            authorities,
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

    /// Settings for a server that asks who comes, over a protected conversation.
    pub fn settings_with_login(&self) -> String {
        let encryption = match self.protection {
            Protection::None => "none",
            Protection::Starttls => "starttls",
            Protection::Tls => "tls",
        };
        let own = self.settings();
        let own = own.replace("\"127.0.0.1\"", "\"localhost\"");
        let own = own.replace("\"none\"", &format!("\"{encryption}\""));
        own.replace(
            "[mail]\n",
            "[mail]\nsmtp_user = \"plaudit\"\nsmtp_password = \"let me in\"\n",
        )
    }

    /// The settings that make its certificate trusted.
    pub fn with_authority(&self, settings: &str) -> String {
        let file = self.authorities.path().join("authority.pem");
        settings.replace(
            "[mail]\n",
            &format!("[mail]\nsmtp_ca_file = {:?}\n", file.display().to_string()),
        )
    }

    /// The same for a process of its own.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PLAUDIT_MAIL__TRANSPORT", "smtp".to_owned()),
            ("PLAUDIT_MAIL__SMTP_HOST", "127.0.0.1".to_owned()),
            ("PLAUDIT_MAIL__SMTP_PORT", self.port.to_string()),
            ("PLAUDIT_MAIL__SMTP_ENCRYPTION", "none".to_owned()),
            ("PLAUDIT_MAIL__FROM", "Plaudit <plaudit@shop.example>".to_owned()),
            ("PLAUDIT_SERVER__BASE_URL", "https://plaudit.example".to_owned()),
        ]
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
        let (protection, acceptor) = (self.protection, self.acceptor.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                state.lock().unwrap().connections += 1;
                let conversation = Conversation::new(stream, protection, acceptor.clone(), state.clone());
                // A client that goes away ends its conversation.
                let conversation = tokio::spawn(async { conversation.await?.hold().await });
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

/// What a conversation goes over.
trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

struct Conversation {
    reader: BufReader<ReadHalf<Box<dyn Transport>>>,
    writer: WriteHalf<Box<dyn Transport>>,
    state: Arc<Mutex<State>>,
    /// For a conversation that is yet to be protected.
    acceptor: Option<TlsAcceptor>,
    asks_who_comes: bool,
}

/// What was said so far.
#[derive(Default)]
struct Said {
    is_greeted: bool,
    is_let_in: bool,
    sender: bool,
    recipient: Option<String>,
}

impl Conversation {
    async fn new(
        stream: TcpStream,
        protection: Protection,
        acceptor: Option<TlsAcceptor>,
        state: Arc<Mutex<State>>,
    ) -> io::Result<Conversation> {
        stream.set_nodelay(true)?;
        let mut transport: Box<dyn Transport> = Box::new(stream);
        if protection == Protection::Tls {
            transport = Box::new(acceptor.clone().unwrap().accept(transport).await?);
        }
        let (reader, writer) = split(transport);
        Ok(Conversation {
            reader: BufReader::new(reader),
            writer,
            state,
            asks_who_comes: acceptor.is_some(),
            acceptor: acceptor.filter(|_| protection == Protection::Starttls),
        })
    }

    async fn hold(mut self) -> io::Result<()> {
        self.say("220 sink.example ESMTP").await?;
        let mut said = Said::default();
        while let Some(line) = self.line().await? {
            let command = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
            let is_ready =
                said.is_greeted && self.acceptor.is_none() && said.is_let_in == self.asks_who_comes;
            match command.as_str() {
                "EHLO" => {
                    said.is_greeted = true;
                    self.greet().await?;
                }
                "STARTTLS" if self.acceptor.is_some() => {
                    self = self.protect().await?;
                    said = Said::default();
                }
                "AUTH" if said.is_greeted && self.acceptor.is_none() => {
                    said.is_let_in = line == format!("AUTH PLAIN {LOGIN}");
                    let is_in = said.is_let_in;
                    self.say(if is_in {
                        "235 2.7.0 come in"
                    } else {
                        "535 5.7.8 who?"
                    })
                    .await?;
                }
                "MAIL" if is_ready && !said.sender && line.starts_with("MAIL FROM:<") => {
                    said.sender = true;
                    self.say("250 2.1.0 ok").await?;
                }
                "RCPT" if said.sender && line.starts_with("RCPT TO:<") => {
                    let to = line["RCPT TO:<".len()..].trim_end_matches('>').to_owned();
                    let answer = self.answer_recipient(&to).await;
                    if answer.starts_with("250") {
                        said.recipient = Some(to);
                    }
                    self.say(&answer).await?;
                }
                "DATA" if said.recipient.is_some() => {
                    self.say("354 go on").await?;
                    said.sender = false;
                    if !self.message(said.recipient.take().unwrap()).await? {
                        return Ok(());
                    }
                }
                "RSET" => {
                    said.sender = false;
                    said.recipient = None;
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

    async fn greet(&mut self) -> io::Result<()> {
        let offer = match (&self.acceptor, self.asks_who_comes) {
            (Some(_), _) => "250-STARTTLS\r\n",
            (None, true) => "250-AUTH PLAIN\r\n",
            (None, false) => "",
        };
        self.say(&format!("250-sink.example\r\n{offer}250 ENHANCEDSTATUSCODES"))
            .await
    }

    async fn protect(mut self) -> io::Result<Conversation> {
        self.say("220 2.0.0 go ahead").await?;
        assert!(self.reader.buffer().is_empty(), "words before protection");
        let transport = self.reader.into_inner().unsplit(self.writer);
        let transport: Box<dyn Transport> = Box::new(self.acceptor.take().unwrap().accept(transport).await?);
        let (reader, writer) = split(transport);
        Ok(Conversation {
            reader: BufReader::new(reader),
            writer,
            ..self
        })
    }

    async fn answer_recipient(&mut self, to: &str) -> String {
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
        self.reader.read_line(&mut line).await?;
        // Whoever dies may do so within a line.
        if !line.ends_with('\n') {
            return Ok(None);
        }
        if !line.ends_with("\r\n") {
            self.complain(format!("a line that ends in no CRLF: {line:?}"));
        }
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        let delay = self.state.lock().unwrap().faults.delay;
        tokio::time::sleep(delay).await;
        self.writer.write_all(format!("{words}\r\n").as_bytes()).await?;
        self.writer.flush().await
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

/// Protects as a server with a certificate of its own making, which `folder` holds for those who are to trust it.
fn acceptor(name: &str, folder: &TempDir) -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    std::fs::write(folder.path().join("authority.pem"), made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
