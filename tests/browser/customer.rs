//! A customer thanks somebody.
use crate::support::{Demo, ENTER, Look, TAB, Window};

const WORDS: &str = "Thank you Grace Okafor, you were so kind and helpful!";

#[tokio::test]
async fn a_customer_thanks_somebody_and_sees_on_the_receipt_where_the_words_are() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        let window = demo.window(look).await;
        thank(&demo, &window, WORDS).await;
        window.check().await;
        window.see("Not passed on yet").await;
        window.check().await;
    }
}

#[tokio::test]
async fn the_form_and_the_receipt_need_no_script() {
    let demo = Demo::start().await;
    for look in Look::BOTH {
        let window = demo.window(look.without_scripts()).await;
        thank(&demo, &window, WORDS).await;
        window.see("Not passed on yet").await;
        window.choose("Add a name or a place, or change my words").await;
        window
            .write("#again", "Thank you Grace Okafor, that was kind.")
            .await;
        window.choose("Save changes").await;
        window.see("Saved. We’re reading your new version.").await;
        window.choose("Delete my message").await;
        window.click("form[action$=withdraw] button").await;
        window.see("You deleted your message.").await;
        window.check_console().await;
    }
}

#[tokio::test]
async fn what_was_typed_outlives_a_reload_and_is_gone_once_it_was_sent() {
    let demo = Demo::start().await;
    let window = demo.window(Look::PHONE).await;
    window.go(demo.link("Castle Street’s form")).await;
    window.write("#words", "Half a thought").await;
    window.go(demo.link("Castle Street’s form")).await;
    assert_eq!(
        window.value("document.querySelector('#words').value").await,
        "Half a thought"
    );
    window.take_time().await;
    window.choose("Send my thanks").await;
    window.see("Your message to").await;
    window.go(demo.link("Castle Street’s form")).await;
    assert_eq!(window.value("document.querySelector('#words').value").await, "");
    window.check().await;
}

#[tokio::test]
async fn what_is_missing_is_said_beside_the_field_and_the_words_stay() {
    let demo = Demo::start().await;
    let window = demo.window(Look::PHONE).await;
    window.go(demo.link("Castle Street’s form")).await;
    window.write("#words", WORDS).await;
    window.choose("Add a name, a time or your email").await;
    window.write("#email", "me@").await;
    window
        .value("document.querySelector('form').noValidate = true")
        .await;
    window.take_time().await;
    window.choose("Send my thanks").await;
    window.see("Something is missing in the email").await;
    assert_eq!(
        window.value("document.querySelector('#words').value").await,
        WORDS
    );
    window.check().await;
}

#[tokio::test]
async fn the_form_is_sent_by_keys_alone() {
    let demo = Demo::start().await;
    let window = demo.window(Look::DESK).await;
    window.go(demo.link("Castle Street’s form")).await;
    window.write("#words", WORDS).await;
    window.press(TAB).await;
    window.press(TAB).await;
    window.press_and_leave(ENTER).await;
    window.see("Your message to").await;
}

/// From the empty form to the receipt.
async fn thank(demo: &Demo, window: &Window, words: &str) {
    window.go(demo.link("Castle Street’s form")).await;
    window.write("#words", words).await;
    window.take_time().await;
    window.choose("Send my thanks").await;
    window.see("Your message to").await;
    assert!(window.path().await.starts_with("/r/"), "{}", window.path().await);
    assert!(window.says(words).await);
}
