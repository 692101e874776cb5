//! Praise as a room is shown it, in words and without a form: headline, quotations with marks, reasons, links. What one
//! kind of room does with it is a file of `channel/rooms/`.
use serde::Serialize;
use serde_json::{Value, json};

use super::{Addressed, mails};
use crate::{
    deliver::app::DeliverApp,
    deliver::compose::said::Said,
    template::{Language, TemplateError, Templates, Words},
};

/// Letters of a customer's words that a card shows.
const LETTERS: usize = 280;

/// What a room is told.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Card {
    pub(crate) headline: String,
    /// Whether it gathers several.
    pub(crate) many: bool,
    pub(crate) items: Vec<Item>,
}

/// One comment that praises somebody.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Item {
    headline: String,
    /// None where the customer or whoever added the room keeps them from it, and for posts of X.
    words: Option<Words>,
    /// What is said where there are no words.
    note: String,
    /// Source, site and time.
    place: String,
    why: String,
    links: Vec<Link>,
}

#[derive(Clone, Debug, Serialize)]
struct Link {
    label: String,
    url: String,
}

/// What may be shown of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    Words,
    /// Whoever added the room wants none.
    NoWords,
    /// The customer wants colleagues to read none: what there is, is behind the sign-in.
    Withheld,
}

impl Card {
    /// Gathers items; none where there is nothing to tell.
    pub(crate) fn of(
        templates: &Templates,
        language: Language,
        items: Vec<Item>,
    ) -> Result<Option<Card>, TemplateError> {
        let headline = match items.as_slice() {
            [] => return Ok(None),
            [one] => one.headline.clone(),
            many => templates.line(language, "card-many", &json!({ "count": many.len() }))?,
        };
        Ok(Some(Card {
            headline,
            many: items.len() > 1,
            items,
        }))
    }

    /// One that tells nothing: for a room of this name, with a link.
    pub(crate) fn trial(
        templates: &Templates,
        language: Language,
        room: &str,
        url: String,
    ) -> Result<Card, TemplateError> {
        let line = |part: &str| templates.line(language, part, &Value::Null);
        let headline = line("card-trial")?;
        let item = Item {
            headline: headline.clone(),
            words: None,
            note: line("card-trial-note")?,
            place: room.to_owned(),
            why: String::new(),
            links: vec![Link {
                label: line("card-trial-open")?,
                url,
            }],
        };
        Ok(Card {
            headline,
            many: false,
            items: vec![item],
        })
    }

    /// The same without what customers wrote, where it would be too large with it.
    pub(crate) fn without_words(mut self) -> Card {
        for item in &mut self.items {
            item.words = None;
        }
        self
    }
}

/// What a notice of praise tells a room.
pub(crate) fn item(
    app: &DeliverApp,
    addressed: &Addressed,
    said: &Said,
    with_words: bool,
    language: Language,
) -> Result<Item, TemplateError> {
    let mut said = said.clone();
    let shows = match (said.is_for_colleagues(), with_words) {
        (false, _) => Shows::Withheld,
        (true, false) => Shows::NoWords,
        (true, true) => Shows::Words,
    };
    said.told.retain(|told| told.recognition.hidden_at.is_none());
    let mut praise = mails::told(app, addressed, &said, app.clock.now());
    if shows == Shows::Withheld {
        praise.praise_url = behind_sign_in(app, &said);
    }
    Item::of(&app.templates, language, &serde_json::to_value(praise)?, shows)
}

fn behind_sign_in(app: &DeliverApp, said: &Said) -> String {
    let person = said.told.iter().find_map(|told| told.recognition.staff_id);
    let page = person.map_or_else(|| "/feed".to_owned(), |id| format!("/feed/staff/{id}"));
    format!("{}{page}", app.config.server.base_url)
}

impl Item {
    /// Praise (`template::context::Praise`, as data) in words.
    pub(crate) fn of(
        templates: &Templates,
        language: Language,
        praise: &Value,
        shows: Shows,
    ) -> Result<Item, TemplateError> {
        let line = |part: &str| templates.line(language, part, praise);
        let words: Option<Words> = serde_json::from_value(praise.get("words").cloned().unwrap_or_default())?;
        let note = match shows {
            Shows::Withheld => line("card-withheld")?,
            _ if words.is_none() => line("card-note")?,
            _ => String::new(),
        };
        let words = words.filter(|_| shows == Shows::Words);
        Ok(Item {
            headline: line("mail-head-praise")?,
            words: words.map(|words| words.shortened(LETTERS).in_one_line()),
            note,
            place: line("card-place")?,
            why: line("card-why")?,
            links: links(&line, praise, shows)?,
        })
    }
}

fn links(
    line: &impl Fn(&str) -> Result<String, TemplateError>,
    praise: &Value,
    shows: Shows,
) -> Result<Vec<Link>, TemplateError> {
    let open = match shows {
        Shows::Withheld => "card-sign-in",
        Shows::Words | Shows::NoWords => "card-open",
    };
    let mut links = vec![Link {
        label: line(open)?,
        url: text(praise, "/praise_url").to_owned(),
    }];
    let post = text(praise, "/post/url");
    if !post.is_empty() && shows != Shows::Withheld {
        links.push(Link {
            label: line("card-post")?,
            url: post.to_owned(),
        });
    }
    Ok(links)
}

fn text<'a>(praise: &'a Value, at: &str) -> &'a str {
    praise.pointer(at).and_then(Value::as_str).unwrap_or_default()
}
