//! Mails about accounts, links and calls under a database that cannot be written or that hangs; and whose they are while
//! they are under way.
use std::time::Duration;

use chrono::TimeDelta;
use entity::sign_in_link::Kind as LinkKind;
use plaudit::{
    access::{
        alert,
        sign_in::{self, NewLink},
    },
    platform::job::Kind,
};
use sea_orm::ConnectionTrait;
use tokio::time::sleep;

use crate::{
    deliver_outage::{run, settled},
    support::{
        smtp::{Faults, Sink},
        telling::{PRAISE, Shop},
    },
    webhook::{self, Endpoint},
};

const DEVICES: [&str; 2] = ["Firefox on Linux", "Safari on an iPhone"];

async fn slow_shop(delay: u64) -> (Shop, Sink) {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    sink.fail(Faults {
        delay: Duration::from_millis(delay),
        ..Faults::default()
    });
    (shop, sink)
}

async fn raise_alerts(shop: &Shop) {
    let owner = shop.app.administrator("office@example.org").await;
    let tx = shop.app.db.write().await.unwrap();
    for device in DEVICES {
        alert::new_device(&tx, &owner, device, shop.app.clock.now())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_alert_whose_end_cannot_be_recorded_is_mailed_once() {
    let (shop, sink) = slow_shop(0).await;
    raise_alerts(&shop).await;
    run(
        &shop,
        "CREATE TABLE held (alert_id uuid NOT NULL REFERENCES alert (id))",
    )
    .await;
    run(&shop, "INSERT INTO held SELECT id FROM alert").await;
    let (_, while_held) = tokio::join!(shop.app.work(), async {
        let mails = settled(&sink, 1).await;
        run(&shop, "DROP TABLE held").await;
        mails
    });
    assert_eq!(while_held, 1, "no further one leaves while none can be recorded");
    for _ in 0..3 {
        shop.app.advance(TimeDelta::minutes(2));
        shop.app.work().await;
    }
    assert_eq!(sink.received().len(), DEVICES.len());
    shop.app.end().await;
}

/// What is left of the leases of jobs that are under way.
async fn leases(shop: &Shop) -> Vec<TimeDelta> {
    let jobs = shop.app.jobs().await.into_iter();
    let until = jobs.filter_map(|job| job.leased_until);
    until.map(|until| until - shop.app.clock.now()).collect()
}

const THREE_LEASES: TimeDelta = TimeDelta::seconds(180);

#[tokio::test]
async fn what_is_under_way_is_held_for_three_leases() {
    let (shop, sink) = slow_shop(50).await;
    raise_alerts(&shop).await;
    let tx = shop.app.db.write().await.unwrap();
    let new = NewLink {
        kind: LinkKind::Mail,
        language: None,
        path: None,
        actor: "cli",
        now: shop.app.clock.now(),
    };
    assert!(
        sign_in::request(&tx, &shop.app.secrets, "office@example.org", &new)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    for kind in [Kind::Alert, Kind::SignIn] {
        let before = sink.received().len();
        let ((), held) = tokio::join!(shop.app.work_on(kind), async {
            while sink.received().len() == before {
                let held = leases(&shop).await;
                if held.iter().any(|left| *left >= THREE_LEASES) {
                    return held;
                }
                sleep(Duration::from_millis(5)).await;
            }
            leases(&shop).await
        });
        assert!(!held.is_empty(), "{kind:?}");
        assert!(
            held.iter().all(|left| *left >= THREE_LEASES),
            "{kind:?}: {held:?}"
        );
    }
    shop.app.end().await;
}

#[tokio::test]
async fn a_call_under_way_is_held_for_three_leases() {
    let (shop, _sink) = webhook::shop().await;
    let endpoint = Endpoint::start(&["slow"]).await;
    webhook::add(&shop, &endpoint).await;
    shop.say(PRAISE).await;
    shop.app.work_on(Kind::Attribute).await;
    shop.app.work_on(Kind::Route).await;
    let ((), held) = tokio::join!(shop.app.work_on(Kind::Call), async {
        while endpoint.calls().is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
        leases(&shop).await
    });
    assert_eq!(held.len(), 1);
    assert!(held[0] >= THREE_LEASES, "{held:?}");
    shop.app.work().await;
    shop.app.end().await;
}

/// Every attempt to write waits, as for a disk or a network that does not answer: nothing fails yet.
#[tokio::test]
async fn while_the_database_hangs_few_mails_leave_unrecorded() {
    const MAILS: usize = 60;
    let (shop, sink) = slow_shop(5).await;
    for number in 0..MAILS {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
    }
    shop.app.work_on(Kind::Attribute).await;
    shop.app.work_on(Kind::Route).await;
    let (_, (before, while_hanging)) = tokio::join!(shop.app.work(), async {
        while sink.received().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        let tx = shop.app.db.write().await.unwrap();
        if !shop.app.db.is_sqlite() {
            let hang = "LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE";
            tx.execute_unprepared(hang).await.unwrap();
        }
        let before = sink.received().len();
        let mails = settled(&sink, before).await;
        tx.rollback().await.unwrap();
        (before, mails)
    });
    let connections = shop.app.config.mail.smtp_connections;
    assert!(
        while_hanging - before <= 4 * connections,
        "{before} had left before, {while_hanging} at the end"
    );
    shop.app.advance(TimeDelta::minutes(10));
    shop.app.work().await;
    assert_eq!(sink.received().len(), MAILS);
    shop.app.end().await;
}
