//! Chat rooms. What differs between them is a file of `rooms/`: addresses, the card as JSON, how much of it there may be,
//! how often, and what an answer means.
mod answer;
mod form;

use std::{collections::BTreeMap, sync::LazyLock};

use anyhow::{anyhow, bail};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::Value;

use super::{Channel, Delivering, Pace, Place, Recipient, Rendered, WrongAddress, http};
use crate::{
    deliver::app::DeliverApp,
    deliver::{
        compose::{
            Message,
            card::{self, Card, Item, Shows},
        },
        link::Purpose,
    },
    route::reason::Muted,
    template::{self, Language, Templates},
};

#[derive(RustEmbed)]
#[folder = "src/deliver/channel/rooms"]
struct Files;

/// Every kind of room there is, by its name. A file that cannot be read is no kind; a test reads them all.
static ROOMS: LazyLock<BTreeMap<String, Room>> = LazyLock::new(|| {
    let room = |file: std::borrow::Cow<'static, str>| {
        let kind = file.strip_suffix(".toml")?.to_owned();
        Some((kind.clone(), Room::read(&kind).ok()?))
    };
    Files::iter().filter_map(room).collect()
});

/// A kind of room.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// The name of its file.
    #[serde(skip)]
    kind: String,
    /// As its maker calls it.
    label: String,
    /// What to click there until one has its address, by language.
    steps: BTreeMap<String, Vec<String>>,
    /// Where its addresses lead: hosts, and the domains above them.
    hosts: Vec<String>,
    /// Seconds between two cards.
    gap_seconds: i64,
    /// Notices that one card gathers at most.
    notices: usize,
    /// Bytes of a card at most.
    bytes: usize,
    /// What answers mean; the first that fits.
    answer: Vec<answer::Rule>,
    /// The card, as [`form`] reads it.
    card: String,
    #[serde(skip)]
    form: Value,
}

/// All kinds of rooms, by their names.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static Room)> {
    ROOMS.iter().map(|(kind, room)| (kind.as_str(), room))
}

/// Refuses an address that is another kind's.
pub(super) fn is_of_none(url: &Url, but: &str) -> Result<(), WrongAddress> {
    let host = url.host_str().unwrap_or_default();
    let other = all().find(|(kind, room)| *kind != but && room.leads_to(host));
    match other {
        Some((kind, room)) => Err(WrongAddress::OfAnotherKind {
            kind: kind.to_owned(),
            label: room.label.clone(),
        }),
        None => Ok(()),
    }
}

impl Room {
    fn read(kind: &str) -> anyhow::Result<Room> {
        let file = Files::get(&format!("{kind}.toml")).ok_or_else(|| anyhow!("there is no such file"))?;
        let room: Room = toml::from_str(std::str::from_utf8(&file.data)?)?;
        Ok(Room {
            kind: kind.to_owned(),
            form: serde_json::from_str(&room.card)?,
            ..room
        })
    }

    fn leads_to(&self, host: &str) -> bool {
        let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        self.hosts.iter().any(|domain| host == domain || is_below(domain))
    }

    /// The card as it is sent; without words where it would be too large with them.
    fn body(&self, card: Card) -> anyhow::Result<Vec<u8>> {
        let body = self.filled(&card)?;
        if body.len() <= self.bytes {
            return Ok(body);
        }
        let body = self.filled(&card.without_words())?;
        if body.len() > self.bytes {
            bail!(
                "a card of {} bytes is larger than {} takes",
                body.len(),
                self.label
            );
        }
        Ok(body)
    }

    fn filled(&self, card: &Card) -> anyhow::Result<Vec<u8>> {
        let data = serde_json::to_value(card)?;
        let filled = form::fill(&self.form, &data).map_err(|wrong| anyhow!("{}: {wrong}", self.kind))?;
        Ok(serde_json::to_vec(&filled)?)
    }
}

impl Channel for Room {
    fn label(&self) -> &str {
        &self.label
    }

    fn steps(&self, language: &str) -> Option<(&str, &[String])> {
        let found = self.steps.get_key_value(language);
        let found = found.or_else(|| self.steps.get_key_value("en"));
        found.map(|(language, steps)| (language.as_str(), steps.as_slice()))
    }

    fn reach(&self, address: &str) -> Result<(), WrongAddress> {
        let url = http::reach(address)?;
        is_of_none(&url, &self.kind)
    }

    /// Whoever hid their praise from colleagues hid it from rooms.
    fn mutes(&self, message: &Message) -> Option<Muted> {
        let told = &message.matter.comment()?.told;
        let is_hidden = told.iter().all(|told| told.recognition.hidden_at.is_some());
        is_hidden.then_some(Muted::Hidden)
    }

    fn links(&self) -> &'static [Purpose] {
        &[Purpose::Page]
    }

    fn pace(&self) -> Option<Pace> {
        Some(Pace {
            gap: TimeDelta::seconds(self.gap_seconds),
            most: self.notices,
        })
    }

    fn render(
        &self,
        app: &DeliverApp,
        messages: &[&Message],
        to: &Recipient,
        _: DateTime<Utc>,
    ) -> anyhow::Result<Option<Rendered>> {
        let (Recipient::Place(place), Some(first)) = (to, messages.first()) else {
            bail!("a card is for a room");
        };
        // The language of the site, where all are of one; else the organisation's.
        let sites: Vec<Option<&str>> = messages
            .iter()
            .filter_map(|message| Some(message.matter.comment()?.language.as_deref()))
            .collect();
        let of_site = sites.first().copied().flatten();
        let language = first.addressed.language(
            app,
            of_site.filter(|one| sites.iter().all(|other| *other == Some(*one))),
        );
        let item = |message: &&Message| {
            let said = message.matter.comment()?;
            let with_words = place.channel.with_words;
            Some(card::item(app, &message.addressed, said, with_words, language))
        };
        let items: Vec<Item> = messages.iter().filter_map(item).collect::<Result<_, _>>()?;
        let Some(card) = Card::of(&app.templates, language, items)? else {
            return Ok(None);
        };
        Ok(Some(Rendered {
            about: first.addressed.notice.id,
            headers: Vec::new(),
            body: self.body(card)?,
        }))
    }

    fn trial(&self, app: &DeliverApp, to: &Place, language: Language) -> anyhow::Result<Rendered> {
        let url = format!("{}/channels", app.config.server.base_url);
        let card = Card::trial(&app.templates, language, &to.channel.name, url)?;
        Ok(Rendered {
            about: to.channel.id,
            headers: Vec::new(),
            body: self.body(card)?,
        })
    }

    fn deliver<'a>(
        &'a self,
        app: &'a DeliverApp,
        to: &'a Recipient,
        rendered: &'a Rendered,
    ) -> Delivering<'a> {
        Box::pin(async move {
            match http::post(app, to, rendered).await {
                Ok(answer) => answer::judge(&self.answer, &answer),
                Err(outcome) => outcome,
            }
        })
    }
}

/// Cards of every kind from every sample of praise in every language, one and all together, as files: name and content.
pub fn preview(templates: &Templates) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let samples = template::samples_of("email/praise")?;
    let mut cards = Vec::new();
    for (kind, room) in all() {
        for spoken in templates.languages() {
            let language = spoken.language;
            let mut sets: Vec<(String, Vec<Item>)> = Vec::new();
            for (name, praise) in &samples {
                for shows in [Shows::Words, Shows::NoWords, Shows::Withheld] {
                    let item = Item::of(templates, language, praise, shows)?;
                    sets.push((format!("{name}.{shows:?}"), vec![item]));
                }
            }
            let words = sets.iter().filter(|(name, _)| name.ends_with("Words"));
            let many: Vec<Item> = words
                .flat_map(|(_, items)| items.clone())
                .take(room.notices)
                .collect();
            sets.push(("many".to_owned(), many));
            let file = |name: &str| format!("card-{kind}.{name}.{language}.json").to_lowercase();
            let url = "https://plaudit.example/channels".to_owned();
            let trial = Card::trial(templates, language, "Front desk", url)?;
            cards.push((file("trial"), room.body(trial)?));
            for (name, items) in sets {
                let card = Card::of(templates, language, items)?;
                let card = card.ok_or_else(|| anyhow!("there are no samples of praise"))?;
                cards.push((file(&name), room.body(card)?));
            }
        }
    }
    Ok(cards)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_kind_and_every_sample_makes_a_card_that_is_small_enough() {
        for file in Files::iter() {
            let kind = file.strip_suffix(".toml").unwrap();
            let room = Room::read(kind).unwrap_or_else(|error| panic!("{file}: {error}"));
            for language in ["en", "de", "fr", "es"] {
                let (spoken, steps) = room.steps(language).unwrap();
                assert_eq!(
                    (spoken, steps.len()),
                    (language, room.steps["en"].len()),
                    "{file}"
                );
                assert!(!steps.is_empty(), "{file}");
            }
        }
        let templates = Templates::load(None).unwrap();
        let cards = preview(&templates).unwrap();
        assert!(cards.len() > 60, "{}", cards.len());
        for (name, card) in cards {
            let text = String::from_utf8(card).unwrap();
            assert!(
                !text.contains('\u{202e}') && !text.contains("\\n"),
                "{name}: {text}"
            );
            assert!(text.contains("https://plaudit.example/"), "{name}: {text}");
        }
    }

    #[test]
    fn an_address_of_another_kind_is_refused_and_one_of_nobody_is_not() {
        let slack = super::super::of_kind("slack").unwrap();
        let teams = "https://prod-1.westeurope.logic.azure.com/workflows/1?sig=x";
        let refused = slack.reach(teams).unwrap_err().to_string();
        assert!(refused.contains("whose kind is teams"), "{refused}");
        assert!(slack.reach("https://chat.example.org/hooks/1").is_ok());
        assert!(slack.reach("http://hooks.slack.com/services/1").is_err());
        let webhook = super::super::of_kind("webhook").unwrap();
        assert!(webhook.reach("https://hooks.slack.com/services/1").is_err());
    }
}
