//! What stands beside praise in a feed: who passed it on, and in one's own feed what one can do with it.
use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;
use entity::{answer, passed_on, recognition};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{desk, reader::Reader};
use crate::{
    access::{Action, Target},
    ledger::{
        feed::Shown,
        own::{self, can_answer},
    },
    roster::{
        site as sites,
        zone::{Zones, zones},
    },
    said,
    template::{
        Moment, Words,
        context::{Maybe, Mine, PassedOn},
    },
    triage::{self, desk::pass_on},
};

/// Open praise that is shown at once.
const PERHAPS: usize = 3;

/// What stands beside the praise of one page.
pub(super) struct Beside<'a> {
    reader: &'a Reader<'a>,
    passed_on: HashMap<Uuid, passed_on::Model>,
    /// Names of those who passed it on, by account.
    names: HashMap<Uuid, String>,
    answers: HashMap<Uuid, answer::Model>,
    zones: Zones,
    is_own: bool,
}

impl<'a> Beside<'a> {
    pub(super) async fn load(
        reader: &'a Reader<'a>,
        rows: &[Shown],
        is_own: bool,
    ) -> Result<Beside<'a>, DbErr> {
        let (db, organisation) = (reader.web.app.db.read(), reader.organisation.id);
        let ids = || rows.iter().map(|row| row.recognition.id);
        let passed_on = pass_on::of_recognitions(db, organisation, ids()).await?;
        let names = desk::names(
            db,
            organisation,
            passed_on.iter().map(|one| one.account_id).collect(),
        )
        .await?;
        let answers = if is_own {
            own::answers(db, organisation, ids()).await?
        } else {
            Vec::new()
        };
        let sites = rows.iter().filter_map(|row| row.recognition.site_id);
        Ok(Beside {
            reader,
            zones: zones(db, &reader.organisation, sites).await?,
            names,
            passed_on: passed_on
                .into_iter()
                .map(|one| (one.recognition_id, one))
                .collect(),
            answers: answers.into_iter().map(|one| (one.recognition_id, one)).collect(),
            is_own,
        })
    }

    /// The time zone of a site, or the organisation's.
    pub(super) fn zone(&self, site: Option<Uuid>) -> Tz {
        self.zones.at(site)
    }

    pub(super) fn passed_on(&self, recognition: &recognition::Model) -> Option<PassedOn> {
        let passed_on = self.passed_on.get(&recognition.id)?;
        let (zone, now) = (self.zone(None), self.reader.web.app.clock.now());
        Some(PassedOn {
            by: self.names.get(&passed_on.account_id)?.clone(),
            at: Moment::near(passed_on.passed_on_at, zone, now),
            note: passed_on.note.as_deref().map(|note| Words::plain(note, None)),
        })
    }

    /// The person's own feed, where the reader may open it.
    pub(super) fn url_of(&self, shown: &Shown) -> Option<String> {
        let id = shown.recognition.staff_id?;
        let sites = shown.recognition.site_id.into_iter().collect();
        let may = self
            .reader
            .may(Action::SHOW_FEED, &Target::StaffMember { id, sites });
        may.then(|| self.reader.link(&format!("/feed/staff/{id}"), None))
    }

    pub(super) fn mine(&self, shown: &Shown) -> Option<Mine> {
        let person = shown.person.as_ref().filter(|_| self.is_own)?;
        let path = format!("/feed/praise/{}", shown.recognition.id);
        let link = |what: &str| self.reader.link(&format!("{path}/{what}"), None);
        let hidden = shown.recognition.hidden_at.is_some();
        let answer = self.answers.get(&shown.recognition.id);
        Some(Mine {
            answer_url: can_answer(&shown.comment.0).then(|| link("answer")),
            answered: answer.map(|answer| Words::plain(&answer.text, None)),
            take_back_url: link("answer/take-back"),
            signed: person.first_name().to_owned(),
            hide_url: link(if hidden { "show" } else { "hide" }),
            hidden,
            not_me_url: link("not-me"),
        })
    }
}

/// Praise that may be the reader's.
pub(super) async fn perhaps(reader: &Reader<'_>) -> Result<Vec<Maybe>, DbErr> {
    let Some(person) = reader.caller.person().filter(|person| person.is_active) else {
        return Ok(Vec::new());
    };
    let Some(staff) = person.staff else {
        return Ok(Vec::new());
    };
    let (db, organisation, now) = (
        reader.web.app.db.read(),
        reader.organisation.id,
        reader.web.app.clock.now(),
    );
    let found = triage::own::perhaps(db, organisation, staff, &person.sites, now, PERHAPS).await?;
    let at: HashSet<Uuid> = found.iter().filter_map(|(comment, _)| comment.site_id).collect();
    let zones = zones(db, &reader.organisation, at.iter().copied()).await?;
    let sites = sites::by_ids(db, organisation, at).await?;
    let sources = crate::ledger::feed::sources(db, organisation).await?;
    let maybe = found.iter().filter_map(|(comment, words)| {
        let site = comment.site_id.and_then(|site| sites.get(&site));
        let zone = zones.at(comment.site_id);
        let source = sources.get(&comment.source_id)?;
        Some(Maybe {
            id: comment.id.to_string(),
            words: said::thanks::marked(source, (comment, words), [])?,
            at: Moment::near(comment.occurred_at, zone, now),
            post: said::post(source, words),
            source: said::source(source, words),
            site: site.map(|site| site.name.clone()),
            claim_url: reader.link(&format!("/feed/perhaps/{}/claim", comment.id), None),
        })
    });
    Ok(maybe.collect())
}
