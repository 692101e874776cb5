//! What administrators see of the directory.
use entity::grant::Role;
use serde_json::json;

use super::{Company, ENTERPRISE, priya};

#[tokio::test]
async fn the_roster_page_says_how_things_stand_with_the_directory() {
    let company = Company::open().await;
    let admin = company
        .app
        .account_with("ann@example.org", Role::Administrator, None)
        .await;
    let auditor = company
        .app
        .account_with("bob@example.org", Role::Auditor, None)
        .await;
    let cookie = company.app.sign_in(&admin).await;
    let page = company.app.page_as(&cookie, "/roster").await.expect(200);
    assert!(page.text.contains("/scim/v2</code>"), "{}", page.text);
    assert!(
        page.text.contains("No directory has sent anyone yet."),
        "{}",
        page.text
    );
    company.bring("tom").await;
    let mut waiting = priya();
    waiting[ENTERPRISE]["manager"] = json!({ "value": "nobody yet" });
    company.post(waiting).await.expect(201);
    let page = company.app.page_as(&cookie, "/roster").await.expect(200);
    assert!(page.text.contains("It keeps 2 people."), "{}", page.text);
    assert!(
        page.text
            .contains("One of them reports to a manager who isn’t here yet.")
    );
    assert!(!page.text.contains("go-on"));
    let people = [company.bring("a").await, company.bring("b").await];
    company.active(people[0], false).await.expect(200);
    company.active(people[1], false).await.expect(403);
    let page = company.app.page_as(&cookie, "/roster").await.expect(200);
    assert!(page.text.contains("Let it go on"), "{}", page.text);
    let reading = company.app.sign_in(&auditor).await;
    let seen = company.app.page_as(&reading, "/roster").await.expect(200);
    assert!(
        seen.text.contains("Stopped:") && !seen.text.contains("go-on"),
        "{}",
        seen.text
    );
    company
        .app
        .form_as(&reading, "/roster/go-on", &[])
        .await
        .expect(403);
    company
        .app
        .form_as(&cookie, "/roster/go-on", &[])
        .await
        .expect(303);
    let page = company.app.page_as(&cookie, "/roster").await.expect(200);
    assert!(!page.text.contains("Stopped:") && page.text.contains("as many people as it likes"));
    let log = company.app.page_as(&cookie, "/audit").await.expect(200);
    for said in [
        "Stopped the directory from removing too many people",
        "Let the directory remove people again",
    ] {
        assert!(log.text.contains(said), "{said}: {}", log.text);
    }
    company.app.work().await;
    company.app.end().await;
}
