//! What the web sees: the API under `/v1`, the pages, health; every answer with a request id and security headers.
pub mod address;
mod allow;
pub mod api;
pub mod auth;
mod body;
pub mod cache;
pub mod cursor;
pub mod file;
pub mod health;
pub mod hooks;
mod hosts;
pub mod limit;
pub mod live;
pub mod observe;
pub mod openapi;
pub mod origin;
pub mod pages;
pub mod problem;
pub mod refused;
mod room;
mod scim;
mod serve;
pub mod session;
mod socket;
pub mod stored;
pub mod strict;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoEndpoint, Route};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{app::App, capture::group::Grouper, template::context::IndexPage};
use cache::Cache;
use limit::RateLimits;
use refused::Refusals;

/// Wallboards that may stand open at once.
const WALLS: usize = 100;

/// What handlers are handed besides the [`App`].
#[derive(Clone, Debug)]
pub struct Web {
    /// The service.
    pub app: App,
    /// Commits comments together.
    pub comments: Grouper,
    /// Cancelled when the service is asked to stop: what would go on for ever ends then.
    pub stop: CancellationToken,
    /// Counts requests.
    pub limits: Arc<RateLimits>,
    /// Counts what is refused.
    pub refusals: Refusals,
    /// Pushes that were refused, until the audit log tells of them.
    pub forged: Arc<hooks::Refusals>,
    /// What was asked a moment ago.
    pub cache: Cache,
    /// What stands at `/`: nothing, but in the demo.
    pub front: Option<Arc<IndexPage>>,
    /// Whether feed and board are shown to whoever comes: everything is invented.
    pub demo: bool,
    /// Tells open feeds what is new.
    pub live: live::Live,
    /// Wallboards that stand open.
    pub walls: Arc<Semaphore>,
}

impl Web {
    /// Prepares what handlers need; `stop` ends what would go on for ever.
    #[must_use]
    pub fn new(app: App, stop: CancellationToken) -> Web {
        let comments = Grouper::start(app.db.clone());
        let limits = Arc::new(RateLimits::new(&app.config.limits));
        Web {
            app,
            comments,
            stop,
            limits,
            refusals: Refusals::default(),
            forged: Arc::default(),
            cache: Cache::default(),
            front: None,
            demo: false,
            live: live::Live::default(),
            walls: Arc::new(Semaphore::new(WALLS)),
        }
    }

    /// Puts a page at `/` of the demo.
    #[must_use]
    pub fn with_front(mut self, page: IndexPage) -> Web {
        self.front = Some(Arc::new(page));
        self
    }

    /// The same for the demo, whose pages need no sign-in.
    #[must_use]
    pub fn for_demo(self) -> Web {
        Web { demo: true, ..self }
    }
}

/// All routes.
pub fn routes(web: Web) -> impl Endpoint {
    let mut routes = pages::add_to(Route::new(), pages::PAGES);
    if web.demo {
        routes = pages::add_to(routes, pages::DEMO_PAGES);
    }
    routes
        .nest("/v1", openapi::service().into_endpoint())
        .at("/docs", poem::get(openapi::swagger_ui))
        .at("/openapi.json", poem::get(openapi::serve_document))
        .at("/hooks/:address", poem::get(hooks::take).post(hooks::take))
        .nest("/scim/v2", scim::routes())
        .at("/healthz", poem::get(health::alive))
        .at("/readyz", poem::get(health::ready))
        .around(origin::refuse_other_sites)
        .around(strict::refuse_what_is_not_described)
        .around(strict::refuse_nul)
        .around(body::measure)
        // Types of a bounded depth: the compiler refuses deeper ones.
        .boxed()
        .around(hosts::refuse_other_hosts)
        .around(problem::as_problem)
        .around(observe::observe)
        .data(web)
}

/// Serves until `stop`, then gives open requests the configured time.
pub async fn serve(web: Web, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
    let app = web.app.clone();
    serve::serve(routes(web), listener, &app.config.server, stop).await
}
