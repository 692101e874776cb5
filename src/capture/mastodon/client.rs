//! The three questions we ask a Mastodon server.

use std::collections::HashSet;

use reqwest::{Url, redirect::Policy};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::{
    Status, StatusId,
    answer::{Answer, broken},
    status::{AccountFields, Read},
};
use crate::capture::remote::{
    BaseUrl, CallLimits, Hang, Networks, RateLimit, ReadError, Resolver, Secret, within,
};

const USER_AGENT: &str = concat!("plaudit/", env!("CARGO_PKG_VERSION"));

/// Most notifications in one answer.
const PAGE_SIZE: &str = "80";

/// Posts in one question; servers take 20 at least.
const LOOKUP_IDS: usize = 20;

/// Where and as whom to read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://mastodon.example`
    pub base: BaseUrl,
    /// An application's access token with the permissions `read:accounts`, `read:notifications` and
    /// `read:statuses`.
    pub access_token: Secret,
    /// Where the address may lead.
    pub networks: Networks,
    /// How long we wait.
    pub limits: CallLimits,
}

/// Reads from one Mastodon server as one account.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    settings: Settings,
}

/// The HTTP client could not be made: the machine has no certificates, for instance.
#[derive(Debug, Error)]
#[error("no HTTP client can be made for Mastodon")]
pub struct ClientError(#[source] reqwest::Error);

/// The account we read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// On this server.
    pub id: String,
    /// `acme`
    pub handle: String,
    /// "Acme Support"
    pub name: String,
}

/// One page of mentions, the latest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The public ones.
    pub statuses: Vec<Status>,
    /// The latest notification of the page: where to read on. `None` on an empty page, which says that
    /// everything has been read.
    pub read_up_to: Option<StatusId>,
    /// Posts to followers or single people. Nothing of them is kept.
    pub not_for_us: usize,
    /// Posts without id, words, time or audience.
    pub unreadable: usize,
    /// Calls left.
    pub rate: RateLimit,
}

/// What became of posts we keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Those that stand, as they read now.
    pub standing: Vec<Status>,
    /// Those whose words must go.
    pub gone: Vec<Gone>,
    /// Calls left.
    pub rate: RateLimit,
}

/// A post we may no longer keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// As asked for.
    pub id: StatusId,
    /// Why.
    pub reason: GoneReason,
}

/// Why a post may no longer be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneReason {
    /// Deleted, or hidden from us: Mastodon does not tell these apart.
    Deleted,
    /// No longer for everybody.
    NotVisible,
}

#[derive(Deserialize)]
struct Notification {
    id: String,
    status: Option<Value>,
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// When the machine cannot do TLS.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        // Whoever was first to choose ring chose the same: an error here is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .dns_resolver(Resolver::beside_proxy(
                settings.networks.clone(),
                &settings.base.host(),
            ))
            .build()
            .map_err(ClientError)?;
        Ok(Self { http, settings })
    }

    /// The account the token belongs to.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn verify(&self) -> Result<Account, ReadError> {
        let answer = self.get("/api/v1/accounts/verify_credentials", &[]).await?;
        let fields: AccountFields = answer.success()?;
        Ok(Account {
            name: fields.shown_name().to_owned(),
            id: fields.id,
            handle: fields.acct,
        })
    }

    /// The mentions next after a notification, or the latest ones. Asked again with `read_up_to` until the
    /// page is empty, it reaches the present without a gap.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn mentions(&self, after: Option<&StatusId>) -> Result<Page, ReadError> {
        let mut query = vec![("types[]", "mention".to_owned()), ("limit", PAGE_SIZE.to_owned())];
        query.extend(after.map(|id| ("min_id", id.to_string())));
        let answer = self.get("/api/v1/notifications", &query).await?;
        let notifications: Vec<Notification> = answer.success()?;
        Ok(page(&notifications, &answer))
    }

    /// Looks posts again: which stand, which are gone.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn check(&self, ids: &[StatusId]) -> Result<Checked, ReadError> {
        let mut checked = Checked::default();
        for some in ids.chunks(LOOKUP_IDS) {
            let left = self.check_together(some, &mut checked).await?;
            for id in left {
                self.check_alone(id, &mut checked).await?;
            }
        }
        Ok(checked)
    }

    /// Gives back those it learnt nothing about: missing ones, and all of them on servers before 4.3, which
    /// do not know the question.
    async fn check_together<'a>(
        &self,
        ids: &'a [StatusId],
        checked: &mut Checked,
    ) -> Result<Vec<&'a StatusId>, ReadError> {
        let query: Vec<_> = ids.iter().map(|id| ("id[]", id.to_string())).collect();
        let answer = self.get("/api/v1/statuses", &query).await?;
        checked.rate = answer.rate;
        let objects: Vec<Value> = match answer.success() {
            Err(ReadError::NotFound { .. }) => Vec::new(),
            found => found?,
        };
        let mut seen = HashSet::new();
        for object in &objects {
            seen.extend(note(object, checked));
        }
        Ok(ids.iter().filter(|id| !seen.contains(id)).collect())
    }

    async fn check_alone(&self, id: &StatusId, checked: &mut Checked) -> Result<(), ReadError> {
        let answer = self.get(&format!("/api/v1/statuses/{id}"), &[]).await?;
        checked.rate = answer.rate;
        match answer.success::<Value>() {
            Err(ReadError::NotFound { .. }) => {
                checked.gone.push(Gone {
                    id: id.clone(),
                    reason: GoneReason::Deleted,
                });
            }
            found => {
                let seen = note(&found?, checked);
                if seen.as_ref() != Some(id) {
                    return Err(ReadError::Unreadable(
                        "another post than the one asked for".to_owned(),
                    ));
                }
            }
        }
        Ok(())
    }

    async fn get(&self, path: &str, query: &[(&'static str, String)]) -> Result<Answer, ReadError> {
        within(
            self.settings.limits.call,
            Hang::Altogether,
            self.exchange(path, query),
        )
        .await?
    }

    async fn exchange(&self, path: &str, query: &[(&'static str, String)]) -> Result<Answer, ReadError> {
        let Settings {
            base,
            access_token,
            networks,
            limits,
        } = &self.settings;
        let unfit = |_| ReadError::NotFound {
            said: "the address cannot take a path".to_owned(),
        };
        let mut url = Url::parse(&format!("{base}{path}")).map_err(unfit)?;
        networks.check(&url)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let sent = self.http.get(url).bearer_auth(access_token.expose()).send();
        let response = within(limits.head, Hang::BeforeHead, sent)
            .await?
            .map_err(|e| broken(&e))?;
        Answer::take(response, *limits).await
    }
}

fn page(notifications: &[Notification], answer: &Answer) -> Page {
    let newest = notifications.first().and_then(|latest| latest.id.parse().ok());
    let mut page = Page {
        statuses: Vec::new(),
        read_up_to: answer
            .link
            .as_deref()
            .and_then(min_id_of_newer)
            .filter(|_| newest.is_some())
            .or(newest),
        not_for_us: 0,
        unreadable: 0,
        rate: answer.rate,
    };
    for notification in notifications {
        match notification.status.as_ref().map_or(Read::Unreadable, Read::from) {
            Read::Shown(status) => page.statuses.push(*status),
            Read::NotForUs => page.not_for_us += 1,
            Read::Unreadable => page.unreadable += 1,
        }
    }
    page
}

/// Of `Link: <https://…?min_id=7>; rel="prev"` the 7. Only the id is taken; the address is never followed,
/// so that an answer cannot send our token elsewhere.
fn min_id_of_newer(link: &str) -> Option<StatusId> {
    let newer = link.split(", <").find(|part| part.contains("rel=\"prev\""))?;
    let url = Url::parse(newer.trim_start_matches('<').split('>').next()?).ok()?;
    let (_, id) = url.query_pairs().find(|(name, _)| name == "min_id")?;
    id.parse().ok()
}

/// Files a looked-up post and tells its id.
fn note(object: &Value, checked: &mut Checked) -> Option<StatusId> {
    let id: StatusId = object.get("id")?.as_str()?.parse().ok()?;
    match Read::from(object) {
        Read::Shown(status) => checked.standing.push(*status),
        Read::NotForUs => checked.gone.push(Gone {
            id: id.clone(),
            reason: GoneReason::NotVisible,
        }),
        Read::Unreadable => return None,
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_header_says_where_to_read_on() {
        let link = r#"<https://m.example/api/v1/notifications?limit=80&max_id=5&types%5B%5D=mention>; rel="next", <https://m.example/api/v1/notifications?limit=80&min_id=84&types%5B%5D=mention>; rel="prev""#;
        assert_eq!(min_id_of_newer(link), "84".parse().ok());
        assert_eq!(
            min_id_of_newer(r#"<https://m.example/?max_id=5>; rel="next""#),
            None
        );
        assert_eq!(min_id_of_newer("garbage"), None);
    }
}
