//! All that a shop shows: its pages to everybody who works there, and its mails.
use std::collections::BTreeSet;

use mail_parser::MessageParser;
use scraper::Html;

use super::DISGUISES;
use crate::support::{
    Answer, TestApp,
    html::{addresses_of, all, faults_of, read, vocabulary_of, words},
    smtp::Received,
};

/// Where pages may lead besides our own: to what customers wrote elsewhere.
const ELSEWHERE: [&str; 2] = ["https://x.com/", "https://mastodon.example/"];
const OURS: [&str; 2] = ["http://127.0.0.1:8080/", "https://plaudit.example/"];

/// Pages that say what came in, in turn for whom they are.
const PAGES: &[&str] = &[
    "/",
    "/me",
    "/me/record",
    "/feed",
    "/feed/team",
    "/board",
    "/desk",
    "/names",
    "/search",
    "/search?q=thank",
    "/precision",
    "/team/join",
    "/roster",
    "/sources",
    "/connect",
    "/channels",
    "/held",
    "/jobs",
    "/keys",
    "/roles",
    "/me/confirm",
    "/audit",
    "/settings",
];
/// How often pages are turned: to the end for the first reader, who sees everything, and once for the others.
const TURNED: [usize; 2] = [12, 2];

/// Everything that was shown, and what it is made of.
#[derive(Default)]
pub struct Shown {
    made_of: BTreeSet<String>,
    headers: BTreeSet<String>,
    /// All that was to be read.
    words: String,
    wrong: Vec<String>,
    /// Pages that were opened.
    opened: usize,
}

impl Shown {
    /// Opens every page as each of these people, the administrator first, and every mail with the page that it leads to.
    pub async fn to(app: &TestApp, cookies: &[String], more: &[String]) -> Shown {
        let mut shown = Shown::default();
        for (number, cookie) in cookies.iter().enumerate() {
            let turned = TURNED[number.min(1)];
            for path in PAGES
                .iter()
                .map(|path| (*path).to_owned())
                .chain(more.iter().cloned())
            {
                shown.leaf_through(app, cookie, path, turned).await;
            }
        }
        assert!(shown.opened > 7 * cookies.len(), "{} pages", shown.opened);
        for mail in app.mails() {
            shown.open(app, &mail).await;
        }
        shown
    }

    /// Adds a page that answered something.
    pub fn add(&mut self, of: &str, html: &str) {
        self.read(of, html, false);
    }

    /// Adds what came of a request, if it is a page.
    pub fn add_page(&mut self, of: &str, answer: &Answer) {
        let kind = answer.headers.get("content-type");
        if kind.is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html")) {
            self.read(of, &answer.text, false);
        }
    }

    /// Adds what was shown elsewhere.
    pub fn extend(&mut self, other: Shown) {
        self.made_of.extend(other.made_of);
        self.headers.extend(other.headers);
        self.words.push_str(&other.words);
        self.wrong.extend(other.wrong);
        self.opened += other.opened;
    }

    async fn leaf_through(&mut self, app: &TestApp, cookie: &str, path: String, times: usize) {
        let mut next = Some(path);
        for _ in 0..times {
            let Some(path) = next.take() else { return };
            let page = app.page_as(cookie, &path).await;
            if page.status != 200 {
                // Not everybody has every page.
                assert!(
                    [303, 403, 404].contains(&page.status.as_u16()),
                    "{path}: {}",
                    page.status
                );
                return;
            }
            self.opened += 1;
            next = turned(&self.read(&path, &page.text, false));
        }
    }

    async fn open(&mut self, app: &TestApp, mail: &Received) {
        let subject = mail.subject();
        let parsed = MessageParser::default().parse(mail.raw.as_bytes()).unwrap();
        self.headers
            .extend(parsed.headers().iter().map(|header| header.name().to_owned()));
        let text = mail.text();
        if subject.contains(['\r', '\n']) || subject.contains(DISGUISES) || text.contains(DISGUISES) {
            self.wrong.push(format!("{subject:?}: {text}"));
        }
        self.read(&subject, &mail.html(), true);
        self.words.push_str(&text);
        let pages = text.split_whitespace().filter_map(|word| {
            let path = OURS.iter().find_map(|ours| word.strip_prefix(ours))?;
            path.starts_with("p/").then(|| format!("/{path}"))
        });
        for path in pages {
            let page = app.page(&path).await.expect(200);
            self.read(&subject, &page.text, false);
        }
    }

    fn read(&mut self, of: &str, html: &str, is_mail: bool) -> Html {
        let page = read(html);
        self.made_of.extend(vocabulary_of(&page));
        let faults = faults_of(&page, is_mail).into_iter();
        self.wrong.extend(faults.map(|fault| format!("{of}: {fault}")));
        let strange = addresses_of(&page)
            .into_iter()
            .filter(|address| !leads_well(address));
        self.wrong
            .extend(strange.map(|address| format!("{of} leads to {address:?}")));
        if html.contains(DISGUISES) {
            self.wrong.push(format!("{of} disguises"));
        }
        self.words.push_str(&words(&page));
        page
    }

    /// It is made of what it is made of with harmless words, and nothing else is wrong.
    #[track_caller]
    pub fn assert_inert(&self, harmless: &Shown) {
        assert_eq!(harmless.wrong, [""; 0], "with harmless words");
        assert_eq!(self.wrong, [""; 0]);
        let strange: Vec<&String> = self.made_of.difference(&harmless.made_of).collect();
        assert!(strange.is_empty(), "made of {strange:?}");
        let strange: Vec<&String> = self.headers.difference(&harmless.headers).collect();
        assert!(strange.is_empty(), "mails with {strange:?}");
    }

    /// How many of these stand there letter by letter, evaluated by nothing.
    pub fn count(&self, strings: &[String]) -> usize {
        let words = letters(&self.words);
        strings.iter().filter(|one| words.contains(&letters(one))).count()
    }
}

/// A text without blanks and without what is left out when it is shown.
fn letters(text: &str) -> String {
    let is_left_out = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|letter| !is_left_out(*letter)).collect()
}

fn leads_well(address: &str) -> bool {
    let is_within = !address.starts_with("//") && address.starts_with(['/', '#']);
    let is_elsewhere = OURS
        .iter()
        .chain(&ELSEWHERE)
        .any(|place| address.starts_with(place));
    is_within || is_elsewhere
}

/// The address of the next page.
fn turned(page: &Html) -> Option<String> {
    let next = all(page, ".carried a, a[href*='after=']");
    Some(next.first()?.value().attr("href")?.to_owned())
}
