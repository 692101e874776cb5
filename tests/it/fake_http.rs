//! A small HTTP/1.1 server on loopback that can also misbehave: cut a body, hang, or never answer. Each
//! connection serves one request.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request as it came over the network.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    /// Decoded, in the order sent.
    pub(crate) query: Vec<(String, String)>,
    /// Path and query as sent.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// As long as `content-length` says.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The body, as the fields of a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// An answer, and how it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) manner: Manner,
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Whole,
    /// Half the body, then the connection closes.
    Cut,
    /// Half the body, then silence.
    HangInBody,
    /// A byte at a time, slowly.
    Trickle,
    /// Not a byte, then silence.
    HangBeforeHead,
    /// Not a byte, then the connection closes.
    Disconnect,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::of("application/json; charset=utf-8", status, body.to_string())
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::of("text/html", status, body.to_owned())
    }

    fn of(content_type: &str, status: u16, body: String) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self {
            status,
            headers,
            body: body.into_bytes(),
            manner: Manner::Whole,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub(crate) fn sent(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }
}

/// Answers until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    // A client that hangs up early is part of the game.
                    let _ = serve(stream, &*answer).await;
                });
            }
        });
        Self { address, accepting }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: &(impl Fn(&Request) -> Reply + Sync)) -> std::io::Result<()> {
    let Some(request) = read(&mut stream).await? else {
        return Ok(());
    };
    let reply = answer(&request);
    let half = reply.body.len() / 2;
    match reply.manner {
        Manner::Disconnect => Ok(()),
        Manner::HangBeforeHead => until_closed(&mut stream).await,
        Manner::Whole => send(&mut stream, &reply, reply.body.len()).await,
        Manner::Cut => send(&mut stream, &reply, half).await,
        Manner::Trickle => trickle(&mut stream, &reply).await,
        Manner::HangInBody => {
            send(&mut stream, &reply, half).await?;
            until_closed(&mut stream).await
        }
    }
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    // Byte by byte, so that nothing of the body is taken.
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut one = [0];
        if stream.read(&mut one).await? == 0 {
            return Ok(None);
        }
        bytes.push(one[0]);
    }
    let text = String::from_utf8(bytes).expect("a request's head is ASCII");
    let mut lines = text.trim_end().split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let headers = lines.map(|line| line.split_once(": ").expect("a header has a name and a value"));
    let headers: Vec<(String, String)> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request {
        path: path.to_owned(),
        query: pairs(query),
        headers,
        body,
        method,
        target,
    }))
}

pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(k, v)| (decoded(k), decoded(v)))
        .collect()
}

/// Undoes percent-encoding; what is no encoding fails the test.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&hex, 16).expect("two hexadecimal digits after %")
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(out).expect("percent-encoded UTF-8")
}

async fn send(stream: &mut TcpStream, reply: &Reply, bytes: usize) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Answer\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", reply.body.len()));
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&reply.body[..bytes]).await?;
    stream.flush().await
}

async fn trickle(stream: &mut TcpStream, reply: &Reply) -> std::io::Result<()> {
    send(stream, reply, 0).await?;
    for byte in &reply.body {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    Ok(())
}

async fn until_closed(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}
