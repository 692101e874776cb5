//! Sites nest, move and close; managers never go round in a circle.
use entity::site_closure;
use plaudit::roster::{
    Change, RosterError,
    assignment::{self, AssignmentFields},
    organisation::{self, NewOrganisation, OrganisationPatch},
    site::{self, SitePatch},
    staff::{self, StaffFields},
};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::support::TestApp;

async fn patch(app: &TestApp, id: Uuid, patch: SitePatch) -> Result<entity::site::Model, RosterError> {
    let tx = app.db.write().await.unwrap();
    let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now()).await?;
    let saved = site::update(&change, id, patch).await?;
    tx.commit().await.unwrap();
    Ok(saved)
}

async fn depths(app: &TestApp) -> Vec<(Uuid, Uuid, i32)> {
    let rows = site_closure::Entity::find().all(app.db.read()).await.unwrap();
    let mut depths: Vec<_> = rows
        .iter()
        .map(|row| (row.ancestor_id, row.descendant_id, row.depth))
        .collect();
    depths.sort_unstable();
    depths
}

#[tokio::test]
async fn moving_a_site_takes_everything_below_it_along() {
    let app = TestApp::start().await;
    let (north, south) = (app.site("North", None).await, app.site("South", None).await);
    let leeds = app.site("Leeds", Some(north.id)).await;
    let till = app.site("Tills", Some(leeds.id)).await;
    let moved = patch(
        &app,
        leeds.id,
        SitePatch {
            parent: Some(Some(south.id)),
            ..SitePatch::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(moved.path, "South / Leeds");
    let till = site::get(app.db.read(), app.organisation.id, till.id)
        .await
        .unwrap();
    assert_eq!(till.path, "South / Leeds / Tills");
    let mut expected = vec![
        (north.id, north.id, 0),
        (south.id, south.id, 0),
        (leeds.id, leeds.id, 0),
        (till.id, till.id, 0),
        (south.id, leeds.id, 1),
        (leeds.id, till.id, 1),
        (south.id, till.id, 2),
    ];
    expected.sort_unstable();
    assert_eq!(depths(&app).await, expected);
    app.end().await;
}

#[tokio::test]
async fn a_site_cannot_be_moved_below_itself() {
    let app = TestApp::start().await;
    let north = app.site("North", None).await;
    let leeds = app.site("Leeds", Some(north.id)).await;
    let before = depths(&app).await;
    let refused = patch(
        &app,
        north.id,
        SitePatch {
            parent: Some(Some(leeds.id)),
            ..SitePatch::default()
        },
    )
    .await;
    assert!(refused.unwrap_err().to_string().contains("below it"));
    assert_eq!(depths(&app).await, before);
    app.end().await;
}

#[tokio::test]
async fn a_renamed_site_keeps_the_address_of_its_form() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let renamed = patch(
        &app,
        leeds.id,
        SitePatch {
            name: Some("York".to_owned()),
            ..SitePatch::default()
        },
    )
    .await
    .unwrap();
    assert_eq!((renamed.slug.as_str(), renamed.path.as_str()), ("leeds", "York"));
    let again = app.site("Leeds", None).await;
    assert_eq!(again.slug, "leeds-2");
    app.end().await;
}

#[tokio::test]
async fn lead_and_time_zone_are_inherited_from_the_nearest_site_above() {
    let app = TestApp::start().await;
    let north = app.site("North", None).await;
    let leeds = app.site("Leeds", Some(north.id)).await;
    let ruth = app.person("Ruth", "Adler", Some(north.id), None).await;
    let with_lead = SitePatch {
        lead: Some(Some(ruth.id)),
        time_zone: Some(Some("Europe/Lisbon".to_owned())),
        ..SitePatch::default()
    };
    patch(&app, north.id, with_lead).await.unwrap();
    let organisation = app.organisation.id;
    assert_eq!(
        site::lead(app.db.read(), organisation, leeds.id).await.unwrap(),
        Some(ruth.id)
    );
    let zone = site::time_zone(app.db.read(), &app.organisation, Some(leeds.id))
        .await
        .unwrap();
    assert_eq!(zone.name(), "Europe/Lisbon");
    let zone = site::time_zone(app.db.read(), &app.organisation, None)
        .await
        .unwrap();
    assert_eq!(zone.name(), "Europe/London");
    app.end().await;
}

#[tokio::test]
async fn a_site_with_open_sites_below_stays_open() {
    let app = TestApp::start().await;
    let north = app.site("North", None).await;
    let leeds = app.site("Leeds", Some(north.id)).await;
    let close = || SitePatch {
        closed: Some(true),
        ..SitePatch::default()
    };
    let refused = patch(&app, north.id, close()).await.unwrap_err().to_string();
    assert!(refused.contains("North / Leeds"), "{refused}");
    patch(&app, leeds.id, close()).await.unwrap();
    patch(&app, north.id, close()).await.unwrap();
    assert!(matches!(
        site::resolve(app.db.read(), app.organisation.id, "Leeds").await,
        Err(RosterError::ClosedSite { .. } | RosterError::NotFound { .. })
    ));
    app.end().await;
}

#[tokio::test]
async fn a_circle_of_managers_is_refused_with_the_people_in_it() {
    let app = TestApp::start().await;
    let ann = app.person("Ann", "A", None, None).await;
    let bob = app.person("Bob", "B", None, Some(ann.id)).await;
    let cy = app.person("Cy", "C", None, Some(bob.id)).await;
    let tx = app.db.write().await.unwrap();
    let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now())
        .await
        .unwrap();
    let under_cy = AssignmentFields {
        manager: Some(cy.id),
        ..AssignmentFields::default()
    };
    let refused = assignment::create(&change, ann.id, under_cy).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "this would make a circle of managers: ann reports to cy reports to bob reports to ann"
    );
    tx.rollback().await.unwrap();
    app.end().await;
}

#[tokio::test]
async fn every_change_raises_the_version_and_stamps_who_it_touched() {
    let app = TestApp::start().await;
    let ann = app.person("Ann", "A", None, None).await;
    let before = organisation::by_id(app.db.read(), app.organisation.id)
        .await
        .unwrap()
        .unwrap();
    let tx = app.db.write().await.unwrap();
    let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now())
        .await
        .unwrap();
    assignment::create(&change, ann.id, AssignmentFields::default())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let after = organisation::by_id(app.db.read(), app.organisation.id)
        .await
        .unwrap()
        .unwrap();
    let ann = staff::get(app.db.read(), app.organisation.id, ann.id)
        .await
        .unwrap();
    assert_eq!(after.roster_version, before.roster_version + 1);
    assert_eq!(ann.changed_in_version, after.roster_version);
    app.end().await;
}

#[tokio::test]
async fn an_employee_id_is_given_once() {
    let app = TestApp::start().await;
    app.person("Ann", "A", None, None).await;
    let tx = app.db.write().await.unwrap();
    let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now())
        .await
        .unwrap();
    let twin = StaffFields {
        employee_id: "ann".to_owned(),
        given_name: "Anna".to_owned(),
        ..StaffFields::default()
    };
    assert!(matches!(
        staff::create(&change, twin).await,
        Err(RosterError::Taken { .. })
    ));
    tx.rollback().await.unwrap();
    app.end().await;
}

#[tokio::test]
async fn settings_that_change_raise_their_version_and_others_do_not() {
    let app = TestApp::start().await;
    let tx = app.db.write().await.unwrap();
    let id = app.organisation.id;
    let same = OrganisationPatch {
        name: Some("SHOP".to_owned()),
        ..OrganisationPatch::default()
    };
    let unchanged = organisation::update(&tx, id, same, "cli", app.clock.now())
        .await
        .unwrap();
    assert_eq!(unchanged.settings_version, 0);
    let other = OrganisationPatch {
        threshold: Some(Some(0.9)),
        ..OrganisationPatch::default()
    };
    let changed = organisation::update(&tx, id, other, "cli", app.clock.now())
        .await
        .unwrap();
    assert_eq!((changed.settings_version, changed.threshold), (1, Some(0.9)));
    tx.commit().await.unwrap();
    app.end().await;
}

#[tokio::test]
async fn with_two_organisations_one_must_be_named() {
    let app = TestApp::start().await;
    let only = organisation::named_or_only(app.db.read(), None).await.unwrap();
    assert_eq!(only.slug, "shop");
    app.other_organisation().await;
    let error = organisation::named_or_only(app.db.read(), None)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("other, shop"), "{error}");
    let tx = app.db.write().await.unwrap();
    let twin = NewOrganisation {
        name: "S".into(),
        slug: "shop".into(),
        time_zone: "UTC".into(),
        language: "en".to_owned(),
    };
    let refused = organisation::create(&tx, twin, "cli", app.clock.now()).await;
    assert!(matches!(refused, Err(RosterError::Taken { .. })));
    tx.rollback().await.unwrap();
    app.end().await;
}
