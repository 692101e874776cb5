//! What was not given on the command line is asked for, one line each, until it is right.
use std::io::{self, BufRead, Write};

use super::Init;
use crate::{
    cli::{Misuse, invite::valid_address},
    roster::organisation::{NewOrganisation, slug_of, valid_name, valid_slug, valid_time_zone},
    template::Templates,
};

/// Where the machine says in which zone it stands.
const LOCAL_TIME: &str = "/etc/localtime";

/// Who answers: a person, or nobody.
pub(super) struct Terminal<In, Out> {
    input: In,
    output: Out,
}

impl Init {
    /// What to make, and who administers it, as somebody at the terminal says.
    pub(super) fn asked(self, templates: &Templates) -> anyhow::Result<(NewOrganisation, Option<String>)> {
        let mut terminal = Terminal {
            input: io::stdin().lock(),
            output: io::stderr(),
        };
        self.with_answers(templates, own_zone(), &mut terminal)
    }

    /// The same where there is nobody to ask.
    pub(super) fn without_answers(
        &self,
        templates: &Templates,
    ) -> anyhow::Result<(NewOrganisation, Option<String>)> {
        let (Some(name), Some(time_zone)) = (&self.name, &self.time_zone) else {
            let message = "init needs --name and --time-zone where there is no one to ask";
            return Err(Misuse(message.to_owned()).into());
        };
        let name = valid_name(name).map_err(misuse)?;
        let usual = slug_of(&name);
        let slug = match &self.slug {
            Some(slug) => slug,
            None if usual.is_empty() => {
                let message = format!("give --slug too: {name} has no letters to make an address of");
                return Err(Misuse(message).into());
            }
            None => &usual,
        };
        let new = NewOrganisation {
            slug: valid_slug(slug).map_err(misuse)?,
            name,
            time_zone: valid_time_zone("time_zone", time_zone).map_err(misuse)?,
            language: templates
                .known(self.language.as_deref().unwrap_or("en"))
                .map_err(as_misuse("--language"))?,
        };
        let administrator = self.administrator.as_deref().map(valid_address).transpose()?;
        Ok((new, administrator))
    }

    fn with_answers<In: BufRead, Out: Write>(
        self,
        templates: &Templates,
        own_zone: Option<String>,
        terminal: &mut Terminal<In, Out>,
    ) -> anyhow::Result<(NewOrganisation, Option<String>)> {
        let name = terminal.ask(
            "What customers call the organisation",
            self.name,
            None,
            valid_name,
        )?;
        let slug = terminal.ask(
            "Its part of web addresses",
            self.slug,
            Some(slug_of(&name)).filter(|slug| !slug.is_empty()),
            valid_slug,
        )?;
        let time_zone = terminal.ask(
            "Time zone, such as Europe/London",
            self.time_zone,
            own_zone,
            |given| valid_time_zone("time_zone", given),
        )?;
        let language = terminal.ask(
            &format!("Language of pages and mails: {}", spoken(templates)),
            self.language,
            Some("en".to_owned()),
            |given| templates.known(given),
        )?;
        let address = terminal.ask(
            "Your mail address, to administer it",
            self.administrator,
            None,
            valid_address,
        )?;
        let new = NewOrganisation {
            name,
            slug,
            time_zone,
            language,
        };
        Ok((new, Some(address)))
    }
}

impl<In: BufRead, Out: Write> Terminal<In, Out> {
    /// What was given, else an answer; an empty one takes `usual`, a wrong one is asked for again.
    fn ask<T, E: std::fmt::Display>(
        &mut self,
        question: &str,
        given: Option<String>,
        usual: Option<String>,
        check: impl Fn(&str) -> Result<T, E>,
    ) -> anyhow::Result<T> {
        if let Some(given) = given {
            return check(&given).map_err(|error| Misuse(error.to_string()).into());
        }
        loop {
            match &usual {
                Some(usual) => write!(self.output, "{question} [{usual}]: ")?,
                None => write!(self.output, "{question}: ")?,
            }
            self.output.flush()?;
            let mut answer = String::new();
            if self.input.read_line(&mut answer)? == 0 {
                return Err(Misuse("no organisation was made: the answers ended".to_owned()).into());
            }
            let answer = match (answer.trim(), &usual) {
                ("", Some(usual)) => usual.as_str(),
                (answer, _) => answer,
            };
            match check(answer) {
                Ok(checked) => return Ok(checked),
                Err(error) => writeln!(self.output, "  {error}")?,
            }
        }
    }
}

/// `en English, de Deutsch`
fn spoken(templates: &Templates) -> String {
    let languages = templates.languages().iter();
    let named: Vec<String> = languages
        .map(|spoken| format!("{} {}", spoken.language, spoken.name))
        .collect();
    named.join(", ")
}

/// The machine's zone, unless that is UTC: where machines stand in UTC, shops do not.
fn own_zone() -> Option<String> {
    let target = std::fs::read_link(LOCAL_TIME).ok()?;
    let (_, zone) = target.to_str()?.split_once("zoneinfo/")?;
    let is_local = zone.contains('/') && !zone.starts_with("Etc/");
    valid_time_zone("time_zone", zone).ok().filter(|_| is_local)
}

/// The message names what it is about.
fn misuse<E: std::fmt::Display>(error: E) -> Misuse {
    Misuse(error.to_string())
}

fn as_misuse<E: std::fmt::Display>(option: &'static str) -> impl Fn(E) -> Misuse {
    move |error| Misuse(format!("{option}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_given() -> Init {
        Init {
            name: None,
            slug: None,
            time_zone: None,
            language: None,
            administrator: None,
        }
    }

    fn answered(init: Init, answers: &str) -> (anyhow::Result<(NewOrganisation, Option<String>)>, String) {
        let mut terminal = Terminal {
            input: answers.as_bytes(),
            output: Vec::new(),
        };
        let templates = Templates::load(None).unwrap();
        let zone = Some("Europe/Berlin".to_owned());
        let made = init.with_answers(&templates, zone, &mut terminal);
        (made, String::from_utf8(terminal.output).unwrap())
    }

    #[test]
    fn somebody_who_types_nothing_but_a_name_and_an_address_gets_what_is_usual() {
        let (made, asked) = answered(nothing_given(), "Bäckerei Größ & Söhne\n\n\n\nMia@Example.org\n");
        let (new, administrator) = made.unwrap();
        assert_eq!(new.slug, "backerei-gross-sohne");
        assert_eq!(new.time_zone, "Europe/Berlin");
        assert_eq!(new.language, "en");
        assert_eq!(administrator.as_deref(), Some("mia@example.org"));
        assert!(asked.contains("en English, de Deutsch"), "{asked}");
    }

    #[test]
    fn a_wrong_answer_is_explained_and_asked_for_again() {
        let answers = "Tarn\nTarn & Co\ntarn\nLondon\nEurope/London\nklingon\nde\nnobody\nmia@example.org\n";
        let (made, asked) = answered(nothing_given(), answers);
        let (new, _) = made.unwrap();
        assert_eq!(
            (&*new.slug, &*new.time_zone, &*new.language),
            ("tarn", "Europe/London", "de")
        );
        for explained in ["small letters", "Europe/London", "choose one of", "mail address"] {
            assert!(asked.contains(explained), "{explained}: {asked}");
        }
    }

    #[test]
    fn what_was_given_is_not_asked_for() {
        let given = Init {
            name: Some("Tarn".to_owned()),
            language: Some("de".to_owned()),
            ..nothing_given()
        };
        let (made, asked) = answered(given, "\n\nmia@example.org\n");
        assert_eq!(made.unwrap().0.language, "de");
        assert!(
            !asked.contains("What customers call") && !asked.contains("Language"),
            "{asked}"
        );
    }

    #[test]
    fn answers_that_end_make_nothing() {
        let (made, _) = answered(nothing_given(), "Tarn\n");
        assert!(made.unwrap_err().to_string().contains("no organisation was made"));
    }

    #[test]
    fn a_name_without_letters_of_the_alphabet_has_no_usual_address() {
        let (made, asked) = answered(nothing_given(), "寿司\nsushi\n\n\nmia@example.org\n");
        assert_eq!(made.unwrap().0.slug, "sushi");
        assert!(asked.contains("addresses: "), "{asked}");
    }
}
