//! One mail that gathers what waited for the end of its reader's quiet hours, or for the hour.
use chrono::{DateTime, Utc};
use entity::notice::Kind;

use super::{
    Message,
    mails::{self, Comment, Matter},
};
use crate::{
    deliver::{app::DeliverApp, link},
    template::{
        Mail, Moment, TemplateError,
        context::{GatheredItem, GatheredKind, GatheredMail},
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
    let told: Vec<(&Message, &Comment)> = messages
        .iter()
        .filter_map(|message| match &message.matter {
            Matter::Comment(comment) => Some((*message, &**comment)),
            Matter::Week(_) | Matter::Shielded(_) | Matter::Nothing => None,
        })
        .collect();
    let Some((first, comment)) = told.first() else {
        return Ok(None);
    };
    let said = &comment.said;
    let what = mails::what(&first.addressed, said);
    let context = GatheredMail {
        mail: first.addressed.frame(app, what, said.language.as_deref()),
        items: told
            .iter()
            .map(|(message, comment)| item(app, message, comment, now))
            .collect(),
    };
    app.templates.mail(&context).map(Some)
}

fn item(app: &DeliverApp, message: &Message, comment: &Comment, now: DateTime<Utc>) -> GatheredItem {
    let (said, notice) = (&comment.said, &message.addressed.notice);
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
        Kind::Praise | Kind::OwnPraise | Kind::SitePraise | Kind::Shielded | Kind::Digest => {
            let url = link::page_url(app, notice.id);
            (GatheredKind::Praise, said.marked_words(), url)
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
        source: said.source.name.clone(),
        site: said.site.clone(),
        at: Moment::full(said.comment.occurred_at, said.zone, now),
        url,
    }
}
