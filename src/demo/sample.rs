//! The invented companies: each a folder of `data`, in the language of its customers.
use anyhow::Context;
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de::Error};

/// Languages in which there is a company, by their code: what it is and what its customers say.
const SAMPLES: [(&str, Files); 2] = [
    (
        "en",
        Files {
            company: include_str!("data/en/company.toml"),
            roster: include_str!("data/en/roster.csv"),
            texts: include_str!("data/en/texts.txt"),
            patterns: include_str!("data/en/patterns.txt"),
            slots: include_str!("data/en/slots.toml"),
        },
    ),
    (
        "de",
        Files {
            company: include_str!("data/de/company.toml"),
            roster: include_str!("data/de/roster.csv"),
            texts: include_str!("data/de/texts.txt"),
            patterns: include_str!("data/de/patterns.txt"),
            slots: include_str!("data/de/slots.toml"),
        },
    ),
];

#[derive(Clone, Copy, Debug)]
struct Files {
    company: &'static str,
    roster: &'static str,
    texts: &'static str,
    patterns: &'static str,
    slots: &'static str,
}

/// An invented company, and what its customers say.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its name, shops and settings.
    pub company: Company,
    /// Its people, as a roster file; `{40}` stands for the day 40 days before the story ends.
    pub(super) roster: &'static str,
    /// Whole texts of customers.
    pub(super) texts: &'static str,
    /// Texts with slots.
    pub(super) patterns: &'static str,
    /// What stands in the slots.
    pub(super) slots: &'static str,
}

/// What there is to know of the company itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// What it is called.
    pub name: String,
    /// Its part of addresses.
    pub slug: String,
    /// Code of the language of its pages and mails.
    pub language: String,
    /// Where its shops are.
    #[serde(deserialize_with = "time_zone")]
    pub time_zone: Tz,
    pub(super) brands: Vec<String>,
    /// The sender of its mails.
    pub(super) from: String,
    /// Hears of what nobody else can be told.
    pub(super) office: String,
    /// Each shop, and the employee id of whoever leads it.
    pub shops: Vec<(String, String)>,
    /// Employee id of somebody whom customers thank often.
    pub(super) somebody: String,
    /// Employee id of their manager, who leads a shop as well.
    pub(super) manager: String,
    /// What managers write to one customer in three.
    pub(super) note: String,
    /// Whether job titles lose their capital in a sentence.
    pub(super) titles_in_lower_case: bool,
    /// Names that customers put under their words.
    pub(super) authors: Vec<String>,
    pub(super) sources: Sources,
    pub(super) page: FirstPage,
}

/// What the ways in are called that not every organisation has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sources {
    pub(super) nps: String,
    pub(super) stars: String,
    pub(super) card: String,
    pub(super) phone: String,
}

/// The demo's first page: the name of a link, and a sentence to each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstPage {
    pub(super) title: String,
    /// `{comments}` and `{mails}` are filled in.
    pub(super) lead: String,
    pub(super) customer: AsCustomer,
    pub(super) said: Said,
    pub(super) signed_in: SignedIn,
    pub(super) mails: Mails,
    pub(super) boards: Boards,
    pub(super) developers: Developers,
}

/// Name and sentence of a link.
pub(super) type Words = (String, String);

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AsCustomer {
    pub(super) name: String,
    /// `{shop}` is filled in.
    pub(super) form: String,
    /// One for each shop.
    pub(super) sentences: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    pub(super) name: String,
    pub(super) company: Words,
    pub(super) shop: Words,
    pub(super) person: Words,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedIn {
    pub(super) name: String,
    pub(super) somebody: Words,
    pub(super) manager: Words,
    pub(super) administrator: Words,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mails {
    pub(super) name: String,
    pub(super) digest: Words,
    pub(super) praise: Words,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Boards {
    pub(super) name: String,
    pub(super) company: Words,
    pub(super) shop: Words,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Developers {
    pub(super) name: String,
    /// `{key}` is filled in.
    pub(super) api: Words,
}

impl Sample {
    /// Codes of the languages in which there is a company, the usual one first.
    #[must_use]
    pub fn languages() -> [&'static str; SAMPLES.len()] {
        SAMPLES.map(|(code, _)| code)
    }

    /// The company whose customers speak a language.
    pub fn of(language: &str) -> anyhow::Result<Sample> {
        let found = SAMPLES.into_iter().find(|(code, _)| *code == language);
        let (_, files) = found.with_context(|| format!("there is no demo in {language:?}"))?;
        Ok(Sample {
            company: toml::from_str(files.company).context("the demo's company.toml")?,
            roster: files.roster,
            texts: files.texts,
            patterns: files.patterns,
            slots: files.slots,
        })
    }
}

fn time_zone<'de, D: Deserializer<'de>>(from: D) -> Result<Tz, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}
