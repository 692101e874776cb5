//! How sources do, as administrators see it.
use entity::grant::Role;

use crate::{
    fake_x::{FakeX, Fault},
    reading::{reading_from, x_source},
    support::telling::Shop,
};

/// The page of sources, after a connection with this budget met this trouble.
async fn sources(budget: Option<i64>, trouble: Option<Fault>) -> String {
    let fake = FakeX::start(7).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    shop.app.connect(x_source(&[], budget)).await;
    fake.script(trouble);
    shop.app.work().await;
    let account = shop
        .app
        .account_with("ruth@example.org", Role::Administrator, None);
    // The service is reached by https here.
    let cookie = shop.app.sign_in(&account.await).await;
    let cookie = cookie.replacen("plaudit=", "__Host-plaudit=", 1);
    let page = shop.app.page_as(&cookie, "/sources").await.expect(200).text;
    shop.app.end_with_jobs().await;
    let (_, own) = page.split_once("<h2>X</h2>").unwrap();
    own.split("</section>").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_source_that_is_read_says_when_how_far_and_for_how_much() {
    let own = sources(Some(25_000_000), None).await;
    for said in ["Working.", "Last read: ", "Up to date.", " of $25.00."] {
        assert!(own.contains(said), "{said}: {own}");
    }
    assert!(!own.contains("class=\"late\""), "{own}");
}

#[tokio::test]
async fn a_source_that_somebody_must_mend_says_what_and_since_when() {
    let own = sources(None, Some(Fault::Unauthorized)).await;
    assert!(own.contains("name=\"to\" value=\"resume\">Resume"), "{own}");
    for said in [
        "class=\"late\">Stopped: something must be fixed.",
        "<span lang=\"en\">",
        "Failing since: ",
        "no budget set.",
    ] {
        assert!(own.contains(said), "{said}: {own}");
    }
}

#[tokio::test]
async fn a_source_whose_budget_is_used_up_says_so() {
    let own = sources(Some(1), None).await;
    assert!(
        own.contains("the monthly budget doesn’t cover another call"),
        "{own}"
    );
    assert!(own.contains("$0.00 of $0.01."), "{own}");
}
