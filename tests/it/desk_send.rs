//! Praise is mailed to the person instead of being read out.
use entity::{account, passed_on};
use plaudit::access::account as accounts;
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use crate::support::{TestApp, smtp::Received, telling::*};

/// Ruth's desk, the address of Priya's praise there, and Priya's account.
async fn praise_to_send(shop: &Shop) -> (String, String, account::Model) {
    shop.say(PRAISE).await;
    shop.app.work().await;
    let ruth = shop.app.sign_in_staff(shop.ruth.id).await;
    let path = format!("/desk/praise/{}", shop.app.one_praise().await.id);
    (ruth, path, shop.app.account_of_new(shop.priya.id).await)
}

impl TestApp {
    async fn account_of_new(&self, staff: Uuid) -> account::Model {
        let tx = self.db.write().await.unwrap();
        let (own, now) = (self.organisation.id, self.clock.now());
        let made = accounts::for_staff(&tx, own, staff, now).await;
        tx.commit().await.unwrap();
        made.unwrap()
    }

    async fn mails_to(&self, address: &str) -> usize {
        self.mails()
            .iter()
            .filter(|mail| mail.header("to").contains(address))
            .count()
    }
}

#[tokio::test]
async fn praise_is_sent_to_the_person_instead_of_being_read_out_and_leaves_once() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let (ruth, path, _) = praise_to_send(&shop).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(desk.contains("Email it to Priya"), "{desk}");
    let sent = app
        .form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    let desk = app.page_as(&ruth, &sent.header("location")).await.text;
    assert!(desk.contains("On its way to Priya Nair"), "{desk}");
    app.work().await;
    assert_eq!(app.mails_to("priya@example.org").await, 0, "it can be undone yet");
    app.settle().await;
    let mails = app.mails();
    let to_priya = |mail: &&Received| mail.header("to").contains("priya@example.org");
    let mail = mails.iter().find(to_priya).unwrap();
    assert!(mail.text().contains("A customer thanked you."), "{}", mail.text());
    assert!(
        mail.text().contains("someone at SHOP passed it on to you"),
        "{}",
        mail.text()
    );
    let passed_on = passed_on::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(passed_on[0].how, passed_on::How::Sent);
    app.form_as(&ruth, &format!("{path}/undo"), &[]).await.expect(303);
    app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    app.settle().await;
    assert_eq!(
        app.mails_to("priya@example.org").await,
        1,
        "what has left is not sent again"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn an_undo_stops_the_mail_and_the_praise_waits_again() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let (ruth, path, _) = praise_to_send(&shop).await;
    let send = async || {
        app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
            .await
            .expect(303)
    };
    send().await;
    app.form_as(&ruth, &format!("{path}/undo"), &[]).await.expect(303);
    app.settle().await;
    assert_eq!(app.mails_to("priya@example.org").await, 0);
    assert!(
        app.page_as(&ruth, "/desk")
            .await
            .text
            .contains("I’ve read it to Priya")
    );
    send().await;
    app.settle().await;
    assert_eq!(app.mails_to("priya@example.org").await, 1);
    shop.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_mailed_after_all_waits_again_and_was_never_said_to_be_heard() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let (ruth, path, priya) = praise_to_send(&shop).await;
    app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    app.change_account(priya.id, |row| row.frequency = Set(account::Frequency::Off))
        .await;
    app.settle().await;
    assert_eq!(app.mails_to("priya@example.org").await, 0);
    let desk = app.page_as(&ruth, "/desk").await.text;
    assert!(desk.contains("I’ve read it to Priya"), "{desk}");
    assert!(
        !desk.contains("Email it to Priya"),
        "who wants no mail is not offered one: {desk}"
    );
    app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    assert!(
        passed_on::Entity::find()
            .all(app.db.read())
            .await
            .unwrap()
            .is_empty()
    );
    shop.app.end().await;
}

/// The notice of their own praise that leaves in no mail is there already: it leaves now.
#[tokio::test]
async fn whoever_hears_of_their_own_praise_once_a_week_or_by_no_mail_of_this_source_is_mailed_what_is_passed_on()
 {
    for in_digest_only in [false, true] {
        let shop = Shop::open().await;
        let app = &shop.app;
        let frequency = if in_digest_only {
            account::Frequency::AtOnce
        } else {
            account::Frequency::Digest
        };
        app.account_for(&shop.priya, frequency, true).await;
        let comment = shop.say(PRAISE).await;
        if in_digest_only {
            app.tell(comment, entity::comment::Tell::Digest).await;
        }
        app.work().await;
        assert_eq!(app.mails_to("priya@example.org").await, 0);
        let ruth = app.sign_in_staff(shop.ruth.id).await;
        let path = format!("/desk/praise/{}", app.one_praise().await.id);
        app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
            .await
            .expect(303);
        app.work().await;
        assert_eq!(app.mails_to("priya@example.org").await, 0, "it can be undone yet");
        app.form_as(&ruth, &format!("{path}/undo"), &[]).await.expect(303);
        app.settle().await;
        assert_eq!(app.mails_to("priya@example.org").await, 0, "it was undone");
        app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
            .await
            .expect(303);
        app.settle().await;
        assert_eq!(app.mails_to("priya@example.org").await, 1, "{in_digest_only}");
        shop.app.end().await;
    }
}

/// Without an undo between: the notice of their own praise is told, which was muted.
#[tokio::test]
async fn own_praise_that_no_mail_told_leaves_when_it_is_passed_on() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.account_for(&shop.priya, account::Frequency::Digest, true)
        .await;
    shop.say(PRAISE).await;
    app.work().await;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let path = format!("/desk/praise/{}", app.one_praise().await.id);
    app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    app.settle().await;
    assert_eq!(app.mails_to("priya@example.org").await, 1);
    shop.app.end().await;
}
