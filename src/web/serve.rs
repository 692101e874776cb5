//! Connections: so many at the same time, and none that only occupies its place. Whoever connects must ask for
//! something soon, whoever has been answered must ask again or go, and whoever stops reading is left.
use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use poem::{
    Addr, Endpoint, EndpointExt, Response,
    endpoint::BoxEndpoint,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    time::{Instant, sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::socket::{LINGER, Lingering};
use crate::platform::config::Server;

/// Streams of one HTTP/2 connection at the same time.
const STREAMS: u32 = 100;
/// What a connection may have sent and nobody has read: of HTTP/1, of a stream and of a connection of HTTP/2.
const UNREAD: usize = 64 * 1024;
const UNREAD_STREAM: u32 = 128 * 1024;
const UNREAD_CONNECTION: u32 = 256 * 1024;
const HEADERS: u32 = 16 * 1024;
/// Files and connections of the service's own: the database, mails, files of imports, metrics.
const RESERVED: u64 = 128;
/// How long somebody may read nothing of an answer.
const UNREADING: Duration = Duration::from_secs(60);
const SAY_FULL_EVERY: Duration = Duration::from_secs(60);
const AFTER_FAILURE: Duration = Duration::from_millis(100);

type Site = Arc<BoxEndpoint<'static, Response>>;

/// Serves until `stop`, then gives open requests the configured time.
pub(super) async fn serve(
    site: impl Endpoint + 'static,
    listener: TcpListener,
    settings: &Server,
    stop: CancellationToken,
) -> io::Result<()> {
    let site: Site = Arc::new(site.map_to_response().boxed());
    let places = Arc::new(Semaphore::new(places(settings)));
    let local = LocalAddr(Addr::from(listener.local_addr()?));
    let (open, cut) = (TaskTracker::new(), CancellationToken::new());
    let timeouts = Timeouts {
        first: Duration::from_secs(settings.header_seconds),
        next: Duration::from_secs(settings.idle_seconds),
    };
    while let Some(taken) = stop.run_until_cancelled(take(&listener, &places)).await {
        let (socket, remote, place) = taken;
        let connection = Connection {
            site: site.clone(),
            local: local.clone(),
            remote: RemoteAddr(Addr::from(remote)),
            timeouts,
            stop: stop.clone(),
        };
        let cut = cut.clone();
        open.spawn(async move {
            cut.run_until_cancelled(connection.serve(socket)).await;
            drop(place);
        });
    }
    drop(listener);
    open.close();
    if timeout(Duration::from_secs(settings.stop_seconds), open.wait())
        .await
        .is_err()
    {
        cut.cancel();
        open.wait().await;
    }
    Ok(())
}

/// As many connections as the settings allow, and the limit of descriptors (`ulimit -n`).
fn places(settings: &Server) -> usize {
    let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let room = descriptors.map_or(usize::MAX, |most| {
        usize::try_from(most.saturating_sub(RESERVED).max(most / 2)).unwrap_or(usize::MAX)
    });
    settings
        .max_connections
        .min(room)
        .clamp(1, Semaphore::MAX_PERMITS)
}

/// The next connection, once there is a place for it.
async fn take(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, std::net::SocketAddr, tokio::sync::OwnedSemaphorePermit) {
    static FULL: Seldom = Seldom::new();
    static FAILED: Seldom = Seldom::new();
    if places.available_permits() == 0 && FULL.is_due() {
        tracing::warn!(
            "every connection there may be is open (server.max_connections, ulimit -n): others wait"
        );
    }
    loop {
        let place = places.clone().acquire_owned().await;
        match (listener.accept().await, place) {
            (Ok((socket, remote)), Ok(place)) => return (socket, remote, place),
            (Err(error), _) => {
                if FAILED.is_due() {
                    tracing::warn!(%error, "a connection could not be taken");
                }
                sleep(AFTER_FAILURE).await;
            }
            // The semaphore is never closed.
            (Ok(_), Err(_)) => sleep(AFTER_FAILURE).await,
        }
    }
}

/// What is logged at most once a minute, however often it happens.
struct Seldom(std::sync::Mutex<Option<Instant>>);

impl Seldom {
    const fn new() -> Seldom {
        Seldom(std::sync::Mutex::new(None))
    }

    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= SAY_FULL_EVERY);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

#[derive(Clone, Copy, Debug)]
struct Timeouts {
    /// Until the headers of the first request are here.
    first: Duration,
    /// Until those of a further one are.
    next: Duration,
}

struct Connection {
    site: Site,
    local: LocalAddr,
    remote: RemoteAddr,
    timeouts: Timeouts,
    stop: CancellationToken,
}

impl Connection {
    async fn serve(self, socket: TcpStream) {
        let activity = Arc::new(Activity::default());
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let (site, begun) = (self.site.clone(), Begun::new(&activity));
            let request = (request, self.local.clone(), self.remote.clone(), Scheme::HTTP).into();
            async move {
                let answer: hyper::Response<_> = site.get_response(request).await.into();
                Ok::<_, Infallible>(answer.map(|body| Answering { body, _begun: begun }))
            }
        });
        let mut socket = TimeoutStream::new(Lingering::new(socket));
        socket.set_write_timeout(Some(UNREADING));
        let builder = builder();
        let serving = builder.serve_connection(TokioIo::new(Box::pin(socket)), service);
        tokio::pin!(serving);
        tokio::select! {
            _ = serving.as_mut() => return,
            () = activity.quiet(self.timeouts) => {}
            () = self.stop.cancelled() => {}
        }
        serving.as_mut().graceful_shutdown();
        if activity.is_quiet() {
            let _ = timeout(LINGER, serving).await;
        } else {
            let _ = serving.await;
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(UNREAD);
    builder
        .http2()
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS)
        .initial_stream_window_size(UNREAD_STREAM)
        .initial_connection_window_size(UNREAD_CONNECTION);
    builder
}

/// The requests of one connection.
#[derive(Debug, Default)]
struct Activity {
    under_way: AtomicUsize,
    has_asked: AtomicBool,
    changed: Notify,
}

impl Activity {
    fn is_quiet(&self) -> bool {
        self.under_way.load(Ordering::Acquire) == 0
    }

    /// Returns when nothing has been asked for as long as the timeout.
    async fn quiet(&self, timeouts: Timeouts) {
        loop {
            if !self.is_quiet() {
                self.changed.notified().await;
                continue;
            }
            let has_asked = self.has_asked.load(Ordering::Acquire);
            let wait = if has_asked { timeouts.next } else { timeouts.first };
            if timeout(wait, self.changed.notified()).await.is_err() {
                return;
            }
        }
    }
}

/// A request, until its answer is sent.
struct Begun(Arc<Activity>);

impl Begun {
    fn new(activity: &Arc<Activity>) -> Begun {
        activity.under_way.fetch_add(1, Ordering::AcqRel);
        activity.has_asked.store(true, Ordering::Release);
        activity.changed.notify_one();
        Begun(activity.clone())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}

/// The body of an answer; its request is under way until it is sent.
struct Answering<B> {
    body: B,
    _begun: Begun,
}

impl<B: Body + Unpin> Body for Answering<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
