//! What we read from X.

use chrono::TimeDelta;
use plaudit::{
    capture::{
        remote::{Cause, Remedy},
        x::{Client, GoneReason, Page, PostKind, Range, Snowflake},
    },
    platform::config::Prices,
};

use crate::fake_x::{FakeX, NewPost, Standing, Vocabulary, clients::*};

const RULE: &str = "(thanks OR kudos) -is:retweet";

fn ids(page: &Page) -> Vec<Snowflake> {
    page.posts.iter().map(|post| post.id).collect()
}

async fn all_mentions(client: &Client, account: Snowflake, range: Range) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    loop {
        let token = pages.last().and_then(|page| page.next_token.clone());
        if token.is_none() && !pages.is_empty() {
            return pages;
        }
        pages.push(client.mentions(account, range, token.as_deref()).await.unwrap());
    }
}

#[tokio::test]
async fn mentions_are_paged_with_their_authors_and_the_price_of_own_reading() {
    let fake = FakeX::start(1).await;
    fake.set_page_size(2);
    let posted: Vec<_> = (1..=5)
        .map(|n| id(fake.post(NewPost::by("ana", &format!("@acme thanks {n}")))))
        .collect();
    fake.post(NewPost::by("ben", "not about you"));
    let pages = all_mentions(&client(&fake), company(&fake), Range::All).await;
    let read: Vec<_> = pages.iter().flat_map(ids).collect();
    assert_eq!(read, posted.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(pages[0].newest_id, posted.last().copied());
    let author = &pages[0].posts[0].author;
    assert_eq!(
        (author.handle.as_deref(), author.name.as_deref()),
        (Some("ana"), Some("A na"))
    );
    let spent: u64 = pages.iter().map(|page| Prices::default().of(page.reads)).sum();
    assert_eq!((spent, fake.posts_charged()), (5_000, 5));
}

#[tokio::test]
async fn what_was_indexed_late_is_found_by_reading_an_overlap() {
    let fake = FakeX::start(1).await;
    let late = fake.post(NewPost::by("ana", "@acme late").not_indexed());
    let early = id(fake.post(NewPost::by("ana", "@acme early")));
    let client = client(&fake);
    let newest = client
        .mentions(company(&fake), Range::All, None)
        .await
        .unwrap()
        .newest_id
        .unwrap();
    assert_eq!(newest, early);
    fake.index(late);
    let after = client
        .mentions(company(&fake), Range::After(newest), None)
        .await
        .unwrap();
    assert!(after.posts.is_empty());
    let overlap = Snowflake::first_at(fake.now() - TimeDelta::minutes(15));
    let again = client
        .mentions(company(&fake), Range::After(overlap), None)
        .await
        .unwrap();
    assert_eq!(ids(&again), [early, id(late)]);
}

#[tokio::test]
async fn only_the_last_800_mentions_are_reached() {
    let fake = FakeX::start(1).await;
    for n in 0..810 {
        fake.post(NewPost::by("ana", &format!("@acme {n}")));
    }
    let pages = all_mentions(&client(&fake), company(&fake), Range::All).await;
    assert_eq!(
        (
            pages.len(),
            pages.iter().map(|page| page.posts.len()).sum::<usize>()
        ),
        (8, 800)
    );
}

#[tokio::test]
async fn search_finds_by_rule_and_leaves_out_retweets() {
    let fake = FakeX::start(1).await;
    let praise = fake.post(NewPost::by("ana", "kudos to Maria"));
    fake.post(NewPost::by("ben", "kudos to Maria").referring("retweeted", praise));
    let reply = fake.post(NewPost::by("cem", "thanks from me too").referring("replied_to", praise));
    let page = app_client(&fake).search(RULE, Range::All, None).await.unwrap();
    assert_eq!(ids(&page), [id(reply), id(praise)]);
    assert_eq!(
        (page.posts[0].kind, page.posts[0].conversation_id),
        (PostKind::Reply, Some(id(praise)))
    );
    assert_eq!(Prices::default().of(page.reads), 10_000);
}

#[tokio::test]
async fn an_id_too_old_for_search_is_replaced_by_a_time() {
    let fake = FakeX::start(1).await;
    let old = Snowflake::first_at(fake.now() - TimeDelta::days(8));
    let kept = fake.post(NewPost::by("ana", "thanks").at(fake.now() - TimeDelta::days(6)));
    let client = app_client(&fake);
    let error = client.search(RULE, Range::After(old), None).await.unwrap_err();
    assert_eq!(error.remedy(fake.now()), Remedy::StartFromTime, "{error:?}");
    let from = Range::From(fake.now() - TimeDelta::days(7) + TimeDelta::minutes(1));
    assert_eq!(ids(&client.search(RULE, from, None).await.unwrap()), [id(kept)]);
}

#[tokio::test]
async fn both_vocabularies_read_alike_and_the_refused_one_is_tried_once() {
    let long = "thanks @acme, ".repeat(40);
    let mut read = Vec::new();
    for vocabulary in [Vocabulary::Tweet, Vocabulary::Post] {
        let fake = FakeX::start(1).await;
        fake.speak(vocabulary);
        let first = fake.post(NewPost::by("ana", "@acme typo"));
        fake.edit(first, &long);
        let client = client(&fake);
        for _ in 0..2 {
            let page = client.mentions(company(&fake), Range::All, None).await.unwrap();
            let post = page.posts.into_iter().next().unwrap();
            assert_eq!(
                (post.first_id, post.edited(), post.text.as_str()),
                (id(first), true, long.as_str())
            );
            read.push((post.author.handle.is_some(), post.kind, post.language));
        }
        let refused = fake.calls().iter().filter(|call| call.status == 400).count();
        assert_eq!(refused, usize::from(vocabulary == Vocabulary::Post));
    }
    // Since 2.167 the author's id is no field any more, so this vocabulary may name no author.
    assert!(read[0].0 && read[1].0);
}

#[tokio::test]
async fn posts_without_their_authors_are_read_all_the_same() {
    let fake = FakeX::start(1).await;
    fake.leave_out_authors();
    fake.post(NewPost::by("ana", "@acme thanks & <3"));
    let page = client(&fake)
        .mentions(company(&fake), Range::All, None)
        .await
        .unwrap();
    let post = &page.posts[0];
    assert_eq!(
        (post.text.as_str(), post.author.handle.as_deref()),
        ("@acme thanks & <3", None)
    );
    assert_eq!(post.author.id, Some(id(fake.account_id("ana"))));
}

#[tokio::test]
async fn an_empty_page_is_empty_and_an_unknown_account_is_an_error() {
    let fake = FakeX::start(1).await;
    let page = client(&fake)
        .mentions(company(&fake), Range::All, None)
        .await
        .unwrap();
    assert!(page.posts.is_empty() && page.newest_id.is_none() && page.next_token.is_none());
    let error = client(&fake)
        .mentions(id(42), Range::All, None)
        .await
        .unwrap_err();
    assert_eq!(
        error.remedy(fake.now()),
        Remedy::Stop(Cause::Settings),
        "{error:?}"
    );
    let error = app_client(&fake).verify("nobody").await.unwrap_err();
    assert_eq!(
        error.remedy(fake.now()),
        Remedy::Stop(Cause::Settings),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_check_tells_what_must_be_erased_and_what_was_edited() {
    let fake = FakeX::start(1).await;
    let kept: Vec<u64> = (0..5)
        .map(|n| fake.post(NewPost::by("ana", &format!("@acme {n}"))))
        .collect();
    let edited = fake.edit(kept[0], "@acme better words");
    fake.set_standing(kept[1], Standing::Deleted);
    fake.set_standing(kept[2], Standing::Protected);
    fake.set_standing(kept[3], Standing::Withheld);
    let asked: Vec<_> = kept.iter().copied().map(id).collect();
    let checked = client(&fake).check(&asked).await.unwrap();
    let standing: Vec<_> = checked
        .standing
        .iter()
        .map(|post| (post.id, post.latest_id))
        .collect();
    assert_eq!(standing, [(asked[0], id(edited)), (asked[4], asked[4])]);
    let mut gone: Vec<_> = checked.gone.iter().map(|gone| (gone.id, gone.reason)).collect();
    gone.sort_by_key(|gone| gone.0);
    let reasons = [GoneReason::Deleted, GoneReason::NotVisible, GoneReason::Withheld];
    assert_eq!(gone, asked[1..4].iter().copied().zip(reasons).collect::<Vec<_>>());
    assert!(checked.unanswered.is_empty());
    let latest = client(&fake).check(&[id(edited)]).await.unwrap();
    assert_eq!(latest.standing[0].text, "@acme better words");
}

#[tokio::test]
async fn all_posts_of_a_lookup_may_be_gone() {
    let fake = FakeX::start(1).await;
    let post = fake.post(NewPost::by("ana", "@acme"));
    fake.set_standing(post, Standing::Deleted);
    let checked = client(&fake).check(&[id(post)]).await.unwrap();
    assert_eq!((checked.standing.len(), checked.gone.len()), (0, 1));
}
