//! What waits on a desk, and what those do with praise whom it is about.
use std::collections::HashSet;

use chrono::TimeDelta;
use domain::period::PeriodKind;
use entity::{answer, audit, comment, passed_on, recognition, verdict};
use plaudit::{
    capture::erase,
    ledger::{
        board::{self, BoardQuery},
        own::{self, Own, OwnError},
        scope::Scope,
    },
    triage::{
        self, Answer as Decided, DecisionError, NewDecision,
        desk::{
            Desk, DeskError,
            concern::{self, By},
            pace,
            pass_on::{self, How, PassOn},
            waiting,
        },
        list,
        own::{Says, claim, not_me, perhaps},
    },
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, telling::*};

impl TestApp {
    /// The names of those whose praise waits, oldest first.
    async fn waiting(&self, desk: &Desk) -> Vec<String> {
        let db = self.db.read();
        let shown = waiting::waiting(db, self.organisation.id, desk, None, 10)
            .await
            .unwrap();
        let count = waiting::count(db, self.organisation.id, desk).await.unwrap();
        assert_eq!(count, shown.len() as u64);
        shown
            .into_iter()
            .map(|shown| shown.person.unwrap().given_name)
            .collect()
    }

    async fn pass_on(&self, recognition: Uuid, account: Uuid, note: Option<&str>) -> Result<(), DeskError> {
        let tx = self.db.write().await.unwrap();
        let new = PassOn {
            organisation: self.organisation.id,
            recognition,
            how: How::Told,
            note,
            account,
            actor: "account:ruth",
            now: self.clock.now(),
        };
        pass_on::pass_on(&tx, new).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn recognitions(&self) -> Vec<recognition::Model> {
        recognition::Entity::find().all(self.db.read()).await.unwrap()
    }

    async fn actions(&self) -> Vec<String> {
        let mut all = audit::Entity::find().all(self.db.read()).await.unwrap();
        all.sort_by_key(|entry| entry.id);
        all.into_iter().map(|entry| entry.action).collect()
    }

    fn own(&self, staff: Uuid, recognition: Uuid) -> Own<'static> {
        Own {
            organisation: self.organisation.id,
            staff,
            recognition,
            actor: "account:priya",
            now: self.clock.now(),
        }
    }

    fn says(&self, staff: Uuid, comment: Uuid) -> Says<'static> {
        Says {
            organisation: self.organisation.id,
            comment,
            staff,
            actor: "account:priya",
            now: self.clock.now(),
        }
    }

    async fn not_me(&self, staff: Uuid, comment: Uuid, who: Option<Uuid>) -> Result<(), DecisionError> {
        let tx = self.db.write().await.unwrap();
        not_me(&tx, self.says(staff, comment), who).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn claim(&self, staff: Uuid, comment: Uuid, site: Uuid) -> Result<(), DecisionError> {
        let tx = self.db.write().await.unwrap();
        claim(&tx, self.says(staff, comment), &HashSet::from([site])).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// Open praise that is shown to somebody as perhaps theirs.
    async fn perhaps(&self, staff: Uuid, site: Uuid) -> Vec<Uuid> {
        let sites = HashSet::from([site]);
        let now = self.clock.now();
        let shown = perhaps(self.db.read(), self.organisation.id, staff, &sites, now, 3);
        shown
            .await
            .unwrap()
            .into_iter()
            .map(|(comment, _)| comment.id)
            .collect()
    }
}

fn desk_of(manager: Uuid) -> Desk {
    Desk {
        manager: Some(manager),
        ..Desk::default()
    }
}

#[tokio::test]
async fn praise_waits_until_it_is_passed_on_and_again_after_an_undo() {
    let shop = Shop::open().await;
    let comment = shop.say(PRAISE).await;
    shop.app.work().await;
    let (app, desk) = (&shop.app, desk_of(shop.ruth.id));
    assert_eq!(app.waiting(&desk).await, ["Priya"]);
    assert!(app.waiting(&desk_of(shop.omar.id)).await.is_empty());
    let ruth = app.account_of(shop.ruth.id).await;
    let praise = app.recognitions().await.pop().unwrap();
    app.advance(TimeDelta::hours(5));
    app.pass_on(praise.id, ruth.id, Some(" She was glad. "))
        .await
        .unwrap();
    assert!(app.waiting(&desk).await.is_empty());
    let heard = passed_on::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(heard[0].comment_id, comment);
    assert_eq!(heard[0].note.as_deref(), Some("She was glad."));
    let again = app.pass_on(praise.id, ruth.id, None).await;
    assert!(matches!(again, Err(DeskError::NotWaiting)));
    let now = app.clock.now();
    let pace = pace::pace(app.db.read(), app.organisation.id, &desk, now)
        .await
        .unwrap();
    assert_eq!(pace.map(|pace| (pace.median.num_hours(), pace.n)), Some((5, 1)));
    let tx = app.db.write().await.unwrap();
    pass_on::undo(&tx, app.organisation.id, praise.id, "account:ruth", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.waiting(&desk).await, ["Priya"]);
    assert!(
        app.actions()
            .await
            .ends_with(&["pass_on".to_owned(), "undo_pass_on".to_owned()])
    );
    shop.app.end().await;
}

#[tokio::test]
async fn who_changed_teams_since_waits_on_both_desks_and_only_once_on_one_that_is_both() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let reports = HashSet::from([shop.priya.id]);
    for manager in [shop.omar.id, shop.ruth.id] {
        let desk = Desk {
            reports: reports.clone(),
            ..desk_of(manager)
        };
        assert_eq!(shop.app.waiting(&desk).await, ["Priya"]);
    }
    shop.app.end().await;
}

#[tokio::test]
async fn nothing_waits_of_what_nobody_is_to_be_told() {
    let shop = Shop::open().await;
    let praise = shop.say(PRAISE).await;
    let complaint = shop.say(COMPLAINT).await;
    for comment in [praise, complaint] {
        shop.app.tell(comment, comment::Tell::None).await;
    }
    shop.app.work().await;
    assert_eq!(shop.app.recognitions().await.len(), 1);
    assert!(shop.app.waiting(&desk_of(shop.ruth.id)).await.is_empty());
    let lead = Desk {
        sites: HashSet::from([shop.leeds.id]),
        ..Desk::default()
    };
    let found = concern::concerns(shop.app.db.read(), shop.app.organisation.id, &lead, None, 9).await;
    assert!(found.unwrap().is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn a_complaint_waits_for_the_lead_until_somebody_deals_with_it() {
    let shop = Shop::open().await;
    let id = shop.say(COMPLAINT).await;
    shop.app.work().await;
    let (app, org) = (&shop.app, shop.app.organisation.id);
    let lead = Desk {
        sites: HashSet::from([shop.leeds.id]),
        ..Desk::default()
    };
    let waits = async |desk: &Desk| {
        concern::concerns(app.db.read(), org, desk, None, 9)
            .await
            .unwrap()
            .len()
    };
    assert_eq!((waits(&lead).await, waits(&desk_of(shop.ruth.id)).await), (1, 0));
    let by = By {
        account: app.account_of(shop.lena.id).await.id,
        actor: "account:lena",
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    concern::handle(&tx, org, id, by).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        (
            waits(&lead).await,
            concern::count(app.db.read(), org, &lead).await.unwrap()
        ),
        (0, 0)
    );
    let tx = app.db.write().await.unwrap();
    assert!(matches!(
        concern::handle(&tx, org, id, by).await,
        Err(DeskError::NotWaiting)
    ));
    concern::undo(&tx, org, id, by).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits(&lead).await, 1);
    shop.app.end().await;
}

#[tokio::test]
async fn praise_that_was_not_theirs_goes_back_to_be_decided_and_comes_back_when_that_is_undone() {
    let shop = Shop::open().await;
    let id = shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    app.not_me(shop.priya.id, id, None).await.unwrap();
    assert_eq!(app.comment(id).await.state, comment::State::Triage);
    let lost = app.recognitions().await.pop().unwrap();
    assert!(lost.withdrawn_at.is_some() && lost.waiting_since.is_none());
    let again = app.not_me(shop.priya.id, id, None).await;
    assert!(matches!(again, Err(DecisionError::NothingToDecide)));
    let tx = app.db.write().await.unwrap();
    triage::undo(
        &tx,
        app.organisation.id,
        id,
        "account:ruth",
        None,
        app.clock.now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.comment(id).await.state, comment::State::Done);
    assert_eq!(app.waiting(&desk_of(shop.ruth.id)).await, ["Priya"]);
    assert!(app.actions().await.contains(&"refuse_praise".to_owned()));
    app.advance(TimeDelta::minutes(3));
    app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn whom_a_colleague_names_instead_is_a_candidate_for_the_manager() {
    let shop = Shop::open().await;
    let id = shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    app.not_me(shop.priya.id, id, Some(shop.lena.id)).await.unwrap();
    let waiting = list::one(app.db.read(), app.organisation.id, id)
        .await
        .unwrap()
        .unwrap();
    let open = waiting
        .candidates
        .iter()
        .find(|one| one.person.id == shop.lena.id)
        .unwrap();
    assert_eq!(open.verdict.state, entity::verdict::State::Open);
    app.advance(TimeDelta::minutes(3));
    app.work().await;
    shop.app.end().await;
}

/// Two people of one name, so that nobody knows whom the praise means.
async fn open_praise(shop: &Shop) -> (Uuid, Uuid) {
    let app = &shop.app;
    let at = Some(shop.leeds.id);
    app.person_with_id("s1", "Sarah", "Reed", at, Some(shop.ruth.id))
        .await;
    app.person_with_id("s2", "Sarah", "Lund", at, Some(shop.ruth.id))
        .await;
    let words = "Sarah was so kind and helpful, thank you Sarah!";
    let id = shop
        .send(json!({"text": words, "site": "Leeds", "consent": "colleagues"}))
        .await;
    app.work().await;
    assert_eq!(app.comment(id).await.state, comment::State::Triage);
    (id, shop.priya.id)
}

/// What names one colleague alone is between them and their manager: it may be unkind, whatever it seemed to be.
#[tokio::test]
async fn what_names_one_colleague_is_offered_to_no_other() {
    let shop = Shop::open().await;
    let (id, priya) = open_praise(&shop).await;
    let (app, leeds) = (&shop.app, shop.leeds.id);
    let sarah = verdict::Entity::find()
        .filter(verdict::Column::CommentId.eq(id))
        .all(app.db.read())
        .await
        .unwrap();
    let tx = app.db.write().await.unwrap();
    verdict::Entity::delete_by_id(sarah[1].id)
        .exec(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(app.perhaps(priya, leeds).await.is_empty());
    assert!(app.claim(priya, id, leeds).await.is_err());
    assert_eq!(app.perhaps(sarah[0].staff_id.unwrap(), leeds).await, [id]);
    shop.app.end().await;
}

#[tokio::test]
async fn open_praise_at_ones_site_can_be_claimed_and_a_manager_decides() {
    let shop = Shop::open().await;
    let (id, priya) = open_praise(&shop).await;
    let (app, leeds) = (&shop.app, shop.leeds.id);
    let elsewhere = app.site("York", None).await.id;
    assert_eq!(app.perhaps(priya, leeds).await, [id]);
    assert!(app.perhaps(priya, elsewhere).await.is_empty());
    let foreign = app.claim(priya, id, elsewhere).await;
    assert!(matches!(foreign, Err(DecisionError::NothingToDecide)));
    app.claim(priya, id, leeds).await.unwrap();
    assert!(app.perhaps(priya, leeds).await.is_empty(), "it was claimed");
    assert!(app.recognitions().await.is_empty(), "a claim decides nothing");
    let desk = desk_of(shop.ruth.id);
    let today = app.clock.now().date_naive();
    let waiting = list::on_desk(app.db.read(), app.organisation.id, (&desk, today), None, 9)
        .await
        .unwrap();
    assert!(waiting[0].candidates.iter().any(|one| one.person.id == priya));
    let decision = NewDecision {
        organisation: app.organisation.id,
        comment: id,
        answer: Decided::Credit(vec![priya]),
        take_back: Vec::new(),
        keeps_others: false,
        actor: "account:ruth",
        oneself: None,
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    triage::decide(&tx, decision).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.waiting(&desk).await, ["Priya"]);
    app.advance(TimeDelta::minutes(3));
    app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn words_that_only_the_person_and_their_manager_may_read_are_shown_to_no_colleague() {
    let shop = Shop::open().await;
    let (id, priya) = open_praise(&shop).await;
    let words = entity::comment_revision::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap();
    let tx = shop.app.db.write().await.unwrap();
    let mut row: entity::comment_revision::ActiveModel = words[0].clone().into();
    row.consent = Set("staff".to_owned());
    row.update(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(shop.app.perhaps(priya, shop.leeds.id).await.is_empty());
    let claimed = shop.app.claim(priya, id, shop.leeds.id).await;
    assert!(matches!(claimed, Err(DecisionError::NothingToDecide)));
    shop.app.end().await;
}

#[tokio::test]
async fn an_answer_needs_a_receipt_and_goes_with_the_words() {
    let shop = Shop::open().await;
    let id = shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    let praise = app.recognitions().await.pop().unwrap();
    let own = app.own(shop.priya.id, praise.id);
    let tx = app.db.write().await.unwrap();
    assert!(matches!(
        own::answer(&tx, own, "Thank you").await,
        Err(OwnError::NoReceipt)
    ));
    let mut row: comment::ActiveModel = app.comment(id).await.into();
    row.receipt_hash = Set(Some(vec![7; 32]));
    row.update(&tx).await.unwrap();
    assert!(matches!(own::answer(&tx, own, " ").await, Err(OwnError::Length)));
    let other = Own {
        staff: shop.ruth.id,
        ..own
    };
    assert!(matches!(
        own::answer(&tx, other, "Mine").await,
        Err(OwnError::NotYours)
    ));
    own::answer(&tx, own, "Thank you").await.unwrap();
    own::answer(&tx, own, "Thank you so much").await.unwrap();
    tx.commit().await.unwrap();
    let answers = answer::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(
        answers.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(),
        ["Thank you so much"]
    );
    let account = app.account_of(shop.ruth.id).await.id;
    app.pass_on(praise.id, account, Some("from us all"))
        .await
        .unwrap();
    let request = erase::Request {
        actor: "cli",
        reason: "erasure_request",
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    erase::erase(&tx, app.organisation.id, id, request).await.unwrap();
    tx.commit().await.unwrap();
    assert!(
        answer::Entity::find()
            .all(app.db.read())
            .await
            .unwrap()
            .is_empty()
    );
    let kept = passed_on::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(kept[0].note, None);
    shop.app.end().await;
}

#[tokio::test]
async fn who_wishes_to_be_on_no_board_is_on_none() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let (app, org) = (&shop.app, shop.app.organisation.id);
    let mut own = app.organisation.clone();
    own.board_mode = entity::organisation::BoardMode::Full;
    let people = async |scope| {
        let query = BoardQuery {
            scope,
            kind: PeriodKind::Month,
            on: app.clock.now().date_naive(),
            after: None,
            limit: 10,
            own: None,
        };
        let board = board::board(app.db.read(), &own, query).await.unwrap();
        (board.rows.len(), board.people, board.total)
    };
    let scopes = [
        Scope::Team(shop.ruth.id),
        Scope::Site(shop.leeds.id),
        Scope::Organisation,
    ];
    for (on_boards, expected) in [(true, (1, 1, 1)), (false, (0, 0, 0)), (true, (1, 1, 1))] {
        let tx = app.db.write().await.unwrap();
        let now = app.clock.now();
        own::be_on_boards(&tx, org, shop.priya.id, on_boards, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            own::is_on_boards(app.db.read(), org, shop.priya.id)
                .await
                .unwrap(),
            on_boards
        );
        for scope in scopes {
            assert_eq!(people(scope).await, expected, "{scope:?}");
        }
    }
    shop.app.end().await;
}
