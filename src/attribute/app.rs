//! What attribution is handed.
use std::{ops::Deref, sync::Arc};

use crate::{platform::service::Service, roster::cache::RosterCache};

/// What attribution is handed.
#[derive(Clone, Debug)]
pub struct AttributeApp {
    /// What every stage is handed.
    pub service: Service,
    /// Name indices of the organisations.
    pub rosters: Arc<RosterCache>,
}

impl Deref for AttributeApp {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}
