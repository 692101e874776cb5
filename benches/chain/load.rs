//! Posts of comments over connections that are kept, with as little work for the processor as can be.
use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{company::Company, service::Service};

pub(crate) struct Posted {
    pub(crate) took: Vec<Duration>,
}

impl Posted {
    /// The time within which a share in a hundred was answered, in milliseconds.
    pub(crate) fn at(&self, share: usize) -> f64 {
        let place = (self.took.len() * share / 100).min(self.took.len() - 1);
        self.took[place].as_secs_f64() * 1000.0
    }
}

pub(crate) async fn post(service: &Service, company: &Company, clients: u32, during: Duration) -> Posted {
    let until = Instant::now() + during;
    let posting = (0..clients).map(|client| one(service, company, client * 1_000_003, until));
    let took = futures_util::future::join_all(posting).await;
    Posted {
        took: took.into_iter().flatten().collect(),
    }
}

async fn one(service: &Service, company: &Company, first: u32, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut took = Vec::new();
    let mut answer = Vec::new();
    for number in first.. {
        let (text, site) = company.comment(number);
        let body = serde_json::json!({ "text": text, "site": site }).to_string();
        let request = format!(
            "POST /v1/comments HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            service.address,
            service.key,
            body.len()
        );
        let began = Instant::now();
        if began >= until {
            break;
        }
        stream.write_all(request.as_bytes()).await.unwrap();
        read_answer(&mut stream, &mut answer).await;
        took.push(began.elapsed());
        assert!(
            answer.starts_with(b"HTTP/1.1 201"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    took
}

async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    answer.clear();
    loop {
        assert!(stream.read_buf(answer).await.unwrap() > 0, "the server hung up");
        let text = String::from_utf8_lossy(answer).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.unwrap().parse::<usize>().unwrap() {
            return;
        }
    }
}
