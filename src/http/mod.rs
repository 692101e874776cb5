//! What the web sees: the API under `/v1`, the pages, health; every answer with a request id and security headers.
pub mod address;
mod allow;
pub mod api;
pub mod auth;
pub mod cursor;
pub mod health;
pub mod known;
pub mod limit;
pub mod observe;
pub mod openapi;
pub mod origin;
pub mod pages;
pub mod problem;
pub mod session;
pub mod strict;

use std::{sync::Arc, time::Duration};

use poem::{Endpoint, EndpointExt, IntoEndpoint, Route, Server, listener::TcpAcceptor};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{app::App, capture::group::Grouper, template::context::IndexPage};
use known::Known;
use limit::RateLimits;

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
    /// What was asked a moment ago.
    pub known: Known,
    /// What stands at `/`: nothing, but in the demo.
    pub front: Option<Arc<IndexPage>>,
    /// Whether feed and board are shown to whoever comes: everything is invented.
    pub demo: bool,
}

impl Web {
    /// Prepares what handlers need; `stop` ends the group commit.
    #[must_use]
    pub fn new(app: App, stop: CancellationToken) -> Web {
        let comments = Grouper::start(app.db.clone(), stop.clone());
        let limits = Arc::new(RateLimits::new(&app.config.limits));
        Web {
            app,
            comments,
            stop,
            limits,
            known: Known::default(),
            front: None,
            demo: false,
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
    let service = openapi::service();
    let document = openapi::document().to_string();
    let page = service.swagger_ui_html();
    let mut routes = pages::add_to(Route::new());
    if web.demo {
        routes = pages::add_demo_to(routes);
    }
    routes
        .nest("/v1", service.into_endpoint())
        .at(
            "/docs",
            poem::get(openapi::swagger_ui).data(openapi::SwaggerPage(page)),
        )
        .at(
            "/openapi.json",
            poem::get(openapi::serve_document).data(openapi::Document(document)),
        )
        .at("/healthz", poem::get(health::alive))
        .at("/readyz", poem::get(health::ready))
        .around(origin::refuse_other_sites)
        .around(strict::refuse_other_types)
        .around(strict::refuse_nul)
        .around(limit::limit_body)
        .around(problem::as_problem)
        .around(observe::observe)
        .data(web)
}

/// Serves until `stop`, then gives open requests the configured time.
pub async fn serve(web: Web, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
    let wait = Duration::from_secs(web.app.config.server.stop_seconds);
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    let server = Server::new_with_acceptor(acceptor);
    server
        .run_with_graceful_shutdown(routes(web), stop.cancelled_owned(), Some(wait))
        .await
}
