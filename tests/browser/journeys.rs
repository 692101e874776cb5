//! The three journeys that Plaudit is made for, on a telephone, at a person's pace. What the machine takes is printed;
//! what a person does is counted, so that a page that asks for more of them fails.
use std::time::Instant;

use mail_parser::MessageParser;

use crate::{
    signed_in::{MANAGER, STAFF, sign_in, thank},
    support::{Demo, Look, Window},
};

/// Seconds to type a character on a telephone: 36.2 words of five characters a minute (Palin et al., "How do People
/// Type on Mobile Devices?", MobileHCI 2019).
const TYPE: f64 = 60.0 / (36.2 * 5.0);
/// Seconds to read a word: 238 a minute (Brysbaert, "How many words do we read per minute?", 2019).
const READ: f64 = 60.0 / 238.0;
/// Seconds to find something and tap on it.
const TAP: f64 = 1.5;

/// What a journey took.
struct Journey {
    name: &'static str,
    person: f64,
    taps: usize,
    began: Instant,
}

impl Journey {
    fn begin(name: &'static str) -> Journey {
        Journey {
            name,
            person: 0.0,
            taps: 0,
            began: Instant::now(),
        }
    }

    fn reads(&mut self, words: &str) {
        self.person += READ * words.split_whitespace().count() as f64;
    }

    async fn types(&mut self, window: &Window, field: &str, words: &str) {
        window.write(field, words).await;
        self.person += TYPE * words.chars().count() as f64;
    }

    fn taps(&mut self) {
        self.taps += 1;
        self.person += TAP;
    }

    fn end(self) -> f64 {
        println!(
            "{}: {} taps, {:.1} s of the person, {:.1} s of the machine and the browser",
            self.name,
            self.taps,
            self.person,
            self.began.elapsed().as_secs_f64()
        );
        self.person
    }
}

#[tokio::test]
async fn a_customer_thanks_in_less_than_half_a_minute() {
    let demo = Demo::start().await;
    let window = demo.window(Look::PHONE).await;
    let mut journey = Journey::begin("a customer thanks");
    window.go(demo.link("Castle Street’s form")).await;
    journey.reads(&window.text_of("h1").await);
    journey.taps();
    journey
        .types(
            &window,
            "#words",
            "Amina was so kind about my broken hinge. Thank you!",
        )
        .await;
    window.take_time().await;
    journey.taps();
    window.choose("Send my thanks").await;
    window.see("Your message to").await;
    assert!(journey.end() < 30.0);
}

/// Of the usual length.
const WORDS: [&str; 3] = [
    "Thank you Amina Yusuf, you were so kind and helpful with the hinge, and the kitchen door closes again at last!",
    "I was rather lost among the paints, and Amina Yusuf took the time to mix three samples. So kind and patient.",
    "Big thanks to Amina Yusuf, who carried the bags of sand to my car in the rain. A star!",
];

#[tokio::test]
async fn a_manager_empties_a_desk_of_ten_in_less_than_two_minutes() {
    let demo = Demo::start().await;
    let window = demo.window(Look::PHONE).await;
    sign_in(&demo, &window, MANAGER).await;
    window.go("/desk").await;
    while waiting(&window).await > 0 {
        decide_first(&window).await;
    }
    for (before, words) in (0..10).zip(WORDS.iter().cycle()) {
        thank(&demo, &window, words).await;
        window.go("/desk").await;
        window
            .reload_until(async || waiting(&window).await > before)
            .await;
    }
    let mut journey = Journey::begin("a manager empties a desk of ten");
    let mut decided = 0;
    while waiting(&window).await > 0 {
        journey.reads(&what_must_be_read(&window).await);
        journey.taps();
        decide_first(&window).await;
        decided += 1;
    }
    assert_eq!(decided, 10, "{}", window.text().await);
    assert!(window.says("Nothing needs you").await, "{}", window.text().await);
    assert!(journey.end() < 120.0);
}

/// How many things wait on this page of the desk, and one more where there is a next page.
async fn waiting(window: &Window) -> u64 {
    let all = "document.querySelectorAll('article[data-item], a[href*=\"after=\"]').length";
    window.value(all).await.as_u64().unwrap()
}

/// Of the first: whom it is for, the words, and who might be meant.
async fn what_must_be_read(window: &Window) -> String {
    let first = "document.querySelector('article[data-item]')";
    let parts = format!(
        "[...{first}.querySelectorAll('header, blockquote, .cands')].map(part => part.innerText).join(' ')"
    );
    window.value(&parts).await.as_str().unwrap().to_owned()
}

/// Reads the first out, credits the likeliest, or has dealt with it; where nobody is likely, it was nobody known.
async fn decide_first(window: &Window) {
    let first = "document.querySelector('article[data-item]')";
    let buttons = format!("[...{first}.querySelectorAll('button.btn, button[value=nobody]')]");
    let choice = format!("({buttons}.find(button => !button.closest('details')).id = 'choice')");
    window.value(&choice).await;
    window.click_and_leave("#choice").await;
}

#[tokio::test]
async fn a_member_of_staff_is_at_the_newest_praise_one_tap_after_the_mail() {
    let demo = Demo::start().await;
    let window = demo.window(Look::PHONE).await;
    sign_in(&demo, &window, STAFF).await;
    window.go("/me").await;
    window.click("input[name=own_praise]").await;
    window
        .click_and_leave("form:has(input[name=frequency]) button")
        .await;
    let customer = demo.window(Look::PHONE).await;
    let words = "Thank you Amina Yusuf, you were so kind and helpful, the hinge holds!";
    customer.go(demo.link("Castle Street’s form")).await;
    customer.write("#words", words).await;
    customer.take_time().await;
    customer.choose("Send my thanks").await;
    customer.see("Your message to").await;
    let link = link_in_mail(&demo, words).await;
    let mut journey = Journey::begin("a member of staff opens the newest praise");
    journey.taps();
    window.go(&link).await;
    assert!(window.says(words).await, "{}", window.text().await);
    let place = window
        .value("document.querySelector('blockquote').getBoundingClientRect().top")
        .await;
    assert!(
        place.as_f64().unwrap() < 740.0,
        "the words stand below the fold, at {place}"
    );
    journey.end();
}

/// The address behind the button of the mail to the praised.
async fn link_in_mail(demo: &Demo, words: &str) -> String {
    for _ in 0..200 {
        for mail in demo.mails().iter().rev() {
            let mail = MessageParser::default().parse(mail).unwrap();
            let text = mail.body_text(0).unwrap_or_default();
            let is_own = text.contains("A customer thanked you.");
            // Lines of a mail are wrapped.
            let unwrapped = text.replace(['\n', '>'], " ");
            let unwrapped = unwrapped.split_whitespace().collect::<Vec<_>>().join(" ");
            if is_own && unwrapped.contains(words) {
                let link = text.split_whitespace().find(|word| word.contains("/p/"));
                return link.unwrap_or_else(|| panic!("no link in {text}")).to_owned();
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let subjects = demo.mails();
    let subjects = subjects
        .iter()
        .rev()
        .take(5)
        .filter_map(|mail| mail.lines().find(|line| line.starts_with("Subject")));
    panic!("no mail of it: {:?}", subjects.collect::<Vec<_>>());
}
