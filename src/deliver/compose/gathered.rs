//! One mail that gathers what waited for the end of its reader's quiet hours, or for the hour.
use chrono::{DateTime, Utc};
use entity::notice::Kind;

use super::{
    Message,
    mails::{self, Matter},
    said::Said,
};
use crate::{
    deliver::{app::DeliverApp, link},
    roster::organisation as organisations,
    template::{
        Mail, Moment, TemplateError,
        context::{GatheredItem, GatheredKind, GatheredMail, MailFrame},
    },
};

/// Letters of a customer's words; a link leads to all of them.
const LETTERS: usize = 400;

/// The mail; none where nothing is left to tell. The language is the reader's, else that of the first site; the reason is
/// that of the first message.
pub(crate) fn mail(
    app: &DeliverApp,
    messages: &[&Message],
    now: DateTime<Utc>,
) -> Result<Option<Mail>, TemplateError> {
    let told = || messages.iter().filter_map(|message| item(app, message, now));
    let Some(first) = messages.iter().find(|message| item(app, message, now).is_some()) else {
        return Ok(None);
    };
    let context = GatheredMail {
        mail: frame(app, first),
        items: told().collect(),
    };
    app.templates.mail(&context).map(Some)
}

fn frame(app: &DeliverApp, message: &Message) -> MailFrame {
    let addressed = &message.addressed;
    match message.matter.comment() {
        Some(said) => addressed.frame(app, mails::what(addressed, said), said.language.as_deref()),
        None => addressed.frame(app, vec![addressed.organisation.name.clone()], None),
    }
}

/// None of what tells nothing any more.
fn item(app: &DeliverApp, message: &Message, now: DateTime<Utc>) -> Option<GatheredItem> {
    match &message.matter {
        Matter::Comment(comment) => Some(of_comment(app, message, &comment.said, now)),
        Matter::Shielded(_) => Some(of_shield(app, message, now)),
        Matter::Week(_) | Matter::Reminder(_) | Matter::Nothing => None,
    }
}

/// No word of it is told; the page is behind the sign-in.
fn of_shield(app: &DeliverApp, message: &Message, now: DateTime<Utc>) -> GatheredItem {
    let addressed = &message.addressed;
    let zone = organisations::zone(&addressed.organisation);
    GatheredItem {
        kind: GatheredKind::Shielded,
        oneself: false,
        people: Vec::new(),
        names: Vec::new(),
        words: None,
        post: None,
        author: None,
        source: String::new().into(),
        site: None,
        at: Moment::full(addressed.notice.created_at, zone, now),
        url: link::shield_url(app),
    }
}

fn of_comment(app: &DeliverApp, message: &Message, said: &Said, now: DateTime<Utc>) -> GatheredItem {
    let notice = &message.addressed.notice;
    let shortened = |words: crate::template::Words| words.shortened(LETTERS);
    let (kind, words, url) = match notice.kind {
        Kind::Triage => {
            let url = link::desk_url(app, Some(said.comment.id));
            (GatheredKind::Triage, said.words_in_question(), url)
        }
        Kind::Complaint => {
            let url = link::desk_url(app, Some(said.comment.id));
            (GatheredKind::Complaint, said.plain_words(), url)
        }
        Kind::Praise
        | Kind::OwnPraise
        | Kind::SitePraise
        | Kind::Shielded
        | Kind::Digest
        | Kind::Reminder => {
            let url = link::page_url(app, notice.id);
            (GatheredKind::Praise, said.marked_words(notice), url)
        }
    };
    GatheredItem {
        kind,
        oneself: notice.kind == Kind::OwnPraise,
        people: said.people(),
        names: said.first_names().into_iter().map(str::to_owned).collect(),
        words: words.map(shortened),
        post: said.post(),
        author: said.author().filter(|_| kind == GatheredKind::Praise),
        source: said.source_name(),
        site: said.site.clone(),
        at: Moment::full(said.comment.occurred_at, said.zone, now),
        url,
    }
}
