//! What we read from Mastodon, and what we make of its failures.

use std::time::Duration;

use plaudit::capture::{
    mastodon::{Client, GoneReason, Page, Settings, StatusId},
    remote::{BaseUrl, CallLimits, Cause, Hang, Networks, ReadError, Remedy, Secret},
};

use crate::fake_mastodon::{FakeMastodon, Fault, TOKEN};

fn settings(fake: &FakeMastodon, token: &str) -> Settings {
    Settings {
        base: BaseUrl::parse(&fake.base_url()).unwrap(),
        access_token: Secret::parse("access token", token).unwrap(),
        networks: Networks::and(&["127.0.0.0/8".parse().unwrap()]),
        limits: CallLimits::default(),
    }
}

#[tokio::test]
async fn nothing_is_asked_where_the_address_leads_into_a_private_network() {
    let fake = FakeMastodon::start().await;
    let by_name = fake.base_url().replace("127.0.0.1", "localhost");
    for address in [fake.base_url(), by_name] {
        let client = Client::new(Settings {
            base: BaseUrl::parse(&address).unwrap(),
            networks: Networks::default(),
            ..settings(&fake, TOKEN)
        })
        .unwrap();
        let error = client.verify().await.unwrap_err();
        assert!(matches!(error, ReadError::Private(_)), "{error}");
        assert_eq!(error.remedy(fake.now()), Remedy::Stop(Cause::Address));
        let told = error.told(fake.now());
        assert!(told.contains("outbound.allowed_private_networks"), "{told}");
    }
    assert!(fake.calls().is_empty());
}

fn client(fake: &FakeMastodon) -> Client {
    Client::new(settings(fake, TOKEN)).unwrap()
}

fn texts(page: &Page) -> Vec<&str> {
    page.statuses.iter().map(|status| status.text.as_str()).collect()
}

fn id(number: u64) -> StatusId {
    number.to_string().parse().unwrap()
}

/// What reading says to do about a fault.
async fn remedy_of(fault: Fault) -> (ReadError, Remedy) {
    let fake = FakeMastodon::start().await;
    fake.mention("<p>hi</p>", "public");
    fake.script([fault]);
    let quick = Duration::from_secs(1);
    let limits = CallLimits {
        head: quick,
        piece: quick,
        call: 3 * quick,
        ..CallLimits::default()
    };
    let client = Client::new(Settings {
        limits,
        ..settings(&fake, TOKEN)
    })
    .unwrap();
    let error = client.mentions(None).await.unwrap_err();
    let remedy = error.remedy(fake.now());
    (error, remedy)
}

#[tokio::test]
async fn the_account_of_a_token_is_told() {
    let fake = FakeMastodon::start().await;
    let account = client(&fake).verify().await.unwrap();
    assert_eq!((account.id.as_str(), account.handle.as_str()), ("1", "acme"));
    let wrong = Client::new(settings(&fake, "wrong")).unwrap();
    let remedy = wrong.verify().await.unwrap_err().remedy(fake.now());
    assert_eq!(remedy, Remedy::Stop(Cause::Credentials));
}

#[tokio::test]
async fn mentions_are_read_to_the_present_without_a_gap() {
    let fake = FakeMastodon::start().await;
    fake.set_page_size(2);
    fake.mention("<p>old</p>", "public");
    let client = client(&fake);
    let mut after = client.mentions(None).await.unwrap().read_up_to;
    for number in 1..=5 {
        fake.mention(&format!("<p>new {number}</p>"), "public");
    }
    let mut read = Vec::new();
    while let Some(from) = &after {
        let page = client.mentions(Some(from)).await.unwrap();
        read.extend(page.statuses.iter().rev().map(|status| status.text.clone()));
        after = page.read_up_to;
    }
    assert_eq!(read, ["new 1", "new 2", "new 3", "new 4", "new 5"]);
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn private_and_direct_mentions_are_dropped_but_not_read_again() {
    let fake = FakeMastodon::start().await;
    fake.mention("<p>for all</p>", "unlisted");
    fake.mention("<p>followers only</p>", "private");
    fake.mention("<p>between us</p>", "direct");
    let page = client(&fake).mentions(None).await.unwrap();
    assert_eq!(
        (texts(&page), page.not_for_us, page.unreadable),
        (vec!["for all"], 2, 0)
    );
    let next = client(&fake).mentions(page.read_up_to.as_ref()).await.unwrap();
    assert_eq!(next.read_up_to, None);
}

#[tokio::test]
async fn a_check_tells_edited_from_deleted_and_hidden() {
    for knows_many in [true, false] {
        let fake = FakeMastodon::start().await;
        if !knows_many {
            fake.forget_many();
        }
        let kept: Vec<u64> = (0..23)
            .map(|_| fake.mention("<p>Maria helped</p>", "public"))
            .collect();
        fake.edit(kept[0], "<p>Maria <b>really</b> helped</p>");
        fake.delete(kept[1]);
        fake.set_visibility(kept[22], "private");
        let ids: Vec<_> = kept.iter().copied().map(id).collect();
        let checked = client(&fake).check(&ids).await.unwrap();
        assert_eq!(checked.standing.len(), 21, "servers that know many: {knows_many}");
        let edited = checked
            .standing
            .iter()
            .find(|status| status.id == ids[0])
            .unwrap();
        assert_eq!(
            (edited.text.as_str(), edited.edited_at),
            ("Maria really helped", Some(fake.now()))
        );
        let gone: Vec<_> = checked
            .gone
            .iter()
            .map(|gone| (gone.id.clone(), gone.reason))
            .collect();
        assert_eq!(
            gone,
            [
                (ids[1].clone(), GoneReason::Deleted),
                (ids[22].clone(), GoneReason::NotVisible)
            ]
        );
        assert_eq!(fake.calls().len(), if knows_many { 3 } else { 25 });
    }
}

#[tokio::test]
async fn a_failing_server_never_makes_a_post_look_deleted() {
    let fake = FakeMastodon::start().await;
    let kept = fake.mention("<p>Maria helped</p>", "public");
    for fault in [
        Fault::ServerError(500),
        Fault::HtmlSuccess,
        Fault::Truncated,
        Fault::NotPermitted,
    ] {
        fake.script([fault]);
        assert!(client(&fake).check(&[id(kept)]).await.is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn the_end_of_the_window_is_awaited() {
    let fake = FakeMastodon::start().await;
    fake.script([Fault::WindowUsedUp]);
    let client = client(&fake);
    let error = client.mentions(None).await.unwrap_err();
    let Remedy::WaitUntil(time) = error.remedy(fake.now()) else {
        panic!("{error:?}")
    };
    fake.advance(time - fake.now());
    let page = client.mentions(None).await.unwrap();
    assert_eq!(page.rate.remaining, Some(299));
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_call_above_the_limit_is_a_violation_the_fake_records() {
    let fake = FakeMastodon::start().await;
    fake.script([Fault::WindowUsedUp]);
    let client = client(&fake);
    client.mentions(None).await.unwrap_err();
    client.mentions(None).await.unwrap_err();
    assert_eq!(fake.violations(), ["called above the limit"]);
}

#[tokio::test]
async fn each_failure_has_its_remedy() {
    let retry = Remedy::Retry {
        at_least: Duration::from_secs(5),
    };
    let expected = [
        (Fault::Revoked, Remedy::Stop(Cause::Credentials)),
        (Fault::NotPermitted, Remedy::Stop(Cause::Permission)),
        (Fault::Unprocessable, Remedy::Stop(Cause::Settings)),
        (Fault::Redirect, Remedy::Stop(Cause::Address)),
        (Fault::Conflict, retry),
        (Fault::ServerError(503), retry),
        (Fault::HtmlSuccess, retry),
        (Fault::Truncated, retry),
        (Fault::Oversize, retry),
        (Fault::Disconnect, retry),
    ];
    for (fault, remedy) in expected {
        let (error, advised) = remedy_of(fault).await;
        assert_eq!(advised, remedy, "{fault:?} read as {error:?}");
    }
}

#[tokio::test]
async fn a_hang_is_told_by_where_it_hangs() {
    let (head, body, trickle) = tokio::join!(
        remedy_of(Fault::HangBeforeHead),
        remedy_of(Fault::HangInBody),
        remedy_of(Fault::Trickle)
    );
    assert_eq!(head.0, ReadError::Hung(Hang::BeforeHead));
    assert_eq!(body.0, ReadError::Hung(Hang::InBody));
    assert_eq!(trickle.0, ReadError::Hung(Hang::Altogether));
    for (_, remedy, ..) in [head, body, trickle] {
        assert_eq!(
            remedy,
            Remedy::Retry {
                at_least: Duration::from_secs(5)
            }
        );
    }
}

#[tokio::test]
async fn an_answer_is_not_taken_beyond_the_cap() {
    let limit = CallLimits::default().body_bytes;
    assert_eq!(remedy_of(Fault::Oversize).await.0, ReadError::Oversize { limit });
}

#[tokio::test]
async fn the_token_is_in_no_error_and_no_debug() {
    let fake = FakeMastodon::start().await;
    let address = fake.base_url();
    let client = client(&fake);
    assert!(!format!("{client:?}").contains(TOKEN));
    drop(fake);
    let error = client.mentions(None).await.unwrap_err();
    assert!(matches!(error, ReadError::Connection(_)), "{error:?}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(TOKEN) && !shown.contains(&address), "{shown}");
}
