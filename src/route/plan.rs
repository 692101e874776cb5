//! What one comment has to be told, and to whom: pure once the readers are known.
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    comment, notice, notice_recognition,
    notice_recognition::Part,
    recognition, rule,
    verdict::{self, DecidedBy},
};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    TIME_TO_UNDO,
    addressee::{Addressee, Directory, Reader, Since},
    reason::{Code, Muted, Reason},
    rule::{Named, Rules},
};

/// What is known of a comment when it is routed.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Its recognitions that stand.
    pub(super) recognitions: Vec<recognition::Model>,
    /// The verdicts that hold.
    pub(super) verdicts: Vec<verdict::Model>,
    /// Notices of it, whatever became of them.
    pub(super) notices: Vec<notice::Model>,
    /// What those tell of.
    pub(super) told: Vec<notice_recognition::Model>,
}

/// A notice to write.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) comment: comment::Model,
    pub(super) reader: Reader,
    pub(super) kind: notice::Kind,
    pub(super) reason: Reason,
    pub(super) recognitions: Vec<Uuid>,
    /// The absent manager for whom the reader hears of a recognition, by recognition.
    pub(super) stands_for: HashMap<Uuid, Uuid>,
    /// The rule by which the reader hears of a recognition, by recognition; the others are told by the first rule.
    pub(super) by_rule: HashMap<Uuid, Uuid>,
    /// Whether all of it is for the next digest.
    pub(super) in_digest: bool,
    pub(super) due_at: DateTime<Utc>,
    /// It waited for a reader so long that no mail tells it.
    pub(super) is_late: bool,
}

type Plans = BTreeMap<(Reader, u8), Planned>;

/// The notices that a comment needs beyond those it has.
pub(super) async fn plan(
    directory: &mut Directory<'_>,
    rules: &mut Rules,
    (comment, known): (&comment::Model, &Known),
    now: DateTime<Utc>,
) -> Result<Vec<Planned>, DbErr> {
    let is_gone = comment.withdrawn_at.is_some() || comment.erased_at.is_some();
    if comment.tell == comment::Tell::None || is_gone {
        return Ok(Vec::new());
    }
    let mut plans = Plans::new();
    if comment.state == comment::State::Shielded {
        if comment.kept_at.is_some() {
            return Ok(Vec::new());
        }
        for addressee in directory.safe_readers().await? {
            if !known.is_asked_to_decide(addressee.reader, comment) {
                let kind = notice::Kind::Shielded;
                add(&mut plans, comment, kind, addressee, None, known, now);
            }
        }
        return Ok(plans.into_values().collect());
    }
    for recognition in untold(known, Part::Praise) {
        let kind = if recognition.staff_id.is_some() {
            notice::Kind::Praise
        } else {
            notice::Kind::SitePraise
        };
        for addressee in directory.of_recognition(recognition).await? {
            add(
                &mut plans,
                comment,
                kind,
                addressee,
                Some(recognition),
                known,
                now,
            );
        }
    }
    for recognition in untold(known, Part::OwnPraise) {
        let Some(staff) = recognition.staff_id else {
            continue;
        };
        if let Some(addressee) = directory.oneself(staff).await? {
            let kind = notice::Kind::OwnPraise;
            add(
                &mut plans,
                comment,
                kind,
                addressee,
                Some(recognition),
                known,
                now,
            );
        }
    }
    let with_rules = rules.rooms();
    let rooms = directory.channels().await?;
    for channel in rooms.into_iter().filter(|room| !with_rules.contains(&room.id)) {
        for recognition in known.unknown_to(channel) {
            let addressee = Addressee {
                reader: Reader::Channel(channel.id),
                reason: Reason::new(Code::Channel),
            };
            let kind = notice::Kind::Praise;
            add(
                &mut plans,
                comment,
                kind,
                addressee,
                Some(recognition),
                known,
                now,
            );
        }
    }
    by_rules(&mut plans, directory, rules, (comment, known), now).await?;
    for kind in asks(comment, known) {
        let but = known.logger_in_question(comment, kind);
        for addressee in directory.of_site(comment.site_id, but, Vec::new()).await? {
            add(&mut plans, comment, kind, addressee, None, known, now);
        }
    }
    let mut plans: Vec<Planned> = plans.into_values().collect();
    for plan in &mut plans {
        plan.is_late = known.is_late(plan, now);
    }
    mute(&mut plans);
    Ok(plans)
}

/// Adds whom rules name. Who heard of a thank-you, or is to hear of it, hears of it once.
async fn by_rules(
    plans: &mut Plans,
    directory: &mut Directory<'_>,
    rules: &mut Rules,
    (comment, known): (&comment::Model, &Known),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for recognition in &known.recognitions {
        for rule in rules.holding(comment, recognition) {
            if recognition.recognised_at < rule.created_at || known.is_told_by(&rule, recognition) {
                continue;
            }
            for named in rules.named(directory, &rule, recognition).await? {
                let Named::Told(addressee) = named else { continue };
                let key = (addressee.reader, rank(notice::Kind::Praise));
                let is_planned = plans
                    .get(&key)
                    .is_some_and(|plan| plan.recognitions.contains(&recognition.id));
                if is_planned || known.has_heard(addressee.reader, recognition) {
                    continue;
                }
                let is_new = !plans.contains_key(&key);
                add(
                    plans,
                    comment,
                    notice::Kind::Praise,
                    addressee,
                    Some(recognition),
                    known,
                    now,
                );
                if let Some(plan) = plans.get_mut(&key) {
                    plan.by_rule.insert(recognition.id, rule.id);
                    plan.in_digest = !rule.at_once && (is_new || plan.in_digest);
                }
            }
        }
    }
    Ok(())
}

impl Planned {
    /// Tells of a recognition too. A notice that tells of somebody's own people outlives an absence for which they stand in.
    pub(super) fn tell(&mut self, recognition: Uuid, reason: Reason) {
        self.recognitions.push(recognition);
        match reason.stands_for {
            Some(absent) => {
                self.stands_for.insert(recognition, absent);
            }
            None if self.reason.stands_for.is_some() && reason.code != Code::Rule => self.reason = reason,
            None => {}
        }
    }

    /// The rule that made it, where none of it is told by the first one.
    pub(super) fn rule(&self) -> Option<Uuid> {
        let first = self.recognitions.first()?;
        let is_by_rules = self.recognitions.iter().all(|id| self.by_rule.contains_key(id));
        self.by_rule.get(first).copied().filter(|_| is_by_rules)
    }
}

impl Known {
    /// Whether a rule told of a recognition before.
    fn is_told_by(&self, rule: &rule::Model, recognition: &recognition::Model) -> bool {
        let mut by_rule = self
            .notices
            .iter()
            .filter(|notice| notice.rule_id == Some(rule.id));
        by_rule.any(|notice| self.tells(notice, recognition))
    }

    /// Whether a reader was told of a recognition.
    fn has_heard(&self, reader: Reader, recognition: &recognition::Model) -> bool {
        let is_theirs = |notice: &&notice::Model| match reader {
            Reader::Account(account) => notice.reader_id == Some(account),
            Reader::Channel(channel) => notice.channel_id == Some(channel),
            Reader::Staff(_) | Reader::Nobody => false,
        };
        let mut own = self.notices.iter().filter(is_theirs);
        own.any(|notice| self.tells(notice, recognition))
    }

    fn tells(&self, notice: &notice::Model, recognition: &recognition::Model) -> bool {
        let mut parts = self.told.iter().filter(|part| part.notice_id == notice.id);
        parts.any(|part| part.recognition_id == recognition.id)
    }

    /// Whether a reader was asked to decide about these words, which the shield keeps; of nobody, whether anybody was.
    fn is_asked_to_decide(&self, reader: Reader, comment: &comment::Model) -> bool {
        let asked = self
            .notices
            .iter()
            .filter(|notice| notice.kind == notice::Kind::Shielded && is_told(notice));
        let mut of_these_words = asked.filter(|notice| notice.revision >= Some(comment.revision));
        of_these_words.any(|notice| match reader {
            Reader::Account(account) => notice.reader_id == Some(account),
            Reader::Staff(_) | Reader::Channel(_) | Reader::Nobody => true,
        })
    }

    /// Whoever wrote words down that may praise themselves is not asked whether they do.
    fn logger_in_question(&self, comment: &comment::Model, kind: notice::Kind) -> Option<Uuid> {
        let logger = comment.logged_by_staff.filter(|_| kind == notice::Kind::Triage);
        let is_open =
            |verdict: &verdict::Model| verdict.state == verdict::State::Open && verdict.staff_id == logger;
        logger.filter(|_| self.verdicts.iter().any(is_open))
    }

    /// Recognitions of people, since there is a room or endpoint, that it has not been told of.
    fn unknown_to(&self, channel: Since) -> impl Iterator<Item = &recognition::Model> {
        let told = move |recognition: &recognition::Model| {
            let mut parts = self
                .told
                .iter()
                .filter(|part| part.recognition_id == recognition.id);
            let is_told_it = |id: Uuid| {
                let notice = self.notices.iter().find(|notice| notice.id == id);
                notice.is_some_and(|notice| {
                    notice.channel_id == Some(channel.id) && notice.state != notice::State::Cancelled
                })
            };
            parts.any(|part| is_told_it(part.notice_id))
        };
        let of_people = self
            .recognitions
            .iter()
            .filter(move |one| one.staff_id.is_some() && one.recognised_at >= channel.created_at);
        of_people.filter(move |recognition| !told(recognition))
    }
}

/// Recognitions that stand in no notice of this part yet.
fn untold(known: &Known, part: Part) -> impl Iterator<Item = &recognition::Model> {
    known.recognitions.iter().filter(move |recognition| {
        !known
            .told
            .iter()
            .any(|told| told.recognition_id == recognition.id && told.part == part)
            || (part == Part::Praise && known.unheard_with(recognition.id).is_some())
    })
}

/// Whether somebody was told by it, or is to be.
fn is_told(notice: &notice::Model) -> bool {
    !matches!(
        notice.state,
        notice::State::Refused | notice::State::NoRecipient | notice::State::Cancelled
    )
}

/// What a lead must hear of besides praise: an open question, a complaint.
fn asks(comment: &comment::Model, known: &Known) -> Vec<notice::Kind> {
    let of = |kind| {
        let asked = known.notices.iter().filter(move |notice| notice.kind == kind);
        asked.filter(|notice| is_told(notice))
    };
    let mut asks = Vec::new();
    if comment.state == comment::State::Triage {
        let mut earlier = of(notice::Kind::Triage).peekable();
        let is_first = earlier.peek().is_none();
        let is_asked_of_these_words = earlier.any(|notice| notice.revision >= Some(comment.revision));
        if is_first || (comment.words_changed && !is_asked_of_these_words) {
            asks.push(notice::Kind::Triage);
        }
    }
    let complains = matches!(
        comment.tone,
        Some(comment::Tone::Complaint | comment::Tone::Mixed)
    );
    if complains && of(notice::Kind::Complaint).next().is_none() {
        asks.push(notice::Kind::Complaint);
    }
    asks
}

fn add(
    plans: &mut Plans,
    comment: &comment::Model,
    kind: notice::Kind,
    addressee: Addressee,
    recognition: Option<&recognition::Model>,
    known: &Known,
    now: DateTime<Utc>,
) {
    let plan = plans
        .entry((addressee.reader, rank(kind)))
        .or_insert_with(|| Planned {
            comment: comment.clone(),
            reader: addressee.reader,
            kind,
            reason: addressee.reason.clone(),
            recognitions: Vec::new(),
            stands_for: HashMap::new(),
            by_rule: HashMap::new(),
            in_digest: false,
            due_at: now,
            is_late: false,
        });
    if let Some(recognition) = recognition {
        plan.tell(recognition.id, addressee.reason);
        plan.due_at = plan.due_at.max(certain_at(known, recognition).unwrap_or(now));
    }
}

/// When a credit that a person gave can no longer be undone before it is told.
fn certain_at(known: &Known, recognition: &recognition::Model) -> Option<DateTime<Utc>> {
    let verdict = known.verdicts.iter().find(|verdict| {
        verdict.staff_id == recognition.staff_id && verdict.decided_by == DecidedBy::Person
    })?;
    Some(verdict.created_at + TIME_TO_UNDO)
}

/// A reader gets one mail on a comment: the first of these. It shows all the words.
fn rank(kind: notice::Kind) -> u8 {
    match kind {
        notice::Kind::Praise => 0,
        notice::Kind::OwnPraise => 1,
        notice::Kind::Triage => 2,
        notice::Kind::Complaint => 3,
        notice::Kind::SitePraise => 4,
        notice::Kind::Shielded => 5,
        notice::Kind::Digest => 6,
        notice::Kind::Reminder => 7,
    }
}

fn mute(plans: &mut [Planned]) {
    let mut told = Vec::new();
    for plan in plans {
        let in_digest_only = plan.is_late
            || plan.in_digest
            || plan.comment.tell == comment::Tell::Digest
            || plan.kind == notice::Kind::SitePraise;
        plan.reason.muted = if in_digest_only {
            Some(Muted::DigestOnly)
        } else if told.contains(&plan.reader) && plan.reader != Reader::Nobody {
            Some(Muted::OtherMail)
        } else {
            told.push(plan.reader);
            None
        };
    }
}
