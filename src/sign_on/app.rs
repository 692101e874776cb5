//! What signing in through the company is handed.
use std::{ops::Deref, sync::Arc};

use entity::sign_on_provider;
use uuid::Uuid;

use super::discovery::Discovery;
use crate::platform::service::Service;

/// What signing in through the company is handed.
#[derive(Clone, Debug)]
pub struct SignOnApp {
    /// What every stage is handed.
    pub service: Service,
    /// What is known of providers.
    pub discovery: Arc<Discovery>,
}

impl Deref for SignOnApp {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl SignOnApp {
    /// Where a provider sends people back to: one address for each, so that no provider can pass for another.
    #[must_use]
    pub fn redirect_address(&self, provider: Uuid) -> String {
        format!("{}/sign-on/{provider}/return", self.config.server.base_url)
    }

    /// Where a provider says that somebody signed out there.
    #[must_use]
    pub fn logout_address(&self, provider: Uuid) -> String {
        format!("{}/sign-on/{provider}/logout", self.config.server.base_url)
    }
}

/// What a provider's secret is sealed for.
pub(super) fn about(provider: &sign_on_provider::Model) -> String {
    about_id(provider.organisation_id, provider.id)
}

/// The same before there is a row.
pub(super) fn about_id(organisation: Uuid, provider: Uuid) -> String {
    format!("{organisation}/sign_on_provider/{provider}")
}
