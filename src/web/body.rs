//! Bodies: nobody's is read before the handler asks for it, none is longer than its path allows, none comes too slowly,
//! and all that are being read together take bounded memory ([`super::room`]).
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
    time::{Instant, timeout_at},
};

use super::{
    Web, address, limit,
    problem::{Failure, unavailable},
    room::Taken,
};
use crate::platform::config::Server;

/// What a form of a page may send; its words have 4,000 letters at most.
const FORM: usize = 256 * 1024;
/// Logos are far smaller; one that is too large is read so far, so that the page can say so beside the field.
const LOGO: usize = 1024 * 1024;
/// Mails with their attachments; what mail servers take is hardly more.
const MAIL: usize = 10 * 1024 * 1024;
/// A record that somebody wants to have checked, and the form around it.
const RECORD: usize = 1024 * 1024;
/// Each second may bring so little, after the first grace.
const PACE: u64 = 16 * 1024;

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
        "/v1/imports/roster" | "/v1/imports/rota" | "/v1/imports/comments" | "/roster" => {
            file(settings.import_limit_bytes)
        }
        // The page holds the file once more, packed and in base 64.
        "/roster/apply" | "/roster/columns" => file(settings.import_limit_bytes / 3 * 4 + FORM),
        "/settings/logo" => held(LOGO),
        "/verify" => held(RECORD),
        "/v1/mails" => held(MAIL),
        // A delivery as a sample, encoded as a form does.
        path if path.starts_with("/sources/") && path.ends_with("/mapping") => {
            held(settings.body_limit_bytes * 3 + FORM)
        }
        path if ["/v1/", "/scim/", "/hooks/"]
            .iter()
            .any(|lead| path.starts_with(lead)) =>
        {
            held(settings.body_limit_bytes)
        }
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

#[derive(Debug)]
struct Reading {
    stopped: OnceLock<Stopped>,
    /// Room that is taken until the request is answered.
    taken: Mutex<Taken>,
}

impl Reading {
    fn taken<T>(&self, take: impl FnOnce(&mut Taken) -> T) -> T {
        take(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whoever sends this request is known: what is read of it from now on is no stranger's.
pub(super) fn mark_known(request: &Request) {
    if let Some(reading) = request.data::<Arc<Reading>>() {
        reading.taken(Taken::mark_known);
    }
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
    let grace = Duration::from_secs(web.app.config.server.body_seconds);
    let from = address::of(&request, &web.app.config.server.trusted_proxies);
    let reading = Arc::new(Reading {
        stopped: OnceLock::new(),
        taken: Mutex::new(web.limits.room.of_stranger(limit::network(from))),
    });
    request.set_data(reading.clone());
    let body = Measured {
        bytes: Box::pin(request.take_body().into_bytes_stream()),
        read: 0,
        allowance,
        grace,
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
        self.read += chunk.len();
        if self.read > self.allowance.bytes {
            return Some(Err(self.stop(Stopped::TooLarge(self.allowance.bytes))));
        }
        let is_file = self.allowance.is_file;
        let has_room = self.reading.taken(|taken| match is_file {
            true => taken.file(),
            false => taken.bytes(chunk.len()),
        });
        if !has_room {
            return Some(Err(self.stop(Stopped::NoRoom)));
        }
        Some(Ok(chunk))
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
        assert_eq!(bytes("/verify"), RECORD);
        assert_eq!(bytes("/v1/mails"), MAIL);
        assert_eq!(bytes("/v1/mailsZ"), 1 << 20);
    }
}
