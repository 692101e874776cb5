//! A year of readers who change their minds, on the virtual clock: whatever they choose, nothing is lost, nothing is told
//! twice, and nothing comes in quiet hours. `PLAUDIT_TEST_SEEDS` asks for more than the suite runs.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::{
    account::{self, DigestEvery, Frequency},
    delivery,
    notice::{Kind, State},
    notice_recognition::Part,
};
use plaudit::{access::preference, deliver::digest::schedule};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::support::{
    smtp::Sink,
    telling::{PRAISE, Shop},
};

const SEEDS: u64 = 2;
const ZONES: [Tz; 6] = [
    Tz::Pacific__Auckland,
    Tz::Pacific__Honolulu,
    Tz::Europe__London,
    Tz::America__Sao_Paulo,
    Tz::Australia__Lord_Howe,
    Tz::Asia__Kathmandu,
];

/// A reader's year.
struct Life {
    shop: Shop,
    sink: Sink,
    reader: Uuid,
    random: StdRng,
    said: usize,
    /// When they changed something.
    chosen_at: Vec<DateTime<Utc>>,
}

impl Life {
    async fn begin(seed: u64) -> Life {
        let sink = Sink::start().await;
        let shop = Shop::open_with(&sink.settings()).await;
        let reader = shop
            .app
            .account_for(&shop.ruth, Frequency::AtOnce, false)
            .await
            .id;
        Life {
            shop,
            sink,
            reader,
            random: StdRng::seed_from_u64(seed),
            said: 0,
            chosen_at: Vec::new(),
        }
    }

    async fn account(&self) -> account::Model {
        let found = account::Entity::find_by_id(self.reader)
            .one(self.shop.app.db.read())
            .await;
        found.unwrap().unwrap()
    }

    /// By the function that page and API use.
    async fn change_ones_mind(&mut self) {
        let account = self.account().await;
        let mut wanted = preference::Preferences::of(&account);
        let random = &mut self.random;
        match random.random_range(0..5) {
            0 => wanted.time_zone = Some(ZONES[random.random_range(0..6)].name().to_owned()),
            1 => {
                let all = [Frequency::AtOnce, Frequency::Hourly, Frequency::Digest];
                wanted.frequency = all[random.random_range(0..3)];
            }
            2 => {
                let all = [DigestEvery::Day, DigestEvery::Week, DigestEvery::Month];
                wanted.digest_every = all[random.random_range(0..3)];
                wanted.digest_weekday = preference::weekday(random.random_range(1..8));
                wanted.digest_minute = random.random_range(0..1440);
            }
            3 => wanted.quiet = domain::quiet::Quiet::default(),
            _ => {
                let from = random.random_range(0..1440);
                let until = (from + random.random_range(60..840)) % 1440;
                let days = [0, 0, 0b110_0000, 0b100_0000][random.random_range(0..4)];
                wanted.quiet = domain::quiet::Quiet::new(Some((from, until)), days).unwrap();
            }
        }
        let app = &self.shop.app;
        let tx = app.db.write().await.unwrap();
        preference::change(&tx, &account, &wanted, "cli", app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.chosen_at.push(app.clock.now());
    }

    async fn zone(&self) -> Tz {
        let account = self.account().await;
        account
            .time_zone
            .map_or(Tz::Europe__London, |name| name.parse().unwrap())
    }

    /// Whatever is due is done; what left then left at a time that is not quiet.
    async fn work(&mut self) {
        let before = self.sink.received().len();
        schedule::run_due(&self.shop.app.deliver()).await.unwrap();
        self.shop.app.work().await;
        let mut mails = self.sink.received().split_off(before);
        mails.retain(|mail| mail.to == "ruth@example.org");
        if mails.is_empty() {
            return;
        }
        let (quiet, zone) = (preference::quiet(&self.account().await), self.zone().await);
        let now = self.shop.app.clock.now();
        assert!(
            !quiet.holds_at(zone, now),
            "a mail left at {now} in {zone}: {quiet:?}"
        );
    }

    async fn live(&mut self, days: i64) {
        let end = self.shop.app.clock.now() + TimeDelta::days(days);
        while self.shop.app.clock.now() < end {
            if self.random.random_bool(0.5) {
                self.said += 1;
                self.shop.say(&format!("{PRAISE} Number {}.", self.said)).await;
            }
            if self.random.random_bool(0.15) {
                self.change_ones_mind().await;
            }
            self.work().await;
            let minutes = self.random.random_range(60..3000);
            self.shop.app.advance(TimeDelta::minutes(minutes));
        }
    }

    /// In the end all is told.
    async fn rest(&mut self) {
        for _ in 0..60 {
            self.shop.app.advance(TimeDelta::hours(16));
            self.work().await;
        }
    }

    async fn check(&self) {
        let app = &self.shop.app;
        let mut in_digests: HashMap<Uuid, usize> = HashMap::new();
        for part in app.parts().await.iter().filter(|part| part.part == Part::Digest) {
            *in_digests.entry(part.recognition_id).or_default() += 1;
        }
        assert_eq!(in_digests.len(), self.said, "none is lost");
        assert!(in_digests.values().all(|times| *times == 1), "none is told twice");
        let mut notices = app.notices().await;
        notices.retain(|notice| notice.reader_id == Some(self.reader));
        let open = notices
            .iter()
            .filter(|notice| matches!(notice.state, State::Waiting | State::Deferred));
        assert_eq!(open.count(), 0, "nothing waits for ever");
        let digests: Vec<_> = notices
            .iter()
            .filter(|notice| notice.kind == Kind::Digest)
            .collect();
        let days: HashSet<NaiveDate> = digests.iter().filter_map(|digest| digest.period_start).collect();
        assert_eq!(days.len(), digests.len(), "one a day at most");
        self.check_periods(&digests);
        // Every notice that left is in one mail, and every mail tells something.
        let sent: HashSet<Uuid> = notices
            .iter()
            .filter(|notice| notice.state == State::Sent)
            .map(|notice| notice.id)
            .collect();
        let deliveries = app.deliveries().await;
        let attempts = deliveries.iter().filter(|one| sent.contains(&one.notice_id));
        assert!(
            attempts
                .into_iter()
                .all(|one| one.attempt == 1 && one.state == delivery::State::Accepted)
        );
        let ids: Vec<String> = self
            .sink
            .received()
            .iter()
            .map(|mail| mail.header("Message-ID"))
            .collect();
        let distinct: HashSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "no mail twice");
    }

    /// While nothing was changed there is one digest a period.
    fn check_periods(&self, digests: &[&entity::notice::Model]) {
        for pair in digests.windows(2) {
            let is_changed = |at: &DateTime<Utc>| (pair[0].created_at..=pair[1].created_at).contains(at);
            let every = pair[1].reason["every"].as_str().unwrap();
            if self.chosen_at.iter().any(is_changed) || pair[0].reason["every"] != every {
                continue;
            }
            let apart = (pair[1].period_start.unwrap() - pair[0].period_start.unwrap()).num_days();
            let least = HashMap::from([("day", 1), ("week", 7), ("month", 28)])[every];
            assert!(apart >= least, "{apart} days apart, and one a {every}");
        }
    }
}

#[tokio::test]
async fn a_year_of_changing_ones_mind_loses_nothing_tells_nothing_twice_and_keeps_quiet_hours() {
    let asked = std::env::var("PLAUDIT_TEST_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok());
    for seed in 0..asked.unwrap_or(SEEDS) {
        let mut life = Life::begin(seed).await;
        life.live(365).await;
        life.rest().await;
        life.check().await;
        life.shop.app.end().await;
    }
}
