//! Under which names the service answers. A page of somebody else's, whose name is suddenly said to lead here, is refused
//! so. Addresses are not: no browser can be led to them by a name, and load balancers look here by address.
use std::{net::IpAddr, sync::Arc};

use poem::{
    Endpoint, Request,
    http::{StatusCode, header},
};

use super::{Web, problem::Failure};
use crate::platform::config::{Config, without_port};

/// What load balancers ask, by whatever name.
const FOR_ALL: [&str; 2] = ["/healthz", "/readyz"];

pub(super) async fn refuse_other_hosts<E: Endpoint>(
    next: Arc<E>,
    request: Request,
) -> poem::Result<E::Output> {
    let is_for_all = FOR_ALL.contains(&request.uri().path());
    let config = request.data::<Web>().map(|web| &web.app.config);
    if let (false, Some(config), Some(host)) = (is_for_all, config, host(&request))
        && !is_ours(config, host)
    {
        return Err(refusal(host).into());
    }
    next.call(request).await
}

fn host(request: &Request) -> Option<&str> {
    let named = request.headers().get(header::HOST);
    let named = named.map(|host| host.to_str().unwrap_or_default());
    let named = named.or_else(|| {
        request
            .original_uri()
            .authority()
            .map(poem::http::uri::Authority::as_str)
    });
    named.map(without_port)
}

fn is_ours(config: &Config, host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let names = config.server.hosts.iter().map(String::as_str);
    address.parse::<IpAddr>().is_ok()
        || names
            .chain([config.host(), "localhost"])
            .any(|name| name.eq_ignore_ascii_case(host))
}

fn refusal(host: &str) -> Failure {
    Failure::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrong_host",
        "This is another host",
        Some(format!(
            "{host:?} is neither the host of server.base_url nor listed in server.hosts"
        )),
    )
}
