//! When and how one is written to, as it is chosen by the page and by the API.
use entity::account::Frequency;
use poem::http::Method;
use serde_json::json;

use crate::preferences::shop;

#[tokio::test]
async fn preferences_are_read_and_changed_by_the_api() {
    let (shop, _sink) = shop().await;
    let reader = shop.app.signing_in(shop.ruth.id).await;
    let cookie = shop.app.sign_in(&reader).await;
    let path = "/v1/me/preferences";
    let shown = shop.app.page_as(&cookie, path).await.expect(200);
    let default = json!({
        "frequency": "at_once", "exceptions": {}, "own_praise": false,
        "digest": { "every": "week", "weekday": 1, "time": "08:00" }, "quiet_hours": { "days": [] },
    });
    assert_eq!(shown.json(), default);
    let update = json!({
        "frequency": "hourly", "exceptions": { "complaint": "at_once" }, "own_praise": true,
        "digest": { "every": "day", "time": "17:30" },
        "quiet_hours": { "from": "20:00", "until": "07:00", "days": [6, 7] },
        "time_zone": "Europe/Berlin", "language": "de",
    });
    let send = async |body: &serde_json::Value| shop.app.send_as(&cookie, Method::PATCH, path, body).await;
    let changed = send(&update).await.expect(200);
    let shown = shop.app.page_as(&cookie, path).await.expect(200);
    assert_eq!(shown.json(), changed.json());
    assert_eq!(shown.at("/digest/weekday"), "1");
    assert_eq!(shown.at("/quiet_hours/from"), "20:00");
    let wrong = [
        (
            json!({ "quiet_hours": { "from": "20:00", "days": [] } }),
            "quiet hours begin",
        ),
        (
            json!({ "quiet_hours": { "from": "20:00", "until": "20:00", "days": [] } }),
            "quiet hours begin",
        ),
        (json!({ "time_zone": "Mars/Olympus" }), "Europe/London"),
        (
            json!({ "exceptions": { "triage": "never" } }),
            "questions and complaints",
        ),
        (json!({ "language": "tlh" }), ""),
    ];
    for (body, says) in wrong {
        let refused = send(&body).await.expect(422);
        assert!(refused.text.contains(says), "{}", refused.text);
    }
    for body in [
        json!({ "quiet_hours": { "days": [1, 2, 3, 4, 5, 6, 7] } }),
        json!({ "digest": { "time": "24:00" } }),
        json!({ "digest": { "weekday": 8 } }),
    ] {
        let refused = send(&body).await;
        assert!(refused.status.is_client_error(), "{}", refused.text);
    }
    let kept = shop.app.page_as(&cookie, path).await.expect(200);
    assert_eq!(kept.json(), changed.json(), "what is refused changes nothing");
    let emptied = json!({ "exceptions": { "complaint": null }, "time_zone": null, "language": null, "quiet_hours": null });
    let emptied = send(&emptied).await.expect(200).json();
    assert!(
        emptied.get("time_zone").is_none() && emptied["exceptions"] == json!({}),
        "{emptied}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_said_beside_the_field_and_nothing_is_saved() {
    let (shop, _sink) = shop().await;
    let ruth = shop.app.signing_in(shop.ruth.id).await;
    let cookie = shop.app.sign_in(&ruth).await;
    let week = ["1", "2", "3", "4", "5", "6", "7"].map(|day| ("quiet_day", day));
    let times = |from, until, digest| {
        [
            ("quiet_from", from),
            ("quiet_until", until),
            ("digest_time", digest),
        ]
    };
    let cases = [
        (
            times("20:00", "", "08:00").to_vec(),
            "Quiet hours need a beginning",
        ),
        (
            times("20:00", "20:00", "08:00").to_vec(),
            "Quiet hours need a beginning",
        ),
        (times("", "", "half past").to_vec(), "for instance 17:30"),
        (
            [&times("", "", "08:00")[..], &week[..]].concat(),
            "Leave at least one day",
        ),
    ];
    for (fields, says) in cases {
        let fields = [&[("frequency", "never")][..], &fields].concat();
        let page = shop.app.form_as(&cookie, "/me", &fields).await.expect(422);
        assert!(page.text.contains(says), "{}", page.text);
        assert!(
            !page.text.contains("We send you no mail."),
            "not saved: {}",
            page.text
        );
    }
    assert_eq!(
        shop.app.account_of(shop.ruth.id).await.frequency,
        Frequency::AtOnce
    );
    for (name, value) in [
        ("quiet_day", "8"),
        ("digest_weekday", "0"),
        ("digest_every", "hour"),
    ] {
        let fields = [("quiet_from", ""), ("quiet_until", ""), (name, value)];
        shop.app.form_as(&cookie, "/me", &fields).await.expect(400);
    }
    shop.app.end().await;
}
