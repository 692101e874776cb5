//! The running program against a client that others wrote: PyPI's scim2-tester, where it is installed.
use serde_json::json;

use crate::support::{
    process::{Installation, free_port, http_client},
    python,
};

const ROSTER: &str = "employee_id,given_name,family_name,site\n1,Ruth,Adler,Leeds\n";
/// So many are there that those whom scim2-tester ends are fewer than one in ten, and that all stand on one page of a list.
const PEOPLE: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scim2_tester_finds_nothing_wrong() {
    let port = free_port();
    let base_url = format!("http://127.0.0.1:{port}");
    let shop = Installation::create(ROSTER, &[("PLAUDIT_SERVER__BASE_URL", base_url.clone())]).await;
    let made = shop.run(&["key", "create", "--name", "directory", "--scope", "scim"]);
    let key = made.trim();
    let server = shop.serve(port).await;
    let client = http_client();
    let users = format!("{base_url}/scim/v2/Users");
    for n in 0..PEOPLE {
        let user = json!({ "userName": format!("p{n}"), "displayName": format!("P {n}") });
        let request = client.post(&users).bearer_auth(key).body(user.to_string());
        assert_eq!(request.send().await.unwrap().status().as_u16(), 201);
    }
    if let Some(checked) = python::ask(
        "scim2-tester",
        "check_scim.py",
        &[&format!("{base_url}/scim/v2")],
        key,
    ) {
        let (said, wrong) = (
            String::from_utf8_lossy(&checked.stdout),
            String::from_utf8_lossy(&checked.stderr),
        );
        eprintln!("scim2-tester: {said}");
        assert!(checked.status.success(), "{said}\n{wrong}");
        let checks = said.split(' ').find_map(|part| part.strip_prefix("success="));
        assert!(checks.unwrap().parse::<u32>().unwrap() > 30, "{said}");
    }
    server.stop().await;
    shop.database.remove().await;
}
