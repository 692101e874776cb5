//! A real mail server: Debian's Dovecot, one for the whole run, on ports of its own, with a user for each test. It ends with
//! this process, however that ends.
use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use uuid::Uuid;

use super::noon;

/// Of every user.
pub const PASSWORD: &str = "correct-horse";

/// The one that all tests share.
static SHARED: LazyLock<Dovecot> = LazyLock::new(|| Dovecot::start(""));

/// A server.
pub struct Dovecot {
    directory: TempDir,
    pub port: u16,
    pub tls_port: u16,
    /// Holds the pipe whose end is the server's.
    _keeper: Child,
}

/// A user of a server, and their mails.
pub struct Mailbox {
    pub user: String,
    pub port: u16,
    pub tls_port: u16,
    home: PathBuf,
    certificate: PathBuf,
}

impl Dovecot {
    /// That takes tokens, and asks at this address, to which it appends a token, whose they are.
    pub fn with_tokens(address: &str) -> Dovecot {
        let file = format!("tokeninfo_url = {address}\nusername_attribute = email\n");
        let passdb = "passdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {at}/tokens\n}";
        let settings = format!("auth_mechanisms = plain xoauth2\n{passdb}");
        Dovecot::start_beside(&settings, &[("tokens", file)])
    }

    /// With settings beyond those that every test needs.
    pub fn start(settings: &str) -> Dovecot {
        Dovecot::start_beside(settings, &[])
    }

    /// The same beside these files, which stand at `{at}`.
    fn start_beside(settings: &str, files: &[(&str, String)]) -> Dovecot {
        let directory = TempDir::new().unwrap();
        let (port, tls_port) = (free_port(), free_port());
        let account = Account::find();
        for below in ["run", "mail"] {
            fs::create_dir(directory.path().join(below)).unwrap();
        }
        account.own(directory.path());
        account.own(&directory.path().join("mail"));
        certificate(directory.path());
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let settings = settings.replace("{at}", directory.path().to_str().unwrap());
        let file = directory.path().join("dovecot.conf");
        let text = configuration(directory.path(), &account, port, tls_port);
        fs::write(&file, format!("{text}\n{settings}\n")).unwrap();
        let keeper = keep(&file);
        let server = Dovecot {
            directory,
            port,
            tls_port,
            _keeper: keeper,
        };
        server.wait();
        server
    }

    /// Somebody whose mailbox is empty.
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox_of(&format!("u{}", Uuid::now_v7().simple()))
    }

    /// Somebody of this name, whose mailbox is empty.
    pub fn mailbox_of(&self, user: &str) -> Mailbox {
        let user = user.to_owned();
        let home = self.directory.path().join("mail").join(&user);
        let mailbox = Mailbox {
            port: self.port,
            tls_port: self.tls_port,
            certificate: self.directory.path().join("cert.pem"),
            home,
            user,
        };
        mailbox.make("");
        mailbox
    }

    fn wait(&self) {
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        panic!("Dovecot did not start (Debian: dovecot-imapd): {log}");
    }
}

impl Mailbox {
    /// Of somebody new, at the server that tests share.
    pub fn new() -> Mailbox {
        SHARED.mailbox()
    }

    /// The authority that signed the server's certificate.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// Puts a mail into the mailbox, as if it had come in at noon.
    pub fn deliver(&self, raw: impl AsRef<[u8]>) {
        self.deliver_to("", raw, 0);
    }

    /// Puts a mail into a folder, as if it had come in at noon so many days before.
    pub fn deliver_to(&self, folder: &str, raw: impl AsRef<[u8]>, days_before: u64) {
        let seconds = u64::try_from(noon().timestamp()).unwrap() - days_before * 86_400;
        self.put(folder, raw, SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    }

    /// Puts a mail into the mailbox, for those whose clock goes.
    #[expect(
        clippy::disallowed_methods,
        reason = "for a process of its own, whose clock is the machine's"
    )]
    pub fn deliver_now(&self, raw: impl AsRef<[u8]>) {
        self.put("", raw, SystemTime::now());
    }

    fn put(&self, folder: &str, raw: impl AsRef<[u8]>, at: SystemTime) {
        let name = format!("{}.test", Uuid::now_v7().simple());
        let below = |below: &str| self.folder(folder).join(below).join(&name);
        let mut file = fs::File::create(below("tmp")).unwrap();
        file.write_all(raw.as_ref()).unwrap();
        file.set_modified(at).unwrap();
        Account::find().own(&below("tmp"));
        fs::rename(below("tmp"), below("new")).unwrap();
    }

    /// Makes a folder.
    pub fn make(&self, folder: &str) {
        let account = Account::find();
        for below in ["", "tmp", "new", "cur"] {
            let directory = self.folder(folder).join(below);
            fs::create_dir_all(&directory).unwrap();
            account.own(&directory);
        }
    }

    /// Takes a folder away with everything in it.
    pub fn drop_folder(&self, folder: &str) {
        fs::remove_dir_all(self.folder(folder)).unwrap();
    }

    /// How many mails lie in a folder; `""` is the inbox.
    pub fn count(&self, folder: &str) -> usize {
        self.raw(folder).len()
    }

    /// The mails of a folder.
    pub fn raw(&self, folder: &str) -> Vec<Vec<u8>> {
        let files = ["new", "cur"]
            .into_iter()
            .filter_map(|below| fs::read_dir(self.folder(folder).join(below)).ok());
        files
            .flatten()
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    fn folder(&self, name: &str) -> PathBuf {
        match name {
            "" => self.home.clone(),
            name => self.home.join(format!(".{name}")),
        }
    }
}

/// Who the server's processes are: nobody, where root runs the tests.
struct Account {
    name: String,
    user: u32,
    group: u32,
    is_root: bool,
}

impl Account {
    fn find() -> Account {
        let us = fs::metadata("/proc/self").unwrap();
        let is_root = us.uid() == 0;
        let user = if is_root { 65534 } else { us.uid() };
        let accounts = fs::read_to_string("/etc/passwd").unwrap();
        let account = accounts
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.get(2) == Some(&user.to_string().as_str()))
            .expect("an account for Dovecot");
        Account {
            name: account[0].to_owned(),
            user,
            group: account[3].parse().unwrap(),
            is_root,
        }
    }

    fn own(&self, path: &Path) {
        if self.is_root {
            chown(path, Some(self.user), Some(self.group)).unwrap();
        }
    }
}

fn configuration(directory: &Path, account: &Account, port: u16, tls_port: u16) -> String {
    let (at, name) = (directory.display(), &account.name);
    let password = PASSWORD;
    let (user, group) = (account.user, account.group);
    let groups = fs::read_to_string("/etc/group").unwrap();
    let group_name = groups
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&group.to_string().as_str()))
        .map_or_else(|| group.to_string(), |fields| fields[0].to_owned());
    format!(
        r#"
base_dir = {at}/run
state_dir = {at}/run
log_path = {at}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {name}
default_internal_group = {group_name}
default_login_user = {name}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{at}/cert.pem
ssl_key = <{at}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~
mail_max_userip_connections = 100
mailbox_list_index = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={at}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"#
    )
}

/// A certificate for 127.0.0.1 and localhost, which signs itself.
fn certificate(directory: &Path) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(directory.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
}

/// A shell that ends the server when the pipe to it is closed: it is when this process is gone.
fn keep(file: &Path) -> Child {
    let script = r#"
        binary=$(command -v dovecot || command -v /usr/sbin/dovecot) || exit 1
        "$binary" -F -c "$1" & server=$!
        read -r _
        kill "$server"; wait "$server""#;
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
