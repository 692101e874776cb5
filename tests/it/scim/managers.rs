//! Who reports to whom, in whatever order the directory brings them.
use entity::assignment;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use super::{Company, ENTERPRISE, priya};

#[tokio::test]
async fn who_names_an_unknown_manager_waits_for_them() {
    let company = Company::open().await;
    let mut ids = Vec::new();
    // By the directory's id, by the name, by the number.
    for (n, named) in ["00u9", "ruth@example.org", "1001"].iter().enumerate() {
        let mut user = priya();
        user["userName"] = json!(format!("p{n}@example.org"));
        user["externalId"] = json!(format!("p{n}"));
        user[ENTERPRISE]["employeeNumber"] = json!(format!("p{n}"));
        user[ENTERPRISE]["manager"] = json!({ "value": named });
        let id: Uuid = company.post(user).await.expect(201).at("/id").parse().unwrap();
        assert_eq!(company.work_of(id).await.manager_id, None);
        ids.push(id);
    }
    let mut ruth = priya();
    ruth["userName"] = json!("ruth@example.org");
    ruth["externalId"] = json!("00u9");
    ruth[ENTERPRISE]["employeeNumber"] = json!("1001");
    let ruth: Uuid = company.post(ruth).await.expect(201).at("/id").parse().unwrap();
    for id in ids {
        assert_eq!(company.work_of(id).await.manager_id, Some(ruth));
    }
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn two_who_would_be_above_each_other_are_refused() {
    let company = Company::open().await;
    let (ruth, tom) = (company.bring("ruth").await, company.bring("tom").await);
    let below = async |one: Uuid, of: Uuid| {
        let path = format!("{ENTERPRISE}:manager");
        let change = json!([{ "op": "replace", "path": path, "value": { "value": of } }]);
        company.patch(one, change).await
    };
    below(tom, ruth).await.expect(200);
    below(ruth, tom).await.expect(400);
    assert_eq!(company.work_of(tom).await.manager_id, Some(ruth));
    assert_eq!(company.work_of(ruth).await.manager_id, None);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn who_moves_has_worked_where_they_were_until_yesterday() {
    let company = Company::open().await;
    let york = company.app.site("York", None).await.id;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    company.app.advance(chrono::TimeDelta::days(30));
    let leeds = company.work_of(id).await;
    let department = format!("{ENTERPRISE}:department");
    let change = json!([{ "op": "replace", "path": department, "value": "York" }]);
    company.patch(id, change).await.expect(200);
    let now = company.work_of(id).await;
    assert_eq!((now.site_id, now.starts_on), (Some(york), Some(company.today())));
    let before = assignment::Entity::find_by_id(leeds.id);
    let before = before.one(company.app.db.read()).await.unwrap().unwrap();
    assert_eq!(before.ends_on, company.today().pred_opt());
    company.app.work().await;
    company.app.end().await;
}
