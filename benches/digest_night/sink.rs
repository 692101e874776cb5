//! A mail server on loopback, on a thread of its own, that accepts everything and keeps one mail in a hundred.
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mail_parser::MessageParser;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const CONNECTIONS: u32 = 4;

#[derive(Default)]
struct Received {
    count: usize,
    kept: Vec<String>,
}

pub(crate) struct Sink {
    port: u16,
    received: Arc<Mutex<Received>>,
}

impl Sink {
    pub(crate) fn start() -> Sink {
        let received: Arc<Mutex<Received>> = Arc::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let inbox = received.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                accept(listener, inbox).await;
            });
        });
        Sink { port, received }
    }

    pub(crate) fn settings(&self) -> String {
        format!(
            "[server]\nbase_url = \"https://plaudit.example\"\n[mail]\ntransport = \"smtp\"\n\
             smtp_host = \"127.0.0.1\"\nsmtp_port = {}\nsmtp_encryption = \"none\"",
            self.port
        )
    }

    pub(crate) fn clear(&self) {
        *self.received.lock().unwrap() = Received::default();
    }

    /// Mails that it has accepted since it was cleared.
    pub(crate) fn count(&self) -> usize {
        self.received.lock().unwrap().count
    }

    /// Every manager got a mail, and those that were kept name ten people and link to their words.
    pub(crate) fn check(&self, managers: u32) {
        let received = self.received.lock().unwrap();
        assert!(
            received.count >= usize::try_from(managers).unwrap(),
            "{} mails",
            received.count
        );
        assert!(!received.kept.is_empty());
        for raw in &received.kept {
            let mail = MessageParser::default().parse(raw).unwrap();
            let text = mail.body_text(0).unwrap();
            if text.starts_with("Ten thank-yous") {
                assert_eq!(text.matches("\n== Person").count(), 10, "{text}");
                assert_eq!(text.matches("https://plaudit.example/p/").count(), 11, "{text}");
            }
        }
    }
}

async fn accept(listener: TcpListener, received: Arc<Mutex<Received>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, received.clone()));
    }
}

async fn converse(stream: TcpStream, received: Arc<Mutex<Received>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    writer.write_all(b"220 bench\r\n").await?;
    let (mut line, mut message, mut is_message) = (String::new(), String::new(), false);
    loop {
        line.clear();
        if reader.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if is_message {
            if line != ".\r\n" {
                message.push_str(line.strip_prefix('.').unwrap_or(&line));
                continue;
            }
            let mut received = received.lock().unwrap();
            received.count += 1;
            if received.count.is_multiple_of(100) {
                received.kept.push(std::mem::take(&mut message));
            }
            message.clear();
        }
        is_message = line == "DATA\r\n";
        let answer = if is_message { "354 go on\r\n" } else { "250 ok\r\n" };
        writer.write_all(answer.as_bytes()).await?;
    }
}

/// How long the server takes for as many mails of the same size without anything that makes them.
pub(crate) async fn alone(sink: &Sink, mails: u32) -> Duration {
    let began = Instant::now();
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(send(sink.port, mails / CONNECTIONS)))
        .collect();
    for sender in senders {
        sender.await.unwrap().unwrap();
    }
    began.elapsed()
}

async fn send(port: u16, mails: u32) -> std::io::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    lines.next_line().await?;
    let message = format!(
        "{}.\r\n",
        "a line of a mail like others, with words in it\r\n".repeat(800)
    );
    for _ in 0..mails {
        for step in [
            "MAIL FROM:<a@b.example>\r\n",
            "RCPT TO:<c@d.example>\r\n",
            "DATA\r\n",
            &message,
        ] {
            writer.write_all(step.as_bytes()).await?;
            lines.next_line().await?;
        }
    }
    Ok(())
}
