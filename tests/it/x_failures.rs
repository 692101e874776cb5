//! What we make of the ways X fails.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plaudit::capture::{
    remote::{CallLimits, Cause, Hang, ReadError, Remedy},
    x::{Client, Range, Settings},
};

use crate::fake_x::{Endpoint, FakeX, Fault, NewPost, clients::*};

/// What reading says to do about a fault.
async fn failure(fault: Fault) -> (ReadError, Remedy, DateTime<Utc>) {
    let fake = FakeX::start(1).await;
    fake.post(NewPost::by("ana", "thanks @acme"));
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
        ..settings(&fake, account_keys())
    });
    let error = client
        .mentions(company(&fake), Range::All, None)
        .await
        .unwrap_err();
    let remedy = error.remedy(fake.now());
    (error, remedy, fake.now())
}

#[tokio::test]
async fn a_failing_server_never_makes_a_post_look_deleted() {
    let fake = FakeX::start(1).await;
    let post = fake.post(NewPost::by("ana", "@acme"));
    for fault in [
        Fault::ServerError(503),
        Fault::HtmlSuccess,
        Fault::Truncated,
        Fault::NotPermitted,
        Fault::AccessLevel,
    ] {
        fake.script([fault]);
        assert!(client(&fake).check(&[id(post)]).await.is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn each_failure_has_its_remedy() {
    let retry = Remedy::Retry {
        at_least: Duration::from_secs(5),
    };
    let after_a_minute = Remedy::Retry {
        at_least: Duration::from_secs(60),
    };
    let expected = [
        (Fault::WindowUsedUpUntold, after_a_minute),
        (Fault::TooManyConnections, after_a_minute),
        (Fault::UsageCappedMonthly, Remedy::Stop(Cause::Plan)),
        (Fault::UsageCappedForbidden, Remedy::Stop(Cause::Plan)),
        (Fault::OutOfCredit, Remedy::Stop(Cause::Credit)),
        (Fault::Unauthorized, Remedy::Stop(Cause::Credentials)),
        (Fault::NotEnrolled, Remedy::Stop(Cause::Plan)),
        (Fault::AccessLevel, Remedy::Stop(Cause::Plan)),
        (Fault::NotPermitted, Remedy::Stop(Cause::Permission)),
        (Fault::Redirect, Remedy::Stop(Cause::Address)),
        (Fault::Conflict, retry),
        (Fault::ServerError(500), retry),
        (Fault::ServerError(503), retry),
        (Fault::HtmlSuccess, retry),
        (Fault::Truncated, retry),
        (Fault::Oversize, retry),
        (Fault::Disconnect, retry),
    ];
    for (fault, remedy) in expected {
        let (error, advised, _) = failure(fault).await;
        assert_eq!(advised, remedy, "{fault:?} read as {error:?}");
    }
}

#[tokio::test]
async fn a_hang_is_told_by_where_it_hangs() {
    let (head, body, trickle) = tokio::join!(
        failure(Fault::HangBeforeHead),
        failure(Fault::HangInBody),
        failure(Fault::Trickle)
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
    assert_eq!(failure(Fault::Oversize).await.0, ReadError::Oversize { limit });
}

#[tokio::test]
async fn a_used_up_window_is_awaited_and_a_daily_cap_until_midnight() {
    for fault in [Fault::WindowUsedUp, Fault::WindowUsedUpCode88] {
        let (error, remedy, now) = failure(fault).await;
        let Remedy::WaitUntil(time) = remedy else {
            panic!("{error:?}")
        };
        assert!(
            time > now && time <= now + TimeDelta::minutes(15),
            "{fault:?}: {time}"
        );
    }
    let (_, remedy, now) = failure(Fault::UsageCappedDaily).await;
    let Remedy::WaitUntil(time) = remedy else {
        panic!("{remedy:?}")
    };
    assert_eq!(time.date_naive(), now.date_naive().succ_opt().unwrap());
}

#[tokio::test]
async fn a_reader_that_waits_as_told_breaks_no_limit() {
    let fake = FakeX::start(1).await;
    fake.limit(Endpoint::Mentions, 2);
    let client = client(&fake);
    for _ in 0..5 {
        let page = client.mentions(company(&fake), Range::All, None).await.unwrap();
        if let Some(until) = page.rate.exhausted_until() {
            fake.advance(until - fake.now());
        }
    }
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_fake_records_a_call_above_the_limit() {
    let fake = FakeX::start(1).await;
    fake.script([Fault::WindowUsedUp]);
    let client = client(&fake);
    for _ in 0..2 {
        client
            .mentions(company(&fake), Range::All, None)
            .await
            .unwrap_err();
    }
    assert_eq!(fake.violations(), ["Mentions called above its limit"]);
}

#[tokio::test]
async fn random_faults_lose_no_post_of_a_reader_that_asks_again() {
    let fake = FakeX::start(7).await;
    fake.set_page_size(5);
    let posted: Vec<_> = (0..100)
        .map(|n| id(fake.post(NewPost::by("ana", &format!("@acme {n}")))))
        .collect();
    fake.fail_at_random(0.2);
    let client = client(&fake);
    let (mut read, mut token, mut failed) = (Vec::new(), None::<String>, 0);
    loop {
        match client
            .mentions(company(&fake), Range::All, token.as_deref())
            .await
        {
            Ok(page) => {
                read.extend(page.posts.iter().map(|post| post.id));
                token = page.next_token;
                if token.is_none() {
                    break;
                }
            }
            Err(error) => {
                assert!(
                    matches!(error.remedy(fake.now()), Remedy::Retry { .. }),
                    "{error:?}"
                );
                failed += 1;
            }
        }
    }
    read.reverse();
    assert_eq!(read, posted);
    assert!(failed > 0, "the seed makes some calls fail");
}
