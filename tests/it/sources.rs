//! `plaudit source` on the command line, with the real binary.
use std::{
    io::Write,
    process::{Output, Stdio},
};

use crate::{
    fake_mastodon::{FakeMastodon, Fault, TOKEN},
    support::process::Installation,
};

const ROSTER: &str = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,\
                      manager_employee_id,email,phone,starts_on,ends_on\n\
                      e1,Priya,Example,,,,,Leeds,,e1@example.org,,,\n";

/// Runs `plaudit source …` with something on standard input.
fn source(installation: &Installation, arguments: &[&str], input: &str) -> Output {
    let mut child = installation
        .command()
        .arg("source")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut standard_input = child.stdin.take().unwrap();
    // A command that refuses its arguments does not read on.
    let _ = standard_input.write_all(input.as_bytes());
    drop(standard_input);
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mastodon_account_is_connected_tested_paused_and_removed() {
    let fake = FakeMastodon::start().await;
    let installation = Installation::create(ROSTER, &[]).await;
    let address = fake.base_url();
    let run = |arguments: &[&str], input: &str| {
        let output = source(&installation, arguments, input);
        assert!(!said(&output).contains(TOKEN), "a secret is shown");
        output
    };
    let add = ["add", "mastodon", "Fediverse", "--address", &address];
    let added = run(&add, &format!("  {TOKEN}\r\n\n"));
    assert!(added.status.success(), "{}", said(&added));
    assert!(said(&added).contains("it reads as @acme"), "{}", said(&added));
    let listed = run(&["list", "--organisation", "shop"], "");
    assert!(said(&listed).contains("Fediverse  mastodon"), "{}", said(&listed));

    fake.script([Fault::NotPermitted]);
    let tested = run(&["test", "Fediverse"], "");
    assert_eq!(tested.status.code(), Some(1));
    assert!(
        said(&tested).contains("the permission to read"),
        "{}",
        said(&tested)
    );

    assert!(run(&["pause", "Fediverse"], "").status.success());
    assert!(said(&run(&["list"], "")).contains("paused"));
    let doctor = installation.command().arg("doctor").output().unwrap();
    assert!(
        said(&doctor).contains("Fediverse of shop is paused"),
        "{}",
        said(&doctor)
    );
    assert!(run(&["resume", "Fediverse"], "").status.success());
    assert!(run(&["remove", "Fediverse"], "").status.success());
    assert!(!said(&run(&["list"], "")).contains("Fediverse"));
    installation.database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_right_is_misuse_and_nothing_is_made() {
    let installation = Installation::create(ROSTER, &[]).await;
    let wrong: [(&[&str], &str, &str); 4] = [
        (
            &["add", "x", "X", "--handle", "acme", "--budget", "5"],
            "one\ntwo",
            "2 secrets were given",
        ),
        (
            &["add", "x", "X", "--handle", "a b", "--budget", "5"],
            "bearer",
            "handle: has 1 to 15",
        ),
        (
            &["add", "x", "X", "--handle", "acme", "--budget", "$5"],
            "bearer",
            "give US dollars",
        ),
        (
            &["add", "mastodon", "M", "--address", "http://m.example"],
            "token",
            "is not https",
        ),
    ];
    for (arguments, input, words) in wrong {
        let output = source(&installation, arguments, input);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(words), "{}", said(&output));
    }
    let listed = said(&source(&installation, &["list"], ""));
    assert_eq!(
        listed.lines().count(),
        3,
        "only the sources of the first day: {listed}"
    );
    installation.database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_is_connected_and_tested_on_the_command_line_which_says_what_is_wrong() {
    let installation = Installation::create(ROSTER, &[]).await;
    let run = |arguments: &[&str], input: &str| source(&installation, arguments, input);
    let added = run(&["add", "typeform", "Exit poll", "--make-secret"], "");
    assert!(added.status.success(), "{}", said(&added));
    for words in [
        "/hooks/",
        "The webhook secret, shown only once: ",
        "1. Open the form in Typeform",
    ] {
        assert!(said(&added).contains(words), "{words}: {}", said(&added));
    }
    let tested = run(&["test", "Exit poll"], "");
    assert_eq!(tested.status.code(), Some(1));
    assert!(
        said(&tested).contains("nothing was pushed yet"),
        "{}",
        said(&tested)
    );
    let theirs = run(&["add", "zendesk", "Tickets", "--make-secret"], "");
    assert_eq!(theirs.status.code(), Some(2));
    assert!(
        said(&theirs).contains("takes no secret of ours"),
        "{}",
        said(&theirs)
    );
    let later = run(&["add", "zendesk", "Tickets", "--no-secret"], "");
    assert!(later.status.success(), "{}", said(&later));
    assert!(
        said(&later).contains("Enter its secret (signing secret)"),
        "{}",
        said(&later)
    );
    assert!(
        said(&later).contains("{{satisfaction.current_comment}}"),
        "{}",
        said(&later)
    );
    let tested = run(&["test", "Tickets"], "");
    assert_eq!(tested.status.code(), Some(1));
    assert!(
        said(&tested).contains("the secret is missing"),
        "{}",
        said(&tested)
    );
    let wrong = run(
        &["add", "generic", "Poll", "--set", "comment.text=words"],
        "a-token",
    );
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("must begin with /"), "{}", said(&wrong));
    let unknown = run(&["test", "Nothing"], "");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("there are"), "{}", said(&unknown));
    installation.database.remove().await;
}
