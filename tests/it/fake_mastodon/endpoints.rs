//! The four calls, as Mastodon answers them.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::{Fault, LIMIT, State, TOKEN, Toot};
use crate::fake_http::{Manner, Reply, Request};

const OVERSIZE: usize = 5 << 20;

impl State {
    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        self.calls.push(request.clone());
        let date = self.now.format("%a, %d %b %Y %H:%M:%S GMT");
        if self.now >= self.window_ends_at {
            self.used = 0;
            self.window_ends_at = self.now + TimeDelta::minutes(5);
        }
        self.used += 1;
        let reply = self.checked(request);
        reply
            .with("date", date)
            .with("x-ratelimit-limit", LIMIT)
            .with("x-ratelimit-remaining", LIMIT.saturating_sub(self.used))
            .with(
                "x-ratelimit-reset",
                self.window_ends_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            )
    }

    fn checked(&mut self, request: &Request) -> Reply {
        if self.used > LIMIT {
            self.violations.push("called above the limit".to_owned());
            return refusal(429, "Too many requests");
        }
        if request.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return refusal(401, "The access token is invalid");
        }
        if request.header("user-agent").is_none_or(str::is_empty) {
            self.violations.push("a call without User-Agent".to_owned());
        }
        match self.scripted.pop_front() {
            Some(Fault::WindowUsedUp) => {
                self.used = LIMIT;
                refusal(429, "Too many requests")
            }
            Some(fault) => fault.reply(|| self.found(request)),
            None => self.found(request),
        }
    }

    fn found(&self, request: &Request) -> Reply {
        match request.path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
            ["api", "v1", "accounts", "verify_credentials"] => Reply::json(
                200,
                &json!({"id": "1", "acct": "acme", "username": "acme", "display_name": "Acme"}),
            ),
            ["api", "v1", "notifications"] => self.notifications(request),
            ["api", "v1", "statuses"] if self.knows_many => self.statuses(request),
            ["api", "v1", "statuses", id] => self.visible(id).map_or_else(
                || refusal(404, "Record not found"),
                |toot| Reply::json(200, &toot.object()),
            ),
            _ => refusal(404, "Record not found"),
        }
    }

    fn notifications(&self, request: &Request) -> Reply {
        assert_eq!(
            request.parameter("types[]"),
            Some("mention"),
            "only mentions are asked for"
        );
        let limit: usize = request
            .parameter("limit")
            .map_or(40, |limit| limit.parse().unwrap());
        assert!(limit <= 80, "Mastodon gives at most 80");
        let size = limit.min(self.page_size);
        let mentions: Vec<_> = self.toots.iter().filter(|toot| !toot.deleted).collect();
        let mut page: Vec<_> = match request.parameter("min_id") {
            Some(id) => mentions
                .into_iter()
                .filter(|toot| toot.notification > id.parse().unwrap())
                .take(size)
                .collect(),
            None => mentions.into_iter().rev().take(size).rev().collect(),
        };
        page.reverse();
        let list: Vec<_> = page.iter().map(|toot| toot.notification()).collect();
        let reply = Reply::json(200, &json!(list));
        let Some((newest, oldest)) = page.first().zip(page.last()) else {
            return reply;
        };
        let path = "https://mastodon.example/api/v1/notifications?limit=80";
        let next = format!("<{path}&max_id={}>; rel=\"next\"", oldest.notification);
        reply.with(
            "link",
            format!("{next}, <{path}&min_id={}>; rel=\"prev\"", newest.notification),
        )
    }

    fn statuses(&self, request: &Request) -> Reply {
        let ids: Vec<_> = request
            .query
            .iter()
            .filter(|(name, _)| name == "id[]")
            .map(|(_, id)| id)
            .collect();
        assert!(ids.len() <= 20, "servers take 20 at least, and these are more");
        let found: Vec<_> = ids
            .into_iter()
            .filter_map(|id| self.visible(id))
            .map(Toot::object)
            .collect();
        Reply::json(200, &json!(found))
    }

    fn visible(&self, id: &str) -> Option<&Toot> {
        self.toots
            .iter()
            .find(|toot| toot.id.to_string() == id && !toot.deleted)
    }
}

impl Toot {
    fn notification(&self) -> Value {
        json!({"id": self.notification.to_string(), "type": "mention", "account": self.author(), "status": self.object(),
            "created_at": self.created_at.to_rfc3339_opts(SecondsFormat::Millis, true)})
    }

    fn object(&self) -> Value {
        let time = |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        json!({"id": self.id.to_string(), "url": self.url, "content": self.html,
            "spoiler_text": "", "visibility": self.visibility, "created_at": time(self.created_at),
            "edited_at": self.edited_at.map(time), "in_reply_to_id": null, "language": "en", "account": self.author(),
            "reblog": null, "poll": null})
    }

    fn author(&self) -> Value {
        let (handle, name) = &self.author;
        json!({"id": "7", "acct": handle, "username": "ana", "display_name": name})
    }
}

impl Fault {
    fn reply(self, due: impl FnOnce() -> Reply) -> Reply {
        match self {
            Self::Revoked => refusal(401, "The access token was revoked"),
            Self::NotPermitted => refusal(403, "This action is outside the authorized scopes"),
            Self::Conflict => refusal(409, "Conflict"),
            Self::Unprocessable => refusal(422, "Validation failed"),
            Self::ServerError(status) => {
                Reply::html(status, "<html>We're sorry, but something went wrong</html>")
            }
            Self::Redirect => Reply::html(301, "").with("location", "https://elsewhere.example/"),
            Self::HtmlSuccess => Reply::html(200, "<html>Are you human?</html>"),
            Self::Oversize => Reply::html(200, &" ".repeat(OVERSIZE)),
            Self::Truncated => due().sent(Manner::Cut),
            Self::HangBeforeHead => due().sent(Manner::HangBeforeHead),
            Self::HangInBody => due().sent(Manner::HangInBody),
            Self::Trickle => due().sent(Manner::Trickle),
            Self::Disconnect => due().sent(Manner::Disconnect),
            Self::WindowUsedUp => refusal(429, "Too many requests"),
        }
    }
}

fn refusal(status: u16, error: &str) -> Reply {
    Reply::json(status, &json!({"error": error}))
}
