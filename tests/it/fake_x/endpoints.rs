//! The five calls, with X's rules on who may make them and with which parameters.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    BEARER, COMPANY, Call, Caller, Endpoint, KEYS, Standing, State,
    faults::{Fault, bad_parameter, problem},
    floor_id, machine_time, oauth,
    posts::{FakeAccount, FakePost},
};
use crate::fake_http::{Manner, Reply, Request};

/// How far recent search reaches back.
const SEARCH_DAYS: i64 = 7;

/// How many mentions are kept.
const KEPT_MENTIONS: usize = 800;

const UNSUPPORTED: &str = "https://api.x.com/2/problems/unsupported-authentication";

impl State {
    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        let endpoint = endpoint(&request.path);
        let reply = self.checked(request, endpoint);
        let date = (self.now() + self.clock_error).format("%a, %d %b %Y %H:%M:%S GMT");
        self.calls.push(Call {
            request: request.clone(),
            endpoint,
            status: reply.status,
        });
        reply.with("date", date).with("api-version", "2.166")
    }

    fn checked(&mut self, request: &Request, endpoint: Option<Endpoint>) -> Reply {
        let Some(endpoint) = endpoint.filter(|_| request.method == "GET") else {
            self.violations
                .push(format!("{} {} is no call", request.method, request.path));
            return problem(404, "about:blank", "Not Found");
        };
        if request.header("user-agent").is_none_or(str::is_empty) {
            self.violations.push("a call without User-Agent".to_owned());
        }
        let caller = match self.caller(request) {
            Ok(caller) => caller,
            Err(why) => return refused_caller(&why),
        };
        if endpoint == Endpoint::Me && caller == Caller::App {
            return problem(403, UNSUPPORTED, "Unsupported Authentication");
        }
        let now = self.now();
        if !self.limits.take(endpoint, caller, now) {
            self.violations
                .push(format!("{endpoint:?} called above its limit"));
            let reply = problem(429, "about:blank", "Too Many Requests");
            return self.limits.stamp(reply, endpoint, caller, now);
        }
        let fault = self.next_fault();
        if fault.is_some_and(Fault::uses_up_window) {
            self.limits.use_up(endpoint, caller, now);
        }
        let reply = match fault {
            Some(fault) => fault.reply(|| self.page(request, endpoint).0),
            None => {
                let (reply, posts) = self.page(request, endpoint);
                self.posts_charged += posts as u64;
                reply
            }
        };
        let untold = fault == Some(Fault::WindowUsedUpUntold);
        if untold || reply.manner != Manner::Whole {
            reply
        } else {
            self.limits.stamp(reply, endpoint, caller, now)
        }
    }

    fn caller(&mut self, request: &Request) -> Result<Caller, String> {
        if let Some(token) = request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
        {
            return if token == BEARER {
                Ok(Caller::App)
            } else {
                Err("wrong bearer token".to_owned())
            };
        }
        let time = (machine_time() + self.clock_error).timestamp();
        let nonce = oauth::check(request, &self.base_url, KEYS, time)?;
        if self.nonces.insert(nonce) {
            Ok(Caller::Account)
        } else {
            Err("nonce used before".to_owned())
        }
    }

    /// The answer and the number of posts in it.
    fn page(&self, request: &Request, endpoint: Endpoint) -> (Reply, usize) {
        if let Some(refusal) = self.refused_parameter(request, endpoint) {
            return (refusal, 0);
        }
        match endpoint {
            Endpoint::Me => (self.account_reply(COMPANY), 0),
            Endpoint::ByHandle => (self.account_reply(last_part(&request.path)), 0),
            Endpoint::Mentions => self.mentions(request),
            Endpoint::Search => self.search(request),
            Endpoint::Lookup => self.lookup(request),
        }
    }

    fn account_reply(&self, handle: &str) -> Reply {
        let known = self
            .accounts
            .iter()
            .find(|account| account.handle.eq_ignore_ascii_case(handle));
        known.map_or_else(
            || Reply::json(200, &json!({"errors": [entry("username", handle, "user", "Not Found Error", "resource-not-found")]})),
            |account| Reply::json(200, &json!({"data": account.object()})),
        )
    }

    /// Parameters that the call does not have, values out of range, names of the other vocabulary.
    fn refused_parameter(&self, request: &Request, endpoint: Endpoint) -> Option<Reply> {
        let known = known_parameters(endpoint);
        for (index, (name, value)) in request.query.iter().enumerate() {
            let is_known = known.contains(&name.as_str())
                || (endpoint.reads_posts() && name == self.vocabulary.fields_parameter());
            let is_repeated = request.query[..index].iter().any(|(other, _)| other == name);
            if !is_known || is_repeated || name == self.vocabulary.refused_parameter() {
                return Some(bad_parameter(
                    name,
                    value,
                    &format!("The query parameter [{name}] is not one of […]"),
                ));
            }
        }
        let fields = request
            .parameter(self.vocabulary.fields_parameter())
            .unwrap_or_default();
        let unknown = fields
            .split(',')
            .find(|field| !field.is_empty() && !self.vocabulary.known_fields().contains(field));
        if let Some(field) = unknown {
            return Some(bad_parameter(
                self.vocabulary.fields_parameter(),
                field,
                "not one of […]",
            ));
        }
        self.refused_range(request, endpoint)
    }

    fn refused_range(&self, request: &Request, endpoint: Endpoint) -> Option<Reply> {
        let of = |name: &str| request.parameter(name);
        if let (Some(since), Some(_)) = (of("since_id"), of("start_time")) {
            return Some(bad_parameter(
                "since_id",
                since,
                "cannot be combined with start_time",
            ));
        }
        let least = if endpoint == Endpoint::Mentions { 5 } else { 10 };
        if let Some(size) =
            of("max_results").filter(|size| !size.parse().is_ok_and(|n: u32| (least..=100).contains(&n)))
        {
            return Some(bad_parameter("max_results", size, "out of range"));
        }
        if endpoint != Endpoint::Search {
            return None;
        }
        let rule = of("query").unwrap_or_default();
        if rule.is_empty() || rule.chars().count() > 512 {
            return Some(bad_parameter("query", rule, "1 to 512 characters"));
        }
        let earliest = self.now() - TimeDelta::days(SEARCH_DAYS);
        let since = of("since_id").filter(|id| id.parse().is_ok_and(|id: u64| id < floor_id(earliest)));
        let start =
            of("start_time").filter(|time| time.parse().is_ok_and(|time: DateTime<Utc>| time < earliest));
        let too_old = since
            .map(|id| ("since_id", id))
            .or(start.map(|time| ("start_time", time)));
        too_old.map(|(name, value)| bad_parameter(name, value, &format!("'{name}' must be after […]")))
    }

    fn mentions(&self, request: &Request) -> (Reply, usize) {
        let id: u64 = request.path.split('/').nth(3).unwrap().parse().unwrap();
        let Some(account) = self.accounts.iter().find(|account| account.id == id) else {
            let errors = json!({"errors": [entry("id", &id.to_string(), "user", "Not Found Error", "resource-not-found")]});
            return (Reply::json(200, &errors), 0);
        };
        let handle = format!("@{}", account.handle.to_lowercase());
        let mut found = self.found(|post| post.text.to_lowercase().contains(&handle));
        found.truncate(KEPT_MENTIONS);
        self.listed(found, request)
    }

    /// Knows words (any of them), `-is:retweet` and `-from:`.
    fn search(&self, request: &Request) -> (Reply, usize) {
        let rule = request.parameter("query").unwrap_or_default().to_lowercase();
        let terms: Vec<_> = rule
            .split([' ', '(', ')'])
            .filter(|term| !term.is_empty() && *term != "or")
            .collect();
        let earliest = self.now() - TimeDelta::days(SEARCH_DAYS);
        let found = self.found(|post| {
            let text = post.text.to_lowercase();
            let is_excluded = terms
                .iter()
                .filter_map(|term| term.strip_prefix('-'))
                .any(|term| self.is(post, term));
            let words = terms.iter().filter(|term| !term.starts_with('-'));
            post.created_at >= earliest && !is_excluded && words.clone().any(|word| text.contains(word))
        });
        self.listed(found, request)
    }

    fn is(&self, post: &FakePost, operator: &str) -> bool {
        match operator.split_once(':') {
            Some(("is", "retweet")) => post.reference.is_some_and(|(kind, _)| kind == "retweeted"),
            Some(("from", handle)) => self
                .accounts
                .iter()
                .any(|account| account.id == post.author && account.handle == handle),
            _ => false,
        }
    }

    /// The latest first.
    fn found(&self, matches: impl Fn(&FakePost) -> bool) -> Vec<&FakePost> {
        let mut found: Vec<_> = self
            .posts
            .iter()
            .filter(|post| post.is_found() && matches(post))
            .collect();
        found.sort_by_key(|post| std::cmp::Reverse(post.id()));
        found
    }

    /// A page of a list: after `since_id` or from `start_time`, older than the token says.
    fn listed(&self, mut found: Vec<&FakePost>, request: &Request) -> (Reply, usize) {
        let since: u64 = request.parameter("since_id").map_or(0, |id| id.parse().unwrap());
        let start: DateTime<Utc> = request
            .parameter("start_time")
            .map_or(DateTime::UNIX_EPOCH, |time| time.parse().unwrap());
        let token = request
            .parameter("next_token")
            .or(request.parameter("pagination_token"));
        let before = token.map_or(u64::MAX, |token| {
            token.strip_prefix("before").unwrap().parse().unwrap()
        });
        found.retain(|post| post.id() > since && post.created_at >= start && post.id() < before);
        let size = self.page_size.min(
            request
                .parameter("max_results")
                .map_or(10, |size| size.parse().unwrap()),
        );
        let more = found.len() > size;
        found.truncate(size);
        let Some((newest, oldest)) = found.first().zip(found.last()) else {
            return (Reply::json(200, &json!({"meta": {"result_count": 0}})), 0);
        };
        let mut meta = json!({"result_count": found.len(), "newest_id": newest.id().to_string(), "oldest_id": oldest.id().to_string()});
        if more {
            meta["next_token"] = json!(format!("before{}", oldest.id()));
        }
        let mut body = self.objects(&found, request);
        body["meta"] = meta;
        (Reply::json(200, &body), found.len())
    }

    fn objects(&self, found: &[&FakePost], request: &Request) -> Value {
        let fields = request
            .parameter(self.vocabulary.fields_parameter())
            .unwrap_or_default();
        let mut asked: Vec<_> = fields.split(',').collect();
        asked.extend(request.parameter("expansions"));
        let objects: Vec<_> = found
            .iter()
            .map(|post| post.object(self.vocabulary, &asked))
            .collect();
        let mut body = json!({"data": objects});
        if asked.contains(&"author_id") && !self.without_authors {
            let wrote = |id: u64| found.iter().any(|post| post.author == id);
            let users: Vec<_> = self
                .accounts
                .iter()
                .filter(|account| wrote(account.id))
                .map(FakeAccount::object)
                .collect();
            body["includes"] = json!({"users": users});
        }
        body
    }

    /// An older version stays readable under its own id; a deleted chain is gone as a whole.
    fn lookup(&self, request: &Request) -> (Reply, usize) {
        let ids: Vec<&str> = request.parameter("ids").unwrap_or_default().split(',').collect();
        if ids.len() > 100 {
            return (bad_parameter("ids", &ids.len().to_string(), "1 to 100"), 0);
        }
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for id in ids {
            let number: u64 = id.parse().unwrap();
            match self.posts.iter().find(|post| post.ids.contains(&number)) {
                Some(post) if matches!(post.standing, Standing::Present | Standing::Withheld) => {
                    found.push((number, post));
                }
                Some(post) if post.standing == Standing::Protected => {
                    errors.push(entry(
                        "ids",
                        id,
                        "tweet",
                        "Authorization Error",
                        "not-authorized-for-resource",
                    ));
                }
                _ => errors.push(entry("ids", id, "tweet", "Not Found Error", "resource-not-found")),
            }
        }
        let posts: Vec<_> = found.iter().map(|(_, post)| *post).collect();
        let mut body = self.objects(&posts, request);
        for (object, (number, _)) in body["data"].as_array_mut().unwrap().iter_mut().zip(&found) {
            object["id"] = json!(number.to_string());
        }
        if posts.is_empty() {
            body = json!({});
        }
        if !errors.is_empty() {
            body["errors"] = json!(errors);
        }
        (Reply::json(200, &body), posts.len())
    }
}

impl Endpoint {
    fn reads_posts(self) -> bool {
        matches!(self, Self::Mentions | Self::Search | Self::Lookup)
    }
}

fn endpoint(path: &str) -> Option<Endpoint> {
    match path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
        ["2", "users", "me"] => Some(Endpoint::Me),
        ["2", "users", "by", "username", _] => Some(Endpoint::ByHandle),
        ["2", "users", id, "mentions"] if id.parse::<u64>().is_ok() => Some(Endpoint::Mentions),
        ["2", "tweets", "search", "recent"] => Some(Endpoint::Search),
        ["2", "tweets"] => Some(Endpoint::Lookup),
        _ => None,
    }
}

fn known_parameters(endpoint: Endpoint) -> &'static [&'static str] {
    match endpoint {
        Endpoint::Me | Endpoint::ByHandle => &["user.fields"],
        Endpoint::Mentions => &[
            "since_id",
            "start_time",
            "max_results",
            "pagination_token",
            "expansions",
            "user.fields",
        ],
        Endpoint::Search => &[
            "query",
            "since_id",
            "start_time",
            "max_results",
            "next_token",
            "pagination_token",
            "expansions",
            "user.fields",
        ],
        Endpoint::Lookup => &["ids", "expansions", "user.fields"],
    }
}

fn refused_caller(why: &str) -> Reply {
    if why == "timestamp out of bounds" {
        let body = json!({"errors": [{"code": 135, "message": "Timestamp out of bounds."}]});
        return Reply::json(401, &body);
    }
    problem(401, "about:blank", "Unauthorized").with("x-why", why)
}

fn entry(parameter: &str, value: &str, resource: &str, title: &str, slug: &str) -> Value {
    json!({"value": value, "parameter": parameter, "resource_type": resource, "resource_id": value, "title": title,
        "detail": format!("{title}: {parameter} [{value}]."), "type": format!("https://api.twitter.com/2/problems/{slug}")})
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}
