//! The things on a desk, made into what the page shows.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{decision, promise, recognition, site, source, staff_member, verdict};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    Refusal,
    facts::{self, Hours},
};
use crate::{
    access::Action,
    capture::read::WithWords,
    ledger::{feed::Shown, own::can_answer},
    roster::{
        site as sites,
        staff::full_name,
        zone::{Zones, zones},
    },
    said,
    template::{
        Moment, Words,
        context::{
            Because, BecauseKind, Candidate, Complaint, Decide, DeskCandidate, DeskPage, PassOn, Says,
            ShiftThen, Whence,
        },
    },
    triage::{check::list::Asked, list::Waiting},
    web::pages::{feed::why, reader::Reader},
};

/// Candidates that are offered.
const OFFERED: usize = 3;

/// Something that waits.
pub(super) enum Item {
    Praise(Box<Shown>),
    Open(Box<Waiting>),
    Check(Box<Asked>),
    Concern(Box<WithWords>),
}

/// What things are shown with.
pub(super) struct Shelf<'a> {
    reader: &'a Reader<'a>,
    now: DateTime<Utc>,
    sources: HashMap<Uuid, source::Model>,
    sites: HashMap<Uuid, site::Model>,
    zones: Zones,
    /// What people do today.
    jobs: HashMap<Uuid, String>,
    /// Staff members who said of a comment that it was they, or that it was not: name and kind of the last such word.
    said: HashMap<Uuid, (String, decision::Kind)>,
    /// When candidates were at work, by comment and person.
    hours: HashMap<(Uuid, Uuid), Hours>,
    /// Whom comments that complain also thank.
    thanked: HashMap<Uuid, Vec<String>>,
    /// The people to whom praise can be mailed.
    reachable: HashSet<Uuid>,
    /// By when people are to hear of their praise, by recognition.
    promises: HashMap<Uuid, promise::Model>,
    /// The things about which the reader may do something.
    in_hand: HashSet<Uuid>,
    pub(super) refusal: Option<Refusal>,
}

impl Item {
    /// Since when it waits, and its id.
    pub(super) fn place(&self) -> (DateTime<Utc>, Uuid) {
        match self {
            Item::Praise(shown) => crate::triage::desk::waiting::place(&shown.recognition),
            Item::Open(waiting) => (waiting.comment.0.received_at, waiting.comment.0.id),
            Item::Check(asked) => (asked.check.created_at, asked.check.id),
            Item::Concern(concern) => (
                concern.0.concern_since.unwrap_or(concern.0.received_at),
                concern.0.id,
            ),
        }
    }

    pub(super) fn comment(&self) -> &WithWords {
        match self {
            Item::Praise(shown) => &shown.comment,
            Item::Open(waiting) => &waiting.comment,
            Item::Check(asked) => &asked.comment,
            Item::Concern(concern) => concern,
        }
    }

    pub(super) fn praise(&self) -> Option<&recognition::Model> {
        match self {
            Item::Praise(shown) => Some(&shown.recognition),
            Item::Open(_) | Item::Check(_) | Item::Concern(_) => None,
        }
    }

    /// Those whom it is about or may be about.
    pub(super) fn people(&self) -> Vec<Uuid> {
        match self {
            Item::Praise(shown) => shown.recognition.staff_id.into_iter().collect(),
            Item::Open(waiting) => waiting.candidates.iter().map(|one| one.person.id).collect(),
            Item::Check(asked) => asked.people.iter().map(|one| one.id).collect(),
            Item::Concern(_) => Vec::new(),
        }
    }

    /// What is done about it.
    pub(super) fn action(&self) -> Action {
        match self {
            Item::Praise(_) => Action::PASS_ON,
            Item::Open(_) | Item::Check(_) => Action::DECIDE_TRIAGE,
            Item::Concern(_) => Action::HANDLE_CONCERN,
        }
    }
}

impl<'a> Shelf<'a> {
    pub(super) async fn load(
        reader: &'a Reader<'a>,
        items: &[Item],
        refusal: Option<Refusal>,
    ) -> Result<Shelf<'a>, DbErr> {
        let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
        let sources = source::Entity::within(own).all(db).await?;
        let said_at = items.iter().filter_map(|item| item.comment().0.site_id);
        let counts_at = items.iter().filter_map(|item| item.praise()?.site_id);
        let at: HashSet<Uuid> = said_at.chain(counts_at).collect();
        let zones = zones(db, &reader.organisation, at.iter().copied()).await?;
        let sites = sites::by_ids(db, own, at).await?;
        Ok(Shelf {
            reader,
            now: reader.web.app.clock.now(),
            sources: sources.into_iter().map(|source| (source.id, source)).collect(),
            jobs: facts::jobs(reader, items).await?,
            said: facts::said(reader, items).await?,
            hours: facts::hours(reader, items, &zones).await?,
            thanked: facts::thanked(reader, items).await?,
            reachable: facts::reachable(reader, items).await?,
            in_hand: facts::in_hand(reader, items).await?,
            promises: facts::promises(reader, items).await?,
            sites,
            zones,
            refusal,
        })
    }

    pub(super) fn put(&self, item: Item, page: &mut DeskPage) {
        match item {
            Item::Praise(shown) => page.pass_on.extend(self.pass_on(*shown)),
            Item::Open(waiting) => page.decide.extend(self.decide(*waiting)),
            Item::Check(asked) => page.decide.extend(self.ask(*asked)),
            Item::Concern(concern) => page.complaints.extend(self.complaint(*concern)),
        }
    }

    /// Where a form about something posts; none where the reader may only read.
    fn url_if(&self, thing: Uuid, path: &str) -> Option<String> {
        let may = self.in_hand.contains(&thing);
        may.then(|| self.reader.link(path, None))
    }

    fn pass_on(&self, shown: Shown) -> Option<PassOn> {
        let person = shown.person.as_ref()?;
        let path = format!("/desk/praise/{}", shown.recognition.id);
        let rows = std::slice::from_ref(&shown);
        let promise = self.promises.get(&shown.recognition.id);
        Some(PassOn {
            id: format!("p-{}", shown.recognition.id.simple()),
            whence: self.whence(
                &shown.comment,
                crate::triage::desk::waiting::place(&shown.recognition).0,
            ),
            name: full_name(person),
            given_name: person.first_name().to_owned(),
            where_now: self.jobs.get(&person.id).cloned(),
            words: said::marked(&shown.source, &shown.comment.1, shown.verdict.as_ref())?,
            why: why(rows),
            by: self.by(&shown),
            is_unheard: promise.is_some_and(|one| one.state == promise::State::Undeliverable),
            because: self.because(&shown),
            action: self.url_if(shown.recognition.id, &format!("{path}/pass-on")),
            can_send: self.reachable.contains(&person.id),
            can_note: can_answer(&shown.comment.0),
            not_them_url: self.url_if(shown.recognition.id, &format!("{path}/not-them")),
        })
    }

    /// The last day on which the person is to hear, while whoever is asked is.
    fn by(&self, shown: &Shown) -> Option<NaiveDate> {
        let promise = self.promises.get(&shown.recognition.id)?;
        promise.next_at?;
        let last = promise.due_at - TimeDelta::seconds(1);
        let zone = self.zones.at(shown.recognition.site_id);
        Some(last.with_timezone(&zone).date_naive())
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
        let covered = staff.is_some_and(|staff| person.is_some_and(|reader| reader.covered.contains(&staff)));
        let own = |promise: &&promise::Model| person.map(|reader| reader.account) == promise.account_id;
        let promise = self.promises.get(&shown.recognition.id).filter(own);
        let has_for_another = promise.is_some_and(|promise| promise.stands_for_id.is_some());
        let led = shown
            .site
            .as_ref()
            .filter(|site| person.is_some_and(|reader| reader.leads(site.id)));
        let is_asked = self.promises.get(&shown.recognition.id).is_some_and(|promise| {
            promise.level > 0 && person.map(|reader| reader.account) == promise.account_id
        });
        let (key, what) = match (managed, led) {
            _ if is_asked => (BecauseKind::Unheard, shown.person.as_ref().map(full_name)),
            (true, _) => (BecauseKind::Manager, shown.person.as_ref().map(full_name)),
            (false, _) if covered || has_for_another => {
                (BecauseKind::Deputy, shown.person.as_ref().map(full_name))
            }
            (false, Some(site)) => (BecauseKind::SiteLead, Some(site.name.clone())),
            (false, None) => (BecauseKind::Administrator, None),
        };
        Because::of(key, what.unwrap_or_else(|| self.reader.organisation.name.clone()))
    }

    fn decide(&self, waiting: Waiting) -> Option<Decide> {
        let (comment, words) = &waiting.comment;
        let source = self.sources.get(&comment.source_id)?;
        let of_these_words = waiting
            .candidates
            .iter()
            .filter(|one| one.verdict.revision == words.number);
        let spans = of_these_words.flat_map(|one| &one.verdict.spans.0);
        let refusal = self.refusal.as_ref().filter(|refusal| refusal.of == comment.id);
        let candidates = self.candidates(&waiting);
        Some(Decide {
            id: comment.id.to_string(),
            whence: self.whence(&waiting.comment, comment.received_at),
            words: said::with_spans(source, words, spans.chain(&waiting.unnamed.0))?,
            says: self.says(comment.id),
            can_credit_all: candidates.len() > 1 && !candidates.iter().any(|one| one.is_oneself),
            candidates,
            action: self.url_if(comment.id, &format!("/desk/comment/{}/decide", comment.id)),
            words_changed: comment.words_changed,
            not_found: refusal.and_then(|refusal| refusal.typed.clone()),
            oneself: refusal.is_some_and(|refusal| refusal.typed.is_none()),
            is_check: false,
        })
    }

    /// Nothing says what the engine thinks: neither marks nor order nor reasons.
    fn ask(&self, asked: Asked) -> Option<Decide> {
        let (comment, words) = &asked.comment;
        let source = self.sources.get(&comment.source_id)?;
        let refusal = self.refusal.as_ref().filter(|one| one.of == asked.check.id);
        let candidate = |(number, person): (u8, &staff_member::Model)| DeskCandidate {
            number,
            value: person.id.to_string(),
            is_oneself: self.reader.caller.oneself() == Some(person.id),
            shift: None,
            candidate: Candidate {
                name: full_name(person),
                job_title: self.jobs.get(&person.id).cloned(),
                in_hundred: None,
                sure: None,
                why: None,
            },
        };
        Some(Decide {
            id: format!("check-{}", asked.check.id),
            whence: self.whence(&asked.comment, asked.check.created_at),
            words: said::with_spans(source, words, [])?,
            says: None,
            can_credit_all: false,
            candidates: (1..).zip(&asked.people).map(candidate).collect(),
            action: self.url_if(asked.check.id, &format!("/desk/check/{}/answer", asked.check.id)),
            words_changed: false,
            not_found: refusal.and_then(|refusal| refusal.typed.clone()),
            oneself: refusal.is_some_and(|refusal| refusal.typed.is_none()),
            is_check: true,
        })
    }

    fn says(&self, comment: Uuid) -> Option<Says> {
        let (name, kind) = self.said.get(&comment)?;
        let key = match kind {
            decision::Kind::Claim => "desk.says.claim",
            _ => "desk.says.not_me",
        };
        Some(Says {
            key,
            name: name.clone(),
        })
    }

    fn shift(&self, comment: Uuid, staff: Uuid) -> Option<ShiftThen> {
        let (key, hours) = match self.hours.get(&(comment, staff))? {
            Hours::On(from, until) => {
                let hours = format!("{}–{}", from.format("%H:%M"), until.format("%H:%M"));
                ("desk.shift.on", hours)
            }
            Hours::Off => ("desk.shift.off", String::new()),
        };
        Some(ShiftThen { key, hours })
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
        let (comment, words) = &waiting.comment;
        let zone = self.zones.at(comment.site_id);
        let candidate = |(number, one): (u8, &crate::triage::list::Candidate)| DeskCandidate {
            number,
            value: one.person.id.to_string(),
            is_oneself: self.reader.caller.oneself() == Some(one.person.id),
            shift: self.shift(waiting.comment.0.id, one.person.id),
            candidate: Candidate {
                name: full_name(&one.person),
                job_title: self.jobs.get(&one.person.id).cloned(),
                in_hundred: said::in_hundred(&one.verdict),
                sure: said::sure(&one.verdict),
                why: said::why_there(&one.verdict, None, (comment, words), zone),
            },
        };
        offered.map(candidate).collect()
    }

    fn complaint(&self, concern: WithWords) -> Option<Complaint> {
        let (comment, words) = &concern;
        Some(Complaint {
            id: format!("complaint-{}", comment.id),
            whence: self.whence(&concern, comment.received_at),
            words: Words::plain(words.text.as_deref()?, words.language.as_deref()),
            also_thanks: self.thanked.get(&comment.id).cloned().unwrap_or_default(),
            action: self.url_if(comment.id, &format!("/desk/comment/{}/handled", comment.id)),
        })
    }

    /// Since when it waits, by the clock of its site.
    pub(super) fn waits_since(&self, item: &Item) -> Moment {
        let zone = self.zones.at(item.comment().0.site_id);
        Moment::near(item.place().0, zone, self.now)
    }

    fn whence(&self, (comment, words): &WithWords, since: DateTime<Utc>) -> Whence {
        let site = comment.site_id.and_then(|site| self.sites.get(&site));
        let zone = self.zones.at(comment.site_id);
        let source = self.sources.get(&comment.source_id);
        let days = u64::try_from((self.now - since).num_days()).unwrap_or_default();
        Whence {
            at: Moment::near(comment.occurred_at, zone, self.now),
            source: source.map_or_else(|| String::new().into(), |source| said::source(source, words)),
            site: site.map(|site| site.name.clone()),
            post: source.and_then(|source| said::post(source, words)),
            days: if days < 2 { 0 } else { days },
        }
    }
}
