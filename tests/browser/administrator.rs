//! An administrator brings somebody in who has no mail, and that person gets in.
use std::fs;

use tempfile::TempDir;

use crate::{
    signed_in::{ADMINISTRATOR, sign_in},
    support::{Demo, Look, Window},
};

const COLUMNS: &str = "employee_id,given_name,family_name,job_title,site";

#[tokio::test]
async fn a_roster_shows_what_it_would_change_and_a_code_lets_the_new_colleague_in() {
    let demo = Demo::start().await;
    let files = TempDir::new().unwrap();
    for (number, look) in Look::BOTH.into_iter().enumerate() {
        let window = demo.window(look).await;
        let family = ["Quill", "Rook"][number];
        let file = files.path().join(format!("{family}.csv"));
        let line = format!("new-{number},Nina,{family},Adviser,Castle Street");
        fs::write(&file, format!("{COLUMNS}\n{line}\n")).unwrap();
        sign_in(&demo, &window, ADMINISTRATOR).await;
        window.go("/roster").await;
        window.attach("#roster", &file).await;
        window.choose("Show what it would change").await;
        window.see("Nothing is changed yet.").await;
        assert!(
            window.says(&format!("Nina {family}")).await,
            "{}",
            window.text().await
        );
        window.check().await;
        window
            .click_and_leave("section[aria-labelledby=apply] button.btn")
            .await;
        window.check().await;
        let code = code_for(&window, family).await;
        joins(&demo, look, &code).await;
    }
}

async fn code_for(window: &Window, family: &str) -> String {
    window.go("/team/join").await;
    window.choose(&format!("Nina {family}")).await;
    window.see(&format!("A code for Nina {family}")).await;
    window.check().await;
    window.text_of(".code").await
}

async fn joins(demo: &Demo, look: Look, code: &str) {
    let window = demo.window(look).await;
    window.go("/sign-in").await;
    window.write("#code", code).await;
    window.choose("Join with the code").await;
    window.see("Hello Nina.").await;
    window.check().await;
    window.click_and_leave("main form button").await;
    window.go("/feed").await;
    window.see("Your first thank-you will appear here.").await;
    window.check().await;
}

/// There is no such machine, so that the test says what to look at.
#[tokio::test]
async fn a_room_is_added_by_whoever_has_read_where_its_address_is_and_a_test_says_what_came_of_it() {
    let demo = Demo::start().await;
    for (number, look) in Look::BOTH.into_iter().enumerate() {
        let window = demo.window(look).await;
        let name = ["Front desk", "Garden centre"][number];
        sign_in(&demo, &window, ADMINISTRATOR).await;
        window.go("/channels").await;
        window.check().await;
        window.click("input[value=teams]").await;
        window.click("details:first-of-type summary").await;
        window.see("Copy").await;
        window.write("#name", name).await;
        window.write("#address", "https://hooks.example.invalid/1").await;
        window.check().await;
        window
            .click_and_leave("section[aria-labelledby=new] button.btn")
            .await;
        window.see("Send a test to see whether it arrives").await;
        window.check().await;
        window.click_and_leave("main button.btn").await;
        window.see("The test was not accepted").await;
        window.check().await;
        window.go("/channels").await;
        assert!(window.says(name).await, "{}", window.text().await);
        window.check().await;
        window
            .choose(&format!("Test, remove, or see what was sent: {name}"))
            .await;
        window.check().await;
        window
            .click_and_leave("section[aria-labelledby=remove] button")
            .await;
        window.check().await;
    }
}
