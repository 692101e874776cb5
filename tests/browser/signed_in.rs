//! Staff, managers and administrators at work, signed in by the links that the demo prints.
use crate::support::{Demo, ENTER, Look, Window};

pub const STAFF: &str = "Sign in as Amina Yusuf";
pub const MANAGER: &str = "Sign in as Jonas Keller";
pub const ADMINISTRATOR: &str = "Sign in as the administrator";

pub async fn sign_in(demo: &Demo, window: &Window, who: &str) {
    window.go(demo.link(who)).await;
    window.see("Board").await;
}

/// Thanks somebody at the form of Castle Street and waits until it is known whom.
pub async fn thank(demo: &Demo, window: &Window, words: &str) -> String {
    window.go(demo.link("Castle Street’s form")).await;
    window.write("#words", words).await;
    window.choose("Add a name, a time or your email").await;
    window.click("input[value=colleagues]").await;
    window.take_time().await;
    window.choose("Send my thanks").await;
    window.see("Your message to").await;
    window.path().await
}

/// Praise of which the engine is not sure enough.
const QUESTION: &str = "Sarah was so kind and helpful, thank you Sarah!";
const TO_AMINA: &str = "Thank you Amina Yusuf, you were so kind and helpful with the hinge!";

#[tokio::test]
async fn a_manager_empties_the_desk_and_takes_one_back() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        let window = demo.window(look).await;
        let receipt = thank(&demo, &window, TO_AMINA).await;
        sign_in(&demo, &window, MANAGER).await;
        window.go("/desk").await;
        window.wait_until("Thank you Amina Yusuf").await;
        window.check().await;
        let mut left = 60;
        while window.says("I’ve read it to ").await && left > 0 {
            window.choose("I’ve read it to ").await;
            window.see("Passed on to").await;
            left -= 1;
        }
        assert!(left < 60, "nothing waited");
        window.check().await;
        window.go(&receipt).await;
        assert!(!window.says("Not passed on yet").await);
        window.go("/desk").await;
        window.check().await;
    }
}

#[tokio::test]
async fn a_receipt_that_lies_open_says_that_something_has_happened() {
    let demo = Demo::start().await;
    let customer = demo.window(Look::PHONE).await;
    let window = demo.window(Look::DESK).await;
    thank(&demo, &customer, TO_AMINA).await;
    sign_in(&demo, &window, MANAGER).await;
    window.go("/desk").await;
    window.wait_until("helpful with the hinge").await;
    let items = "[...document.querySelectorAll('article[data-item]')]";
    let item = format!("{items}.find(item => item.innerText.includes('helpful with the hinge'))");
    window
        .value(&format!("{item}.querySelector('button[value=told]').id = 'told'"))
        .await;
    window.click_and_leave("#told").await;
    window.see("Passed on to").await;
    // As when the customer comes back to the tab.
    customer
        .value("document.dispatchEvent(new Event('visibilitychange'))")
        .await;
    customer.see("Something has happened.").await;
    customer.choose("Something has happened.").await;
    customer.see("Your words have been heard.").await;
    customer.check_console().await;
}

#[tokio::test]
async fn a_question_is_decided_and_taken_back_by_keys_alone() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        let window = demo.window(look).await;
        thank(&demo, &window, QUESTION).await;
        sign_in(&demo, &window, MANAGER).await;
        window.go("/desk").await;
        assert!(
            window.says("Tell us who is meant").await,
            "{}",
            window.text().await
        );
        // Questions that measure how often credits are right show no reasons.
        window
            .value("document.querySelector('[data-item] details.sure').closest('[data-item]').focus()")
            .await;
        window.press_and_leave("1").await;
        window.see("Credited to").await;
        window.check().await;
        window.press_and_leave("z").await;
        window.see("Tell us who is meant").await;
        window
            .value("document.querySelectorAll('[data-item]')[0].focus()")
            .await;
        window.press("j").await;
        let second = "document.activeElement === document.querySelectorAll('[data-item]')[1]";
        assert_eq!(window.value(second).await, true);
        window.check_console().await;
    }
}

#[tokio::test]
async fn somebody_reads_new_praise_as_it_comes_in_answers_it_hides_it_and_hands_it_on() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        let customer = demo.window(look).await;
        let window = demo.window(look).await;
        sign_in(&demo, &window, STAFF).await;
        window.go("/feed").await;
        window.check().await;
        let receipt = thank(&demo, &customer, TO_AMINA).await;
        window.see("New message.").await;
        window.choose("Show").await;
        window.see(TO_AMINA).await;
        window.choose("Reply").await;
        window
            .write("textarea[name=answer]", "I am glad the door closes.")
            .await;
        window.choose("Send my reply").await;
        window.see("You replied:").await;
        window.check().await;
        window.choose("Hide from colleagues").await;
        window.see("Show to colleagues again").await;
        window.choose("That wasn’t me").await;
        window.write("input[name=who]", "Dan Hughes").await;
        window.choose("Send back to my manager").await;
        window.check().await;
        customer.go(&receipt).await;
        customer.check().await;
    }
}

#[tokio::test]
async fn praise_of_somebody_unknown_is_claimed_without_a_script() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        let window = demo.window(look.without_scripts()).await;
        thank(&demo, &window, QUESTION).await;
        sign_in(&demo, &window, STAFF).await;
        window.go("/feed").await;
        window.wait_until(QUESTION).await;
        window.choose_beside(QUESTION, "I think this was me").await;
        window.reload_until(async || !window.says(QUESTION).await).await;
        window.check_console().await;
    }
}

#[tokio::test]
async fn a_button_signs_in_and_nothing_else_does() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        let window = demo.window(look).await;
        window.go("/sign-in").await;
        window.check().await;
        window
            .write("input[type=email]", "jonas.keller@tarnholloway.example")
            .await;
        window.press_and_leave(ENTER).await;
        let link = demo.sign_in_link().await;
        window.go(&link).await;
        window.check().await;
        window.click("main form button").await;
        window.see("Jonas Keller").await;
        window.go("/me").await;
        window.check().await;
        window.choose("Sign out").await;
        window.go("/desk").await;
        assert!(
            window.path().await.starts_with("/sign-in"),
            "{}",
            window.path().await
        );
    }
}

#[tokio::test]
async fn every_page_of_every_role_is_free_of_violations() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        for who in [STAFF, MANAGER, ADMINISTRATOR] {
            let mut window = demo.window(look).await;
            sign_in(&demo, &window, who).await;
            for path in pages(&window).await {
                window.go(&path).await;
                window.check().await;
            }
            window.turn(true).await;
            window.check().await;
        }
    }
}

/// The pages that stand at the top of a signed-in page, and one's own.
pub async fn pages(window: &Window) -> Vec<String> {
    let all = window.value("[...document.querySelectorAll('header nav a, header > a')].map(link => link.getAttribute('href'))").await;
    let mut all = all.as_array().cloned().unwrap_or_default();
    if all.iter().any(|path| path == "/settings") {
        window.go("/settings").await;
        let more = window.value("[...document.querySelectorAll('section[aria-labelledby=more] a')].map(link => link.getAttribute('href'))").await;
        all.extend(more.as_array().cloned().unwrap_or_default());
    }
    all.iter()
        .filter_map(|path| path.as_str())
        .map(str::to_owned)
        .collect()
}

/// Whom the demo signs in, with a word for file names.
pub const EVERYBODY: [(&str, &str); 3] = [
    ("staff", STAFF),
    ("manager", MANAGER),
    ("administrator", ADMINISTRATOR),
];
