//! The demo in small: a company, forty comments, four months.
use std::{collections::BTreeSet, process::Command};

use chrono::{DateTime, Datelike, Utc, Weekday};
use entity::{comment, notice, recognition, recognition_count, site, site_closure, staff_member};
use plaudit::{
    app::App,
    demo::{self, Directory, Sample},
    platform::{clock::Clock, job::queue},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tempfile::TempDir;

use crate::support::noon;

const SOME: usize = 40;

/// A demo of its own, on SQLite as the demo always is.
pub struct SmallDemo {
    home: TempDir,
    pub app: App,
}

impl SmallDemo {
    pub async fn lived_through(count: usize) -> SmallDemo {
        SmallDemo::in_language("en", count).await
    }

    async fn in_language(language: &str, count: usize) -> SmallDemo {
        let home = TempDir::new().unwrap();
        let sample = Sample::of(language).unwrap();
        let directory = Directory::open(&home.path().join("demo"), false).unwrap();
        let config = demo::config(&sample, &directory, "127.0.0.1:0".parse().unwrap()).unwrap();
        demo::make_company(&sample, config.clone(), &directory, count, noon(), |_| ())
            .await
            .unwrap();
        let app = App::connect(config, Clock::fixed(noon())).await.unwrap();
        SmallDemo { home, app }
    }

    /// What the next run does before it serves.
    async fn run_again(&self, count: usize) {
        let sample = Sample::of("en").unwrap();
        let directory = Directory::open(&self.home.path().join("demo"), false).unwrap();
        demo::make_company(
            &sample,
            (*self.app.config).clone(),
            &directory,
            count,
            noon(),
            |_| (),
        )
        .await
        .unwrap();
    }

    async fn comments(&self) -> Vec<comment::Model> {
        comment::Entity::find().all(self.app.db.read()).await.unwrap()
    }
}

#[tokio::test]
async fn every_comment_of_the_demo_comes_to_its_end_and_the_board_counts_what_was_recognised() {
    let demo = SmallDemo::lived_through(SOME).await;
    let db = demo.app.db.read();
    let comments = demo.comments().await;
    assert_eq!(comments.len(), SOME);
    let ended =
        |comment: &&comment::Model| matches!(comment.state, comment::State::Done | comment::State::Triage);
    assert_eq!(comments.iter().filter(ended).count(), SOME);
    assert_eq!(queue::count_open(db).await.unwrap(), 0);
    let people_praised = recognition::Entity::find()
        .filter(recognition::Column::StaffId.is_not_null())
        .filter(recognition::Column::WithdrawnAt.is_null());
    let recognised = people_praised.count(db).await.unwrap();
    assert!(recognised > 10, "{recognised} recognitions of {SOME} comments");
    let all_time = recognition_count::Entity::find()
        .filter(recognition_count::Column::PeriodKind.eq("all"))
        .all(db)
        .await
        .unwrap();
    let counted: i64 = all_time.iter().map(|row| row.n).sum();
    assert_eq!(counted, i64::try_from(recognised).unwrap());
}

#[tokio::test]
async fn the_managers_mails_lie_in_the_mail_folder() {
    let demo = SmallDemo::lived_through(SOME).await;
    let recognitions = recognition::Entity::find()
        .filter(recognition::Column::StaffId.is_not_null())
        .all(demo.app.db.read())
        .await
        .unwrap();
    let mails = std::fs::read_dir(&demo.app.config.mail.directory).unwrap();
    let mails: Vec<String> = mails
        .map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap())
        .collect();
    let managers: Vec<_> = recognitions.iter().filter_map(|one| one.manager_id).collect();
    let manager = staff_member::Entity::find_by_id(managers[0])
        .one(demo.app.db.read())
        .await
        .unwrap();
    let address = manager.unwrap().email.unwrap();
    assert!(
        mails.iter().any(|mail| mail.contains(&format!("To: {address}"))),
        "{} mails, none to {address}",
        mails.len()
    );
}

#[tokio::test]
async fn digests_left_on_mondays_and_none_holds_all_four_months() {
    let demo = SmallDemo::lived_through(SOME).await;
    let digests = notice::Entity::find()
        .filter(notice::Column::Kind.eq(notice::Kind::Digest))
        .filter(notice::Column::State.eq(notice::State::Sent))
        .all(demo.app.db.read())
        .await
        .unwrap();
    let mondays: BTreeSet<_> = digests.iter().filter_map(|digest| digest.period_start).collect();
    assert!(mondays.len() > 8, "{mondays:?}");
    assert!(
        digests
            .iter()
            .all(|digest| { digest.sent_at.unwrap().date_naive().weekday() == Weekday::Mon })
    );
}

#[tokio::test]
async fn the_demo_runs_over_four_months_and_ends_now() {
    let demo = SmallDemo::lived_through(SOME).await;
    let comments = demo.comments().await;
    let received: Vec<DateTime<Utc>> = comments.iter().map(|comment| comment.received_at).collect();
    let (first, last) = (*received.iter().min().unwrap(), *received.iter().max().unwrap());
    assert!((noon() - first).num_days() > 60, "the first is of {first}");
    assert!(
        last <= noon() && (noon() - last).num_days() < 14,
        "the last is of {last}"
    );
    assert!(
        comments
            .iter()
            .all(|comment| comment.occurred_at <= comment.received_at)
    );
}

#[tokio::test]
async fn each_company_has_three_shops_with_departments_and_sixty_people_with_namesakes() {
    for (language, namesake, namesakes) in [("en", "Sarah", 4), ("de", "Julia", 4)] {
        has_shops_and_people(language, namesake, namesakes).await;
    }
}

async fn has_shops_and_people(language: &str, namesake: &str, namesakes: usize) {
    let demo = SmallDemo::in_language(language, 0).await;
    let db = demo.app.db.read();
    let sites = site::Entity::find().all(db).await.unwrap();
    let shops: Vec<_> = sites.iter().filter(|site| site.parent_id.is_none()).collect();
    assert_eq!(shops.len(), Sample::of(language).unwrap().company.shops.len());
    assert!(shops.iter().all(|shop| shop.lead_id.is_some()));
    let closure = site_closure::Entity::find().count(db).await.unwrap();
    let departments = sites.len() - shops.len();
    assert_eq!(closure, (sites.len() + departments) as u64);
    let staff = staff_member::Entity::find().all(db).await.unwrap();
    assert_eq!(staff.len(), 60);
    assert_eq!(
        staff
            .iter()
            .filter(|person| person.given_name == namesake)
            .count(),
        namesakes
    );
    assert!(staff.iter().any(|person| person.ends_on.is_some()));
}

/// German mails are what a German manager gets, and its customers' praise reaches people by itself.
#[tokio::test]
async fn the_german_company_lives_in_german() {
    let demo = SmallDemo::in_language("de", SOME).await;
    let db = demo.app.db.read();
    let recognised = recognition::Entity::find()
        .filter(recognition::Column::StaffId.is_not_null())
        .count(db)
        .await
        .unwrap();
    assert!(recognised > 10, "{recognised} recognitions of {SOME} comments");
    let mails = std::fs::read_dir(&demo.app.config.mail.directory).unwrap();
    let mails = mails.map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap());
    assert!(
        mails
            .into_iter()
            .all(|mail| mail.contains("Content-Language: de") || mail.contains("lang=3D\"de\""))
    );
}

#[tokio::test]
async fn a_demo_in_another_language_is_not_laid_over_the_first() {
    let demo = SmallDemo::lived_through(3).await;
    let there = demo.home.path().join("demo");
    let (status, words) = refused(&[
        "--language",
        "de",
        "--bind",
        "127.0.0.1:0",
        "--dir",
        there.to_str().unwrap(),
    ]);
    assert_eq!(status, Some(2), "{words}");
    assert!(words.contains("holds a demo in another language"), "{words}");
}

#[tokio::test]
async fn a_second_run_adds_nothing() {
    let demo = SmallDemo::lived_through(3).await;
    demo.run_again(SOME).await;
    assert_eq!(demo.comments().await.len(), 3);
    let staff = staff_member::Entity::find()
        .count(demo.app.db.read())
        .await
        .unwrap();
    assert_eq!(staff, 60);
}

/// Runs the program's demo in a directory and expects it to refuse; answers with exit status and words.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .arg("demo")
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn the_demo_refuses_to_be_reached_from_elsewhere() {
    for address in ["0.0.0.0:0", "192.0.2.7:8080", "[::]:0"] {
        let (status, words) = refused(&["--bind", address]);
        assert_eq!(status, Some(2), "{words}");
        assert!(words.contains("stays on this machine"), "{words}");
    }
}

#[test]
fn starting_over_never_touches_a_directory_that_is_not_the_demos() {
    let home = TempDir::new().unwrap();
    let letter = home.path().join("letter.txt");
    std::fs::write(&letter, "mine").unwrap();
    let directory = home.path().to_str().unwrap();
    let (status, words) = refused(&["--fresh", "--bind", "127.0.0.1:0", "--dir", directory]);
    assert_eq!(status, Some(2), "{words}");
    assert!(words.contains("was not made by the demo"), "{words}");
    assert_eq!(std::fs::read_to_string(letter).unwrap(), "mine");
}
