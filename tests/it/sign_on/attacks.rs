//! Attacks: tokens that are not the provider's, attempts that are not the browser's, ways to become somebody.
use chrono::TimeDelta;
use entity::{grant::Role, sign_in_link::Kind};
use plaudit::access::{
    Scope, role,
    sign_in::{self, NewLink},
};
use poem::http::Method;
use serde_json::{Map, Value, json};

use super::{Browser, Company};
use crate::{
    fake_provider::{SECRET, Signed},
    support::Answer,
};

const UNTRUSTED: &str = "could not be trusted";
const AGAIN: &str = "Begin again here";

/// Changes header and claims of a token.
type Change = fn(&mut Map<String, Value>, &mut Map<String, Value>);

#[tokio::test]
async fn a_token_that_is_not_right_in_everything_is_not_believed() {
    let company = Company::open().await;
    let now = company.app.clock.now().timestamp();
    let changes: [(&str, Change); 12] = [
        ("issuer", |_, claims| {
            set(claims, "iss", json!("https://login.evil.example"));
        }),
        ("issuer with a slash", |_, claims| {
            let issuer = format!("{}/", claims["iss"].as_str().unwrap());
            set(claims, "iss", json!(issuer));
        }),
        ("audience", |_, claims| set(claims, "aud", json!("another"))),
        ("one audience of several", |_, claims| {
            set(claims, "aud", json!(["plaudit-at-shop", "another"]));
        }),
        ("party", |_, claims| set(claims, "azp", json!("another"))),
        ("nonce", |_, claims| set(claims, "nonce", json!("another"))),
        ("no nonce", |_, claims| drop(claims.remove("nonce"))),
        ("expired", |_, claims| later(claims, "exp", -61)),
        ("of the future", |_, claims| later(claims, "iat", 120)),
        ("no expiry", |_, claims| drop(claims.remove("exp"))),
        ("nobody", |_, claims| set(claims, "sub", json!(""))),
        ("critical", |header, _| set(header, "crit", json!(["exp"]))),
    ];
    for (what, change) in changes {
        company.there.change(change);
        let (browser, answer) = company.comes().await;
        assert!(
            answer.text.contains(UNTRUSTED),
            "{what}: {} {}",
            answer.status,
            answer.text
        );
        assert!(!browser.is_signed_in().await, "{what}");
    }
    // Clocks that differ by half a minute are no attack.
    company.there.change(move |_, claims| {
        set(claims, "exp", json!(now - 30));
        set(claims, "iat", json!(now + 30));
    });
    company.comes().await.1.expect(303);
    company.app.end().await;
}

/// So many seconds after the token was made.
fn later(claims: &mut Map<String, Value>, name: &str, seconds: i64) {
    let made = claims["iat"].as_i64().unwrap();
    set(claims, name, json!(made + seconds));
}

fn set(part: &mut Map<String, Value>, name: &str, value: Value) {
    part.insert(name.to_owned(), value);
}

#[tokio::test]
async fn only_a_key_that_the_provider_shows_signs() {
    let company = Company::open().await;
    for signed in [Signed::Not, Signed::Badly, Signed::BySecret, Signed::ByPublicKey] {
        company.there.state().signed = signed.clone();
        let (browser, answer) = company.comes().await;
        assert!(answer.text.contains(UNTRUSTED), "{signed:?}: {}", answer.text);
        assert!(!browser.is_signed_in().await, "{signed:?}");
    }
    // A token that names a way to sign which the provider does not use, by the right key.
    company.there.state().signed = Signed::By(0);
    company
        .there
        .change(|header, _| set(header, "alg", json!("RS256")));
    company.refuses(UNTRUSTED).await;
    company.app.end().await;
}

#[tokio::test]
async fn a_new_key_is_asked_for_once_and_a_made_up_one_not_again_and_again() {
    let company = Company::open().await;
    company.comes().await.1.expect(303);
    let asked = || company.there.state().asked["/keys"];
    assert_eq!(asked(), 1);
    // The provider changes its key.
    company.app.advance(TimeDelta::minutes(2));
    company.there.state().now += 120;
    company.there.state().shows = vec![1];
    company.there.state().signed = Signed::By(1);
    company.comes().await.1.expect(303);
    assert_eq!(asked(), 2);
    // Somebody signs with a key that it does not show.
    company.there.state().signed = Signed::By(0);
    for _ in 0..5 {
        let (browser, answer) = company.comes().await;
        assert!(answer.text.contains(UNTRUSTED) && !browser.is_signed_in().await);
    }
    assert_eq!(asked(), 2, "within a minute it is not asked again");
    company.app.end().await;
}

#[tokio::test]
async fn an_attempt_ends_in_the_browser_where_it_began_and_once() {
    let company = Company::open().await;
    let (mut victim, mut attacker) = (Browser::new(&company.app), Browser::new(&company.app));
    // Login CSRF: the attacker's code and state, sent to a victim with an attempt of their own and to one without.
    let theirs = company.begins(&mut attacker, "").await;
    assert!(victim.get(&theirs).await.expect(400).text.contains(AGAIN));
    company.begins(&mut victim, "").await;
    assert!(victim.get(&theirs).await.expect(400).text.contains(AGAIN));
    assert!(!victim.is_signed_in().await);
    // The victim's code with the attacker's state, in the attacker's browser.
    let stolen = company.begins(&mut victim, "").await;
    let code = stolen.split_once("code=").unwrap().1.split('&').next().unwrap();
    let ours = company.begins(&mut attacker, "").await;
    let (path, state) = (
        ours.split_once('?').unwrap().0,
        ours.split_once("state=").unwrap().1,
    );
    let answer = attacker.get(&format!("{path}?code={code}&state={state}")).await;
    assert!(answer.text.contains(AGAIN), "PKCE: {}", answer.text);
    assert!(!attacker.is_signed_in().await);
    // Too late.
    let late = company.begins(&mut victim, "").await;
    company.app.advance(TimeDelta::minutes(11));
    company.there.state().now += 660;
    victim.get(&late).await.expect(400);
    assert!(!victim.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn what_came_back_once_comes_back_no_second_time_even_from_a_careless_provider() {
    let company = Company::open().await;
    company.there.state().is_careless = true;
    let mut browser = Browser::new(&company.app);
    let back = company.begins(&mut browser, "").await;
    let kept = browser.cookies.clone();
    browser.get(&back).await.expect(303);
    let mut thief = Browser::new(&company.app);
    thief.cookies = kept;
    assert!(thief.get(&back).await.expect(400).text.contains(AGAIN));
    assert!(!thief.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn an_attempt_at_one_provider_does_not_end_at_another() {
    let company = Company::open().await;
    let other = plaudit::sign_on::provider::add(
        &company.app.sign_on(),
        company.app.organisation.id,
        super::provider_at("https://login.evil.example"),
        "cli",
    )
    .await
    .unwrap();
    let mut browser = Browser::new(&company.app);
    let back = company.begins(&mut browser, "").await;
    let mixed = back.replace(&company.id.to_string(), &other.id.to_string());
    assert!(browser.get(&mixed).await.expect(400).text.contains(AGAIN));
    let back = company.begins(&mut browser, "").await;
    let answer = browser
        .get(&format!("{back}&iss=https%3A%2F%2Flogin.evil.example"))
        .await;
    assert!(answer.text.contains(UNTRUSTED), "{}", answer.text);
    assert!(!browser.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn the_cookie_of_an_attempt_cannot_be_made_or_read() {
    let company = Company::open().await;
    let mut browser = Browser::new(&company.app);
    let back = company.begins(&mut browser, "").await;
    let state = back.split_once("state=").unwrap().1.to_owned();
    let (name, sealed) = browser
        .cookies
        .iter()
        .next()
        .map(|(n, v)| (n.clone(), v.clone()))
        .unwrap();
    assert!(!sealed.contains(&state) && !sealed.contains(SECRET));
    for forged in [
        sealed[..sealed.len() - 2].to_owned(),
        format!(
            "{}{}",
            if sealed.starts_with('A') { "B" } else { "A" },
            &sealed[1..]
        ),
        "x".to_owned(),
    ] {
        browser.cookies.insert(name.clone(), forged);
        browser.get(&back).await.expect(400);
    }
    assert!(!browser.is_signed_in().await);
    company.app.end().await;
}

/// Every way to become an administrator through a provider.
#[tokio::test]
async fn nobody_becomes_an_administrator_through_a_provider() {
    let company = Company::open().await;
    let app = &company.app;
    let boss = app
        .account_with("zed@example.org", Role::Administrator, None)
        .await;
    let auditor = app.account_with("ann@example.org", Role::Auditor, None).await;
    let administrators = async || {
        let all = role::list(app.db.read(), app.organisation.id, app.clock.now())
            .await
            .unwrap();
        let admins = all.iter().filter(|held| held.grant.role == Role::Administrator);
        admins.map(|held| held.grant.account_id).collect::<Vec<_>>()
    };
    // By an administrator's address, verified, of a domain that the provider owns.
    company
        .there
        .person(json!({ "sub": "s-eve", "email": "zed@example.org", "email_verified": true }));
    company.refuses("that account cannot be used here").await;
    // By groups where nobody entered any, and by claims that are called like ours.
    company.there.person(json!({
        "sub": "s-priya", "email": "priya@example.org", "email_verified": true,
        "groups": ["administrators"], "roles": ["administrator"], "role": "administrator"
    }));
    let (priya, _) = company.comes().await;
    assert!(priya.is_signed_in().await);
    app.page_as(&priya.cookie(), "/keys").await.expect(403);
    // By a provider of one's own that says so: as staff, as an auditor, by keys.
    let own = json!({
        "name": "Mine", "issuer": "https://login.evil.example", "client_id": "x", "client_secret": "y",
        "domains": ["example.org"], "group_claim": "groups",
        "group_roles": [{ "group": "x", "role": "administrator" }]
    });
    for cookie in [priya.cookie(), app.sign_in(&auditor).await] {
        let request = app.web().post("/v1/sign-on/providers").header("cookie", &cookie);
        let request = request.header("sec-fetch-site", "same-origin").body_json(&own);
        Answer::read(request.send().await).await.expect(403);
    }
    let without: Vec<Scope> = Scope::ALL
        .iter()
        .copied()
        .filter(|scope| *scope != Scope::Admin)
        .collect();
    let mut bare = own.clone();
    bare.as_object_mut()
        .unwrap()
        .retain(|name, _| !name.starts_with("group_"));
    for scopes in [&without[..], Scope::ALL] {
        let key = app.key_for(scopes).await;
        let path = "/v1/sign-on/providers";
        for own in [&own, &bare] {
            app.call(Method::POST, path, Some(&key), Some(own.clone()))
                .await
                .expect(403);
        }
        let path = format!("{path}/{}", company.id);
        app.call(Method::DELETE, &path, Some(&key), None)
            .await
            .expect(403);
    }
    // By linking one's own subject with an administrator who is signed in: from another site, and on an old session.
    let as_boss = app.sign_in(&boss).await;
    let path = format!("/sign-on/{}", company.id);
    for site in ["cross-site", "same-site"] {
        let request = app.web().post(&path).header("cookie", &as_boss);
        let request = request.content_type("application/x-www-form-urlencoded");
        Answer::read(request.header("sec-fetch-site", site).send().await)
            .await
            .expect(403);
    }
    app.advance(TimeDelta::hours(1));
    app.form_as(&as_boss, &path, &[]).await.expect(403);
    assert_eq!(administrators().await, [boss.id]);
    assert_eq!(company.links().await.len(), 1);
    company.app.end().await;
}

/// Whoever was linked as staff, by an address or a session of that time, is not what the account becomes.
#[tokio::test]
async fn a_link_of_before_gains_no_role_that_is_given_by_hand() {
    let company = Company::open().await;
    let app = &company.app;
    let (mut priya, _) = company.comes().await;
    let account = app.signing_in(company.priya).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(company.links().await.is_empty() && !priya.is_signed_in().await);
    let answer = company.comes_in(&mut priya, "").await;
    assert!(answer.text.contains("that account cannot be used here"));
    // Linked again by whoever holds it, it stays whatever else they get.
    let mut browser = Browser::new(app);
    let cookie = app.sign_in(&account).await;
    browser
        .cookies
        .insert("plaudit".to_owned(), cookie.split_once('=').unwrap().1.to_owned());
    company.links_in(&mut browser, &[]).await.expect(303);
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Auditor, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(company.links().await.len(), 1);
    app.work().await;
    company.app.end().await;
}

/// An attacker who holds a link to link their own account, and sends it to an administrator.
#[tokio::test]
async fn a_link_that_was_handed_over_works_from_its_page_only_and_brings_no_role() {
    let company = Company::with_roles(&["admins=administrator"]).await;
    let app = &company.app;
    let tom = app.person("Tom", "Reed", None, None).await.id;
    let account = app.signing_in(tom).await;
    let token = handed_over(&company, &account).await;
    let path = format!("/sign-on/{}", company.id);
    for site in ["cross-site", "same-site"] {
        let request = app.web().post(&path).header("sec-fetch-site", site);
        let request = request.content_type("application/x-www-form-urlencoded");
        let answer = request.body(format!("handed={token}")).send().await;
        Answer::read(answer).await.expect(403);
    }
    // The address of a page in a mail links nobody.
    company
        .there
        .person(json!({ "sub": "s-boss", "groups": ["admins"] }));
    let mut browser = Browser::new(app);
    company
        .comes_in(&mut browser, &format!("?handed={token}&mine"))
        .await;
    assert!(!browser.is_signed_in().await && company.links().await.is_empty());
    company
        .links_in(&mut browser, &[("handed", &token)])
        .await
        .expect(303);
    assert_eq!(company.links().await["s-boss"], account.id);
    browser.get("/keys").await.expect(403);
    app.work().await;
    company.app.end().await;
}

async fn handed_over(company: &Company, account: &entity::account::Model) -> String {
    let app = &company.app;
    let new = NewLink {
        kind: Kind::Link,
        language: None,
        path: None,
        actor: "cli",
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    let link = sign_in::make(&tx, &app.secrets, account, &new).await.unwrap();
    tx.commit().await.unwrap();
    sign_in::token(&app.secrets, link.id)
}

#[tokio::test]
async fn whoever_loses_their_account_is_linked_with_the_next_one() {
    let company = Company::open().await;
    let app = &company.app;
    app.account_with("zed@example.org", Role::Administrator, None)
        .await;
    company.there.person(json!({ "sub": "s-ann" }));
    for _ in 0..2 {
        let ann = app.account_with("ann@example.org", Role::Auditor, None).await;
        let token = handed_over(&company, &ann).await;
        let mut browser = Browser::new(app);
        company
            .links_in(&mut browser, &[("handed", &token)])
            .await
            .expect(303);
        assert_eq!(company.links().await["s-ann"], ann.id);
        let (own, now) = (app.organisation.id, app.clock.now());
        let held = role::list(app.db.read(), own, now).await.unwrap();
        let theirs = held.iter().find(|held| held.grant.account_id == ann.id).unwrap();
        let tx = app.db.write().await.unwrap();
        role::revoke(&tx, own, theirs.grant.id, "cli", now).await.unwrap();
        tx.commit().await.unwrap();
        assert!(company.links().await.is_empty());
    }
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn a_new_key_without_a_name_is_asked_for() {
    let company = Company::open().await;
    let nameless = |header: &mut Map<String, Value>, _: &mut Map<String, Value>| drop(header.remove("kid"));
    company.there.change(nameless);
    company.comes().await.1.expect(303);
    company.app.advance(TimeDelta::minutes(2));
    company.there.state().now += 120;
    company.there.state().shows = vec![1];
    company.there.state().signed = Signed::By(1);
    company.comes().await.1.expect(303);
    company.app.end().await;
}
