//! What a link in a mail opens, it opens as long as its reader works here.
use crate::support::telling::{PRAISE, Shop};

#[tokio::test]
async fn a_mailed_link_ends_when_its_reader_leaves() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let mail = shop
        .app
        .mails()
        .into_iter()
        .find(|mail| mail.to.contains("ruth"))
        .unwrap();
    let mail = mail_parser::MessageParser::default()
        .parse(&mail.raw)
        .unwrap()
        .body_text(0)
        .unwrap()
        .into_owned();
    let (_, rest) = mail.split_once("/p/").expect("a link in the mail");
    let path = format!("/p/{}", rest.split_whitespace().next().unwrap());
    shop.app.page(&path).await.expect(200);
    let today = shop.app.clock.now().date_naive();
    shop.app.leaves(shop.ruth.id, today).await;
    shop.app.page(&path).await.expect(200);
    shop.app.advance(chrono::TimeDelta::days(1));
    let gone = shop.app.page(&path).await.expect(410);
    assert!(!gone.text.contains("kind and helpful"), "{}", gone.text);
    shop.app.work().await;
    shop.app.end().await;
}
