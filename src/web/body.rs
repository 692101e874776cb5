//! Bodies: nobody's is read before the handler asks for it, none is longer than its path allows, none comes too slowly,
//! and all that are being read together take bounded memory.
use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use hyper::body::Bytes;
use poem::{
    Body, Endpoint, Request,
    http::StatusCode,
    web::headers::{ContentLength, HeaderMapExt},
};
use tempfile::TempPath;
use tokio::{
    io::AsyncWriteExt,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::{
    Web,
    problem::{Failure, unavailable},
};
use crate::platform::config::Server;

/// What a form of a page may send; its words have 4,000 letters at most.
const FORM: usize = 256 * 1024;
/// Logos are far smaller; one that is too large is read so far, so that the page can say so beside the field.
const LOGO: usize = 1024 * 1024;
/// So much of every body needs no room of the common budget: forms and comments get through whoever else sends what.
const SMALL: usize = 16 * 1024;
/// The common budget for what is beyond, of all bodies that are held in memory.
const HELD: usize = 32 * 1024 * 1024;
/// Files that are taken in at the same time; they are written to disk as they come.
const FILES: usize = 4;
/// Each second may bring so little, after the first grace.
const PACE: u64 = 16 * 1024;

/// Room for bodies.
#[derive(Clone, Debug)]
pub(super) struct Room {
    held: Arc<Semaphore>,
    files: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Room {
        Room {
            held: Arc::new(Semaphore::new(HELD)),
            files: Arc::new(Semaphore::new(FILES)),
        }
    }
}

/// What a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowance {
    bytes: usize,
    is_file: bool,
}

fn allowance(path: &str, settings: &Server) -> Allowance {
    let file = |bytes| Allowance { bytes, is_file: true };
    let held = |bytes| Allowance {
        bytes,
        is_file: false,
    };
    match path {
        "/v1/imports/roster" | "/v1/imports/comments" | "/roster" => file(settings.import_limit_bytes),
        // The page holds the file once more, packed and in base 64.
        "/roster/apply" => file(settings.import_limit_bytes / 3 * 4 + FORM),
        "/settings/logo" => held(LOGO),
        path if path.starts_with("/v1/") || path.starts_with("/hooks/") => held(settings.body_limit_bytes),
        _ => held(settings.body_limit_bytes.min(FORM)),
    }
}

/// Why a body is not read to its end.
#[derive(Clone, Copy, Debug)]
enum Stopped {
    TooLarge(usize),
    TooSlow,
    NoRoom,
}

#[derive(Debug, Default)]
struct Reading {
    stopped: OnceLock<Stopped>,
    /// Room that is taken until the request is answered.
    room: Mutex<Vec<OwnedSemaphorePermit>>,
}

/// Puts a measure on the body: whoever reads it hears of its end, and the answer says why.
pub(super) async fn measure<E: Endpoint>(next: Arc<E>, mut request: Request) -> poem::Result<E::Output> {
    let Some(web) = request.data::<Web>() else {
        return next.call(request).await;
    };
    let allowance = allowance(request.uri().path(), &web.app.config.server);
    let announced = request.headers().typed_get::<ContentLength>();
    if announced.is_some_and(|length| length.0 > allowance.bytes as u64) {
        return Err(Stopped::TooLarge(allowance.bytes).failure().into());
    }
    let (room, grace) = (web.limits.room.clone(), web.app.config.server.body_seconds);
    let reading = Arc::new(Reading::default());
    let body = Measured {
        bytes: Box::pin(request.take_body().into_bytes_stream()),
        read: 0,
        allowance,
        room,
        grace: Duration::from_secs(grace),
        since: Instant::now(),
        reading: reading.clone(),
    };
    request.set_body(Body::from_bytes_stream(body.stream()));
    let answer = next.call(request).await;
    match reading.stopped.get() {
        Some(why) => Err(why.failure().into()),
        None => answer,
    }
}

struct Measured<S> {
    bytes: S,
    read: usize,
    allowance: Allowance,
    room: Room,
    grace: Duration,
    since: Instant,
    reading: Arc<Reading>,
}

impl<S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static> Measured<S> {
    fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::unfold(self, |mut body| async move {
            let chunk = body.next().await?;
            Some((chunk, body))
        })
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        let paid = Duration::from_secs(self.read as u64 / PACE);
        let Ok(chunk) = timeout_at(self.since + self.grace + paid, self.bytes.next()).await else {
            return Some(Err(self.stop(Stopped::TooSlow)));
        };
        let chunk = match chunk? {
            Ok(chunk) => chunk,
            Err(error) => return Some(Err(error)),
        };
        let before = self.read;
        self.read += chunk.len();
        if self.read > self.allowance.bytes {
            return Some(Err(self.stop(Stopped::TooLarge(self.allowance.bytes))));
        }
        if !self.has_room(before) {
            return Some(Err(self.stop(Stopped::NoRoom)));
        }
        Some(Ok(chunk))
    }

    /// Takes the room that what was read since needs.
    fn has_room(&self, before: usize) -> bool {
        let (from, count) = if self.allowance.is_file {
            (&self.room.files, usize::from(before == 0))
        } else {
            (&self.room.held, self.read.max(SMALL) - before.max(SMALL))
        };
        if count == 0 {
            return true;
        }
        let taken = u32::try_from(count).map(|count| from.clone().try_acquire_many_owned(count));
        let Ok(Ok(taken)) = taken else { return false };
        let mut room = self.reading.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.push(taken);
        true
    }

    fn stop(&self, why: Stopped) -> io::Error {
        let _ = self.reading.stopped.set(why);
        io::Error::other("the body is not read to its end")
    }
}

impl Stopped {
    fn failure(self) -> Failure {
        match self {
            Stopped::TooLarge(limit) => Failure::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "The body is too large",
                Some(format!("the body may have at most {limit} bytes")),
            ),
            Stopped::TooSlow => Failure::new(
                StatusCode::REQUEST_TIMEOUT,
                "too_slow",
                "The body came too slowly",
                Some("it was not read to its end; send it again".to_owned()),
            ),
            Stopped::NoRoom => unavailable(
                "too much is being sent to the server at the moment; nothing was changed; try again later",
            ),
        }
    }
}

/// Writes a body to a file, which is gone when the path is dropped.
pub(crate) async fn to_file(body: impl Stream<Item = io::Result<Bytes>>) -> io::Result<TempPath> {
    let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut body = std::pin::pin!(body);
    while let Some(chunk) = body.next().await {
        file.write_all(&chunk?).await?;
    }
    file.flush().await?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(path: &str) -> usize {
        allowance(
            path,
            &crate::platform::config::Config::from_toml("").unwrap().server,
        )
        .bytes
    }

    #[test]
    fn only_whole_paths_take_files() {
        assert_eq!(bytes("/roster"), 64 << 20);
        assert_eq!(bytes("/rosterZZZ"), FORM);
        assert_eq!(bytes("/v1/importsZZ/none"), 1 << 20);
        assert_eq!(bytes("/hooks/some-address"), 1 << 20);
        assert_eq!(bytes("/settings/logo"), LOGO);
    }
}
