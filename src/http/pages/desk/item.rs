//! The things on a desk, made into what the page shows.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{decision, site, source, verdict};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::NotFound;
use crate::{
    capture::read::WithWords,
    deliver::compose::why,
    http::pages::{
        book,
        feed::{byte_at, marked, post_of, why as reasons},
        reader::Reader,
    },
    recognition::{feed::Shown, own::can_answer},
    roster::{
        placement::{self, Wanted},
        site as sites,
        staff::full_name,
    },
    template::{
        Moment, Words,
        context::{
            Because, BecauseKind, Candidate, Complaint, Decide, DeskCandidate, DeskPage, PassOn, Post, Whence,
        },
    },
    triage::list::Waiting,
};

/// Candidates that are offered.
const OFFERED: usize = 3;

/// Something that waits.
pub(super) enum Item {
    Praise(Box<Shown>),
    Open(Box<Waiting>),
    Concern(Box<WithWords>),
}

/// What things are shown with.
pub(super) struct Shelf<'a> {
    reader: &'a Reader<'a>,
    now: DateTime<Utc>,
    sources: HashMap<Uuid, source::Model>,
    sites: HashMap<Uuid, site::Model>,
    /// What people do today.
    jobs: HashMap<Uuid, String>,
    /// Staff members who said of a comment that it was they, or that it was not: name and kind of the last such word.
    said: HashMap<Uuid, (String, decision::Kind)>,
    pub(super) not_found: Option<NotFound>,
}

impl Item {
    /// Since when it waits, and its id.
    pub(super) fn place(&self) -> (DateTime<Utc>, Uuid) {
        match self {
            Item::Praise(shown) => crate::desk::waiting::place(&shown.recognition),
            Item::Open(waiting) => (waiting.comment.0.received_at, waiting.comment.0.id),
            Item::Concern(concern) => (
                concern.0.concern_since.unwrap_or(concern.0.received_at),
                concern.0.id,
            ),
        }
    }

    fn comment(&self) -> &WithWords {
        match self {
            Item::Praise(shown) => &shown.comment,
            Item::Open(waiting) => &waiting.comment,
            Item::Concern(concern) => concern,
        }
    }

    fn people(&self) -> Vec<Uuid> {
        match self {
            Item::Praise(shown) => shown.recognition.staff_id.into_iter().collect(),
            Item::Open(waiting) => waiting.candidates.iter().map(|one| one.person.id).collect(),
            Item::Concern(_) => Vec::new(),
        }
    }
}

impl<'a> Shelf<'a> {
    pub(super) async fn load(
        reader: &'a Reader<'a>,
        items: &[Item],
        not_found: Option<NotFound>,
    ) -> Result<Shelf<'a>, DbErr> {
        let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
        let sources = source::Entity::within(own).all(db).await?;
        let at = items.iter().filter_map(|item| item.comment().0.site_id).collect();
        Ok(Shelf {
            reader,
            now: reader.web.app.clock.now(),
            sources: sources.into_iter().map(|source| (source.id, source)).collect(),
            sites: sites::by_ids(db, own, at).await?,
            jobs: jobs(reader, items).await?,
            said: said(reader, items).await?,
            not_found,
        })
    }

    pub(super) fn put(&self, item: Item, page: &mut DeskPage) {
        match item {
            Item::Praise(shown) => page.pass_on.extend(self.pass_on(*shown)),
            Item::Open(waiting) => page.decide.extend(self.decide(*waiting)),
            Item::Concern(concern) => page.complaints.extend(self.complaint(*concern)),
        }
    }

    fn pass_on(&self, shown: Shown) -> Option<PassOn> {
        let person = shown.person.as_ref()?;
        let path = format!("/desk/praise/{}", shown.recognition.id);
        let post = post_of(&shown.source, &shown.comment.1);
        let rows = std::slice::from_ref(&shown);
        Some(PassOn {
            id: format!("p-{}", shown.recognition.id.simple()),
            whence: self.whence(&shown.comment, crate::desk::waiting::place(&shown.recognition).0),
            name: full_name(person),
            given_name: person
                .preferred_name
                .clone()
                .unwrap_or_else(|| person.given_name.clone()),
            where_now: self.jobs.get(&person.id).cloned(),
            words: marked(rows, post.is_some())?,
            why: reasons(rows),
            because: self.because(&shown),
            action: self.reader.link(&format!("{path}/pass-on"), None),
            can_send: false,
            can_note: can_answer(&shown.comment.0),
            not_them_url: self.reader.link(&format!("{path}/not-them"), None),
        })
    }

    /// Why it lies on this desk.
    fn because(&self, shown: &Shown) -> Because {
        let person = self.reader.caller.person();
        let staff = shown.recognition.staff_id;
        let managed = person.is_some_and(|reader| {
            let was = shown
                .recognition
                .manager_id
                .is_some_and(|manager| reader.is_manager(manager));
            was || staff.is_some_and(|staff| reader.reports.contains(&staff))
        });
        let led = shown
            .site
            .as_ref()
            .filter(|site| person.is_some_and(|reader| reader.leads(site.id)));
        let (key, what) = match (managed, led) {
            (true, _) => (BecauseKind::Manager, shown.person.as_ref().map(full_name)),
            (false, Some(site)) => (BecauseKind::SiteLead, Some(site.name.clone())),
            (false, None) => (BecauseKind::Administrator, None),
        };
        Because {
            key,
            what: what.unwrap_or_else(|| self.reader.organisation.name.clone()),
        }
    }

    fn decide(&self, waiting: Waiting) -> Option<Decide> {
        let (comment, words) = &waiting.comment;
        let text = words.text.as_deref()?;
        let source = self.sources.get(&comment.source_id)?;
        let is_post = post_of(source, words).is_some();
        let spans = waiting.candidates.iter().flat_map(|one| &one.verdict.spans.0);
        let spans: Vec<_> = spans
            .chain(&waiting.unnamed.0)
            .map(|span| byte_at(text, span.start)..byte_at(text, span.end))
            .collect();
        let language = words.language.as_deref();
        let not_found = self
            .not_found
            .as_ref()
            .filter(|typed| typed.comment == comment.id);
        Some(Decide {
            id: comment.id.to_string(),
            whence: self.whence(&waiting.comment, comment.received_at),
            words: if is_post {
                Words::plain(text, language)
            } else {
                Words::marked(text, &spans, language)
            },
            evidence: self.evidence(comment.id),
            candidates: self.candidates(&waiting),
            action: self
                .reader
                .link(&format!("/desk/comment/{}/decide", comment.id), None),
            words_changed: comment.words_changed,
            not_found: not_found.map(|typed| typed.typed.clone()),
        })
    }

    fn evidence(&self, comment: Uuid) -> Vec<String> {
        let german = self.reader.language == crate::template::Language::German;
        let sentence = |(name, kind): &(String, decision::Kind)| match (kind, german) {
            (decision::Kind::Claim, false) => format!("{name} says: that was me."),
            (decision::Kind::Claim, true) => format!("{name} sagt: Das war ich."),
            (_, false) => format!("{name} says: that was not me."),
            (_, true) => format!("{name} sagt: Das war ich nicht."),
        };
        self.said.get(&comment).map(sentence).into_iter().collect()
    }

    /// Those who may be meant: open first, then by the engine's order.
    fn candidates(&self, waiting: &Waiting) -> Vec<DeskCandidate> {
        let is_meant = |state| matches!(state, verdict::State::Open | verdict::State::Credited);
        let mut meant: Vec<_> = waiting
            .candidates
            .iter()
            .filter(|one| is_meant(one.verdict.state))
            .collect();
        meant.sort_by_key(|one| {
            (
                one.verdict.state != verdict::State::Open,
                one.verdict.rank.unwrap_or(i32::MAX),
            )
        });
        let offered = (1..).zip(meant.into_iter().take(OFFERED));
        let candidate = |(number, one): (u8, &crate::triage::list::Candidate)| DeskCandidate {
            number,
            value: one.person.id.to_string(),
            candidate: Candidate {
                name: full_name(&one.person),
                job_title: self.jobs.get(&one.person.id).cloned(),
                in_hundred: in_hundred(one.verdict.confidence),
                why: why::sentence("", &one.verdict).into_iter().collect(),
            },
        };
        offered.map(candidate).collect()
    }

    fn complaint(&self, concern: WithWords) -> Option<Complaint> {
        let (comment, words) = &concern;
        Some(Complaint {
            id: comment.id.to_string(),
            whence: self.whence(&concern, comment.received_at),
            words: Words::plain(words.text.as_deref()?, words.language.as_deref()),
            also_thanks: None,
            action: self
                .reader
                .link(&format!("/desk/comment/{}/handled", comment.id), None),
        })
    }

    fn whence(&self, (comment, words): &WithWords, since: DateTime<Utc>) -> Whence {
        let site = comment.site_id.and_then(|site| self.sites.get(&site));
        let zone = book::zone(&self.reader.organisation, site);
        let source = self.sources.get(&comment.source_id);
        let days = u64::try_from((self.now - since).num_days()).unwrap_or_default();
        Whence {
            at: Moment::near(comment.occurred_at, zone, self.now, self.reader.language),
            source: source.map(|source| source.name.clone()).unwrap_or_default(),
            site: site.map(|site| site.name.clone()),
            post: source.and_then(|source| post_of(source, words)) as Option<Post>,
            days: if days < 2 { 0 } else { days },
        }
    }
}

/// A probability as shown: never certain, never impossible.
fn in_hundred(confidence: Option<f64>) -> u8 {
    let hundredths = (confidence.unwrap_or_default() * 100.0).round().clamp(1.0, 99.0);
    // Between 1 and 99, which a byte holds.
    hundredths as u8
}

async fn jobs(reader: &Reader<'_>, items: &[Item]) -> Result<HashMap<Uuid, String>, DbErr> {
    let wanted: Vec<Wanted> = items
        .iter()
        .flat_map(Item::people)
        .map(|staff| Wanted {
            staff,
            site: None,
            on: reader.today(),
        })
        .collect();
    let placements = placement::on_days(reader.web.app.db.read(), reader.organisation.id, &wanted).await?;
    let job =
        |(wanted, placement): (Wanted, placement::Placement)| Some((wanted.staff, placement.job_title?));
    Ok(placements.into_iter().filter_map(job).collect())
}

/// Who said of which open comment that it was they, or that it was not.
async fn said(reader: &Reader<'_>, items: &[Item]) -> Result<HashMap<Uuid, (String, decision::Kind)>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let open = items.iter().filter(|item| matches!(item, Item::Open(_)));
    let decisions = decision::Entity::within(own)
        .filter(decision::Column::CommentId.is_in(open.map(|item| item.comment().0.id)))
        .filter(decision::Column::Kind.is_in([decision::Kind::NotMe, decision::Kind::Claim]))
        .filter(decision::Column::UndoneAt.is_null())
        .order_by_asc(decision::Column::Number)
        .all(db)
        .await?;
    let accounts = decisions
        .iter()
        .filter_map(|decision| account_in(&decision.actor));
    let names = super::done::names(db, own, accounts.collect()).await?;
    let named = decisions.into_iter().filter_map(|decision| {
        let name = names.get(&account_in(&decision.actor)?)?.clone();
        Some((decision.comment_id, (name, decision.kind)))
    });
    Ok(named.collect())
}

/// The account in `account:<id>`.
fn account_in(actor: &str) -> Option<Uuid> {
    Uuid::try_parse(actor.strip_prefix("account:")?).ok()
}
