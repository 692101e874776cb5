//! The demo as `plaudit demo` serves it, each test with a copy of its own.
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use mail_parser::MessageParser;
use plaudit::{
    demo::{self, Directory, Sample},
    platform::clock::Clock,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{Look, Window};

/// A running demo.
pub struct Demo {
    child: Child,
    home: TempDir,
    /// Where it is served.
    pub base_url: String,
    /// Name and address of everything it says one can open.
    pub links: Vec<(String, String)>,
    /// Links of mails that were used.
    used: std::sync::Mutex<std::collections::HashSet<String>>,
}

static SEEDED: OnceCell<TempDir> = OnceCell::const_new();
/// Comments of the demo's customers: enough for every page to have something to show.
const COMMENTS: usize = 160;

impl Demo {
    /// Serves a copy of the company.
    pub async fn start() -> Demo {
        let seeded = SEEDED.get_or_init(seed).await;
        let home = TempDir::new().unwrap();
        let directory = home.path().join("demo");
        copy(&seeded.path().join("demo"), &directory);
        let mut child = Command::new(env!("CARGO_BIN_EXE_plaudit"))
            .args(["demo", "--bind", "127.0.0.1:0", "--dir"])
            .arg(&directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut links = Vec::new();
        let mut base_url = None;
        for line in output.by_ref() {
            if let Some((name, url)) = line.trim().split_once(": http") {
                links.push((name.to_owned(), format!("http{url}")));
            }
            if let Some(rest) = line.strip_prefix("Open this: ") {
                base_url = rest.split_once("/ ").map(|(url, _)| url.to_owned());
            }
            if line.starts_with("Stop with") {
                break;
            }
        }
        std::thread::spawn(move || output.for_each(drop));
        Demo {
            child,
            home,
            base_url: base_url.expect("the demo says its address"),
            links,
            used: std::sync::Mutex::default(),
        }
    }

    /// A window on it.
    pub async fn window(&self, look: Look) -> Window {
        Window::open(&self.base_url, look).await
    }

    /// The address of the first link whose name begins so.
    pub fn link(&self, name: &str) -> &str {
        let found = self.links.iter().find(|(known, _)| known.starts_with(name));
        found.map_or_else(
            || panic!("no link {name} among {:?}", self.links),
            |(_, url)| url.as_str(),
        )
    }

    /// The newest link that was mailed to somebody who signs in.
    pub async fn sign_in_link(&self) -> String {
        for _ in 0..200 {
            let mails = self.mails();
            let link = mails
                .iter()
                .rev()
                .find_map(|mail| sign_in_link_in(mail, &self.base_url));
            if let Some(link) = link.filter(|link| self.used.lock().unwrap().insert(link.clone())) {
                return link;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no link to sign in was mailed");
    }

    /// The mails that it has written.
    pub fn mails(&self) -> Vec<String> {
        let files = fs::read_dir(self.home.path().join("demo/mail")).unwrap();
        let mut files: Vec<_> = files.map(Result::unwrap).collect();
        files.sort_by_key(|file| file.metadata().unwrap().modified().unwrap());
        files
            .into_iter()
            .map(|file| fs::read_to_string(file.path()).unwrap())
            .collect()
    }
}

fn sign_in_link_in(mail: &str, base_url: &str) -> Option<String> {
    let mail = MessageParser::default().parse(mail)?;
    let text = mail.body_text(0)?.into_owned();
    let (_, rest) = text.split_once("/sign-in/")?;
    Some(format!("{base_url}/sign-in/{}", rest.split_whitespace().next()?))
}

async fn seed() -> TempDir {
    let home = TempDir::new().unwrap();
    let sample = Sample::of("en").unwrap();
    let directory = Directory::open(&home.path().join("demo"), false).unwrap();
    let config = demo::config(&sample, &directory, "127.0.0.1:0".parse().unwrap()).unwrap();
    demo::make_company(&sample, config, &directory, COMMENTS, Clock::System.now(), |_| ())
        .await
        .unwrap();
    home
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
