//! A shop with people of every role, and what happens when they ask.
use entity::{account, audit, grant::Role};
use plaudit::{access::Scope, web::refused::Refused};
use poem::{http::StatusCode, test::TestRequestBuilder};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    table::{Cell, Of, Row},
    things::{Asker, Things, named},
};
use crate::{reading::SEALING, support::TestApp};

/// Who asks, in the order of the columns.
pub const ROLES: [&str; 7] = ["nobody", "former", "staff", "manager", "lead", "auditor", "admin"];

/// Media type and body.
pub type Sent = (String, String);

pub struct World {
    pub app: TestApp,
    pub things: Things,
    /// By role.
    accounts: Vec<Option<account::Model>>,
}

/// What came of a request.
pub struct Seen {
    status: StatusCode,
    location: String,
    /// Whether the audit log says that something was done.
    is_noted: bool,
    /// The media type.
    pub kind: String,
    text: String,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noted = if self.is_noted { "noted" } else { "not noted" };
        let text: String = self
            .text
            .chars()
            .take(if self.text.starts_with('{') { 200 } else { 0 })
            .collect();
        write!(f, "{} {} ({noted}) {text}", self.status, self.location)
    }
}

impl Cell {
    /// Whether it may leave something changed.
    pub fn changes(self) -> bool {
        matches!(self, Cell::Yes | Cell::Idle | Cell::Status(_))
    }
}

impl Seen {
    /// Whether this is what the cell says. What is refused must have changed nothing.
    pub fn is(&self, cell: Cell, method: &str) -> bool {
        let leads_to_sign_in = self.status == 303 && self.location.starts_with("/sign-in");
        let is_taken = (self.status.is_success() || self.status == 303) && !leads_to_sign_in;
        let is_reading = method == "GET";
        match cell {
            Cell::Yes => is_taken && (is_reading || self.is_noted),
            Cell::Idle => is_taken && !is_reading && !self.is_noted,
            Cell::No => self.status == 403 && !self.is_noted,
            Cell::None => self.status == 404 && !self.is_noted,
            Cell::In => (self.status == 401 || leads_to_sign_in) && !self.is_noted,
            Cell::Status(status) => self.status == status,
            Cell::Skip => true,
        }
    }
}

impl World {
    pub async fn make() -> World {
        let app = TestApp::start_with(&format!(
            "{SEALING}[limits]\nform_per_minute = 100000\nform_organisation_per_minute = 100000\nsign_ins_per_minute = 100000\ncodes_per_minute = 100000\n\
             held_per_minute = 100000\nheld_organisation_per_minute = 100000",
        ))
        .await;
        let things = Things::make(&app).await;
        let mails = serde_json::json!({ "name": "mail", "kind": "mail" });
        app.post("/v1/sources", mails).await.expect(201);
        let granted = [
            ("lead", Role::SiteLead, Some(things.leeds)),
            ("auditor", Role::Auditor, None),
            ("admin", Role::Administrator, None),
        ];
        let mut accounts = vec![None];
        for staff in [things.ed, things.priya, things.ruth] {
            accounts.push(Some(app.signing_in(staff).await));
        }
        for (name, role, site) in granted {
            accounts.push(Some(
                app.account_with(&format!("{name}@example.org"), role, site).await,
            ));
        }
        let ten_days_ago = app.clock.now().date_naive() - chrono::TimeDelta::days(10);
        app.leaves(things.ed, ten_days_ago).await;
        World {
            app,
            things,
            accounts,
        }
    }

    /// Another one of Ruth's team, who stands in for her today: behind all roles.
    pub async fn add_deputy(&mut self) {
        let (ruth, leeds) = (self.things.ruth, self.things.leeds);
        let dana = self.app.person("Dana", "Danasson", Some(leeds), Some(ruth)).await;
        self.app
            .stands_in(dana.id, ruth, "2026-11-21", "2026-11-27")
            .await;
        self.accounts.push(Some(self.app.signing_in(dana.id).await));
    }

    /// The path with what it names.
    pub async fn address(&self, row: &Row, caller: usize) -> String {
        let path = row
            .path
            .replace(":organisation", "shop")
            .replace(":site", "leeds")
            .replace(":token", "nobodys")
            .replace(":name", "style.css")
            .replace(":file", "nothing.css");
        if row.of == Of::Nothing {
            return path;
        }
        let account = self.accounts.get(caller).and_then(Option::as_ref);
        let asker = Asker {
            account: account.map(|account| account.id),
            staff: account.and_then(|account| account.staff_id),
            organisation: self.app.organisation.id,
            changes_it: row.cells[caller].changes() && row.method != "GET",
        };
        let id = self.things.id(&self.app, named(row.path), row.of, asker).await;
        let ids = id.split(',').chain(std::iter::repeat(&*id));
        let count = path.matches(":id").count();
        ids.take(count).fold(path, |path, id| path.replacen(":id", id, 1))
    }

    /// Asks as somebody who has just signed in, from a page of ours.
    pub async fn visit(&self, role: usize, method: &str, path: &str, sent: Option<Sent>) -> Seen {
        let mut request = self.app.web().request(method.parse().unwrap(), path);
        if let Some(account) = &self.accounts[role] {
            request = request
                .header("cookie", self.app.sign_in(account).await)
                .header("sec-fetch-site", "same-origin");
        }
        self.send(request, sent).await
    }

    /// Asks with a key for these scopes.
    pub async fn call(&self, scopes: &[Scope], method: &str, path: &str, sent: Option<Sent>) -> Seen {
        let key = self.app.key_for(scopes).await;
        let request = self.app.web().request(method.parse().unwrap(), path);
        self.send(request.header("authorization", format!("Bearer {key}")), sent)
            .await
    }

    async fn send<E: poem::Endpoint>(
        &self,
        mut request: TestRequestBuilder<'_, E>,
        sent: Option<Sent>,
    ) -> Seen {
        if let Some((media_type, body)) = sent {
            request = request.content_type(media_type).body(body);
        }
        let before = self.noted().await;
        let answer = request.send().await.0;
        let (parts, body) = answer.into_parts();
        let header = |name: &str| {
            parts
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        // What stays open is not waited for.
        let kind = header("content-type").unwrap_or_default();
        let is_open = kind.starts_with("text/event-stream");
        Seen {
            status: parts.status,
            location: header("location").unwrap_or_default(),
            is_noted: self.noted().await != before,
            kind,
            text: if is_open {
                String::new()
            } else {
                body.into_string().await.unwrap_or_default()
            },
        }
    }

    async fn noted(&self) -> u64 {
        let refused = Refused::ALL.map(Refused::action);
        let done = audit::Entity::find().filter(audit::Column::Action.is_not_in(refused));
        done.count(self.app.db.read()).await.unwrap()
    }

    pub async fn end(mut self) {
        self.app.end_with_jobs().await;
    }
}
