//! A praised name that nobody bears is given to whom it belongs, on the page, and taken back.
use crate::{
    signed_in::{ADMINISTRATOR, sign_in},
    support::{Demo, Look, Window},
};

const MESSAGES: [(&str, &str); 3] = [
    ("Ann Bell", "Wayan was so kind and helpful, thank you Wayan!"),
    ("Ben Cole", "Wayan was so patient and friendly, thank you Wayan!"),
    ("Cleo Dunn", "Thank you Wayan! Wayan was so kind and helpful."),
];

#[tokio::test]
async fn a_praised_name_is_given_to_somebody_on_the_page_and_taken_back() {
    let demo = Demo::start().await;
    for (customer, words) in MESSAGES {
        let window = demo.window(Look::PHONE).await;
        window.go(demo.link("Castle Street’s form")).await;
        window.write("#words", words).await;
        window.choose("Add a name, a time or your email").await;
        window.write("input[name=name]", customer).await;
        window.take_time().await;
        window.choose("Send my thanks").await;
        window.see("Your message to").await;
    }
    for look in Look::BOTH {
        let window = demo.window(look).await;
        sign_in(&demo, &window, ADMINISTRATOR).await;
        window.go("/names").await;
        window
            .reload_until(async || window.says("Who is Wayan?").await)
            .await;
        window.check().await;
        give(&window, "Amina Yusuf").await;
        window
            .reload_until(async || window.says("Three earlier thank-yous were found.").await)
            .await;
        assert!(!window.says("Who is Wayan?").await);
        window.check().await;
        window.choose("Undo").await;
        window
            .reload_until(async || window.says("Three messages are as they were before.").await)
            .await;
        window.see("Who is Wayan?").await;
        window.check().await;
    }
}

async fn give(window: &Window, who: &str) {
    window.choose("Someone else, or only on some days…").await;
    window.write("input[name=who]", who).await;
    window.choose("Wayan is this person").await;
    window.see(&format!("Wayan is {who}")).await;
}
