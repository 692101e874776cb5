//! What capturing is handed.
use std::{ops::Deref, sync::Arc};

use crate::{capture::connection::Clients, platform::service::Service};

/// What capturing is handed.
#[derive(Clone, Debug)]
pub struct CaptureApp {
    /// What every stage is handed.
    pub service: Service,
    /// Connections to public networks.
    pub clients: Arc<Clients>,
}

impl Deref for CaptureApp {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}
