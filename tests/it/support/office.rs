//! An administrator at work.
use entity::grant::Role;

use super::{Answer, TestApp};

pub struct Office {
    pub app: TestApp,
    pub cookie: String,
}

impl Office {
    pub async fn start() -> Office {
        Office::start_with("").await
    }

    pub async fn start_with(settings: &str) -> Office {
        let app = TestApp::start_with(settings).await;
        let account = app
            .account_with("ruth@example.org", Role::Administrator, None)
            .await;
        let cookie = app.sign_in(&account).await;
        Office { app, cookie }
    }

    pub async fn page(&self, path: &str) -> Answer {
        self.app.page_as(&self.cookie, path).await
    }

    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.app.form_as(&self.cookie, path, fields).await
    }
}
