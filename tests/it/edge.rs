//! Strangers at the edge: the real server, real sockets. Whoever sends much, slowly or nothing at all takes neither
//! memory nor places from others.
use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::support::process::{Installation, Server, free_port, http_client};

const ROSTER: &str = "employee_id,given_name,family_name,site\ne1,Priya,Nair,Leeds\n";
/// More than any test takes; it ends a test that would hang.
const FOREVER: Duration = Duration::from_secs(60);

async fn start(settings: &[(&str, &str)]) -> (Installation, Server) {
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    let installation = Installation::create(ROSTER, &settings).await;
    let server = installation.serve(free_port()).await;
    (installation, server)
}

async fn end(installation: Installation, server: Server) {
    server.stop().await;
    installation.database.remove().await;
}

async fn connect(server: &Server) -> TcpStream {
    let address = server.base_url.trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// What is answered until the other side closes.
async fn answer(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(FOREVER, socket.read_to_end(&mut answer)).await;
    let _ = read.expect("the connection stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends 64 MiB to a path without a key, and returns the status.
async fn flood(address: String, path: &str) -> u16 {
    let socket = TcpStream::connect(&address).await.unwrap();
    let (mut reads, mut writes) = socket.into_split();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/csv\r\ncontent-length: 67108864\r\n\r\n"
    );
    writes.write_all(head.as_bytes()).await.unwrap();
    let sending = tokio::spawn(async move {
        let much = vec![b'x'; 1 << 20];
        for _ in 0..64 {
            if writes.write_all(&much).await.is_err() {
                return;
            }
        }
    });
    let mut answer = [0; 12];
    let read = tokio::time::timeout(FOREVER, reads.read_exact(&mut answer)).await;
    read.expect("an answer in time").expect("an answer at all");
    sending.abort();
    String::from_utf8_lossy(&answer)[9..].parse().unwrap()
}

/// `strangers` send 64 MiB each at the same time to paths that take files, and to some that do not.
pub async fn withstand(strangers: usize) {
    let (installation, server) = start(&[]).await;
    // The first of each kind, so that what is made once is not counted.
    let address = server.base_url.trim_start_matches("http://").to_owned();
    let paths = [
        "/v1/imports/comments",
        "/v1/imports/roster",
        "/v1/comments",
        "/rosterZZZ",
        "/thank/shop",
    ];
    for path in paths {
        flood(address.clone(), path).await;
    }
    let before = server.memory();
    let mut floods = JoinSet::new();
    for number in 0..strangers {
        floods.spawn(flood(address.clone(), paths[number % paths.len()]));
    }
    let mut most = before;
    while let Some(status) = floods.join_next().await {
        let status = status.unwrap();
        assert!([401, 413].contains(&status), "{status}");
        most = most.max(server.memory());
    }
    let grown = (most - before) / 1024;
    assert!(grown < 50, "memory grew by {grown} MiB");
    end(installation, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_send_much_are_refused_and_take_no_memory() {
    withstand(40).await;
}

/// Sends 64 MiB in chunks of which nobody knows how many will come, and returns the status.
async fn flood_in_chunks(address: String, path: &str) -> u16 {
    let socket = TcpStream::connect(&address).await.unwrap();
    let (mut reads, mut writes) = socket.into_split();
    let head = chunked(path, "x-www-form-urlencoded");
    writes.write_all(head.as_bytes()).await.unwrap();
    let sending = tokio::spawn(async move {
        let chunk = [b"100000\r\n".to_vec(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat();
        for _ in 0..64 {
            if writes.write_all(&chunk).await.is_err() {
                return;
            }
        }
    });
    let status = status(&mut reads).await;
    sending.abort();
    status
}

fn chunked(path: &str, kind: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/{kind}\r\n\
         transfer-encoding: chunked\r\n\r\n"
    )
}

async fn status(reads: &mut (impl AsyncReadExt + Unpin)) -> u16 {
    let mut answer = [0; 12];
    let read = tokio::time::timeout(FOREVER, reads.read_exact(&mut answer)).await;
    read.expect("an answer in time").expect("an answer at all");
    String::from_utf8_lossy(&answer)[9..].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_do_not_say_how_much_they_send_take_no_memory_either() {
    let (installation, server) = start(&[]).await;
    let address = server.base_url.trim_start_matches("http://").to_owned();
    let paths = [
        "/thank/shop",
        "/sign-in",
        "/join",
        "/hooks/nobody-knows-this-address",
        "/v1/imports/roster",
        "/v1/comments",
        "/roster",
        "/rosterZZZ",
    ];
    for path in paths {
        flood_in_chunks(address.clone(), path).await;
    }
    let before = server.memory();
    let mut floods = JoinSet::new();
    for number in 0..64 {
        floods.spawn(flood_in_chunks(address.clone(), paths[number % paths.len()]));
    }
    let mut most = before;
    while let Some(status) = floods.join_next().await {
        let status = status.unwrap();
        let refused = [303, 401, 404, 405, 413, 429, 503];
        assert!(refused.contains(&status), "{status}");
        most = most.max(server.memory());
    }
    let grown = (most - before) / 1024;
    assert!(grown < 50, "memory grew by {grown} MiB");
    end(installation, server).await;
}

/// A stranger who sends most of what a form may have, and then nothing more.
async fn stall(address: String) -> u16 {
    let mut socket = TcpStream::connect(&address).await.unwrap();
    let much = [
        chunked("/sign-in", "x-www-form-urlencoded").into_bytes(),
        b"3e800\r\n".to_vec(),
        vec![b'x'; 0x3e800],
        b"\r\n".to_vec(),
    ]
    .concat();
    let _ = socket.write_all(&much).await;
    status(&mut socket).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_stall_leave_room_for_those_who_have_a_key() {
    let (installation, server) = start(&[]).await;
    let address = server.base_url.trim_start_matches("http://").to_owned();
    let mut strangers = JoinSet::new();
    for _ in 0..160 {
        strangers.spawn(stall(address.clone()));
    }
    // Their room is full when one of them is refused.
    assert_eq!(strangers.join_next().await.unwrap().unwrap(), 503);
    let client = http_client();
    let mut known = JoinSet::new();
    for _ in 0..8 {
        let request = client
            .post(format!("{}/v1/comments", server.base_url))
            .bearer_auth(&installation.key)
            .header("content-type", "application/json")
            .body(format!("{{\"text\": \"{}\"}}", "x".repeat(900_000)));
        known.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    while let Some(status) = known.join_next().await {
        assert_eq!(
            status.unwrap(),
            400,
            "it is read, and longer than a comment may be"
        );
    }
    strangers.abort_all();
    end(installation, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_a_body_slowly_is_cut_off() {
    let (installation, server) = start(&[("PLAUDIT_SERVER__BODY_SECONDS", "1")]).await;
    let mut socket = connect(&server).await;
    let head = format!(
        "POST /v1/comments HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{",
        installation.key
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let answer = answer(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("urn:plaudit:problem:too_slow"), "{answer}");
    end(installation, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_nothing_loses_the_connection() {
    let settings = [
        ("PLAUDIT_SERVER__HEADER_SECONDS", "1"),
        ("PLAUDIT_SERVER__IDLE_SECONDS", "1"),
    ];
    let (installation, server) = start(&settings).await;
    let mut silent = connect(&server).await;
    let mut hesitant = connect(&server).await;
    hesitant
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: ")
        .await
        .unwrap();
    let mut served = connect(&server).await;
    served
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(answer(&mut silent).await, "");
    assert_eq!(answer(&mut hesitant).await, "");
    assert!(answer(&mut served).await.ends_with("alive\n"));
    end(installation, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_connections_than_there_may_be_wait_and_are_served_in_their_turn() {
    let settings = [
        ("PLAUDIT_SERVER__MAX_CONNECTIONS", "20"),
        ("PLAUDIT_SERVER__HEADER_SECONDS", "1"),
    ];
    let (installation, server) = start(&settings).await;
    let mut idle = Vec::new();
    for _ in 0..60 {
        idle.push(connect(&server).await);
    }
    let client = http_client();
    let alive = client.get(format!("{}/healthz", server.base_url)).send().await;
    assert!(alive.unwrap().status().is_success());
    drop(idle);
    end(installation, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_announces_how_many_streams_there_may_be() {
    let (installation, server) = start(&[]).await;
    let mut socket = connect(&server).await;
    socket
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut frame = [0; 9];
    socket.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the first frame holds the settings");
    let mut settings = vec![0; usize::from(frame[2])];
    socket.read_exact(&mut settings).await.unwrap();
    // SETTINGS_MAX_CONCURRENT_STREAMS (0x3) is 100.
    assert!(
        settings.chunks(6).any(|one| one == [0, 3, 0, 0, 0, 100]),
        "{settings:?}"
    );
    drop(socket);
    end(installation, server).await;
}
