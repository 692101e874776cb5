//! What delivery is handed.
use std::{ops::Deref, sync::Arc};

use crate::{deliver::channel::mail::Mailer, platform::service::Service, template::Templates};

/// What delivery is handed.
#[derive(Clone, Debug)]
pub struct DeliverApp {
    /// What every stage is handed.
    pub service: Service,
    /// Pages and mails.
    pub templates: Arc<Templates>,
    /// How mails leave.
    pub mailer: Arc<Mailer>,
}

impl Deref for DeliverApp {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}
