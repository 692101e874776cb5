//! `plaudit source add KIND`
use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand, error::ErrorKind};
use uuid::Uuid;

use super::{
    super::tenant::{ACTOR, say},
    hook::AddHook,
    misuse, secrets, test,
};
use crate::{
    app::App,
    capture::{
        connection::{self, Mastodon, NewConnection, Settings, X},
        mail,
        mailbox::{self, Encryption, Oauth},
        source::{self, NewSource, tool::Tool},
    },
    platform::money,
};

/// One command for each network, and for each tool of the registry.
#[derive(Debug)]
pub(super) enum Add {
    X(AddX),
    Mastodon(AddMastodon),
    Mail(AddMail),
    Mailbox(Box<AddMailbox>),
    Hook(String, AddHook),
}

impl Subcommand for Add {
    fn augment_subcommands(command: Command) -> Command {
        let x = "X (Twitter): secrets are API key, API key secret, access token, access token secret; or a bearer token alone";
        let mastodon = "Mastodon and servers that speak its API: the secret is the access token";
        let mail = "Mails that a mail server passes on by POST /v1/mails";
        let mailbox = "A mailbox, read by IMAP: the secret is the password";
        let command = command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(AddX::augment_args(Command::new("x")).about(x))
            .subcommand(AddMastodon::augment_args(Command::new("mastodon")).about(mastodon))
            .subcommand(AddMail::augment_args(Command::new("mail")).about(mail))
            .subcommand(AddMailbox::augment_args(Command::new("mailbox")).about(mailbox));
        Tool::all().fold(command, |command, (kind, tool)| {
            let about = format!("{}, which pushes", tool.label);
            command.subcommand(AddHook::augment_args(Command::new(kind)).about(about))
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Add::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        matches!(name, "x" | "mastodon" | "mail" | "mailbox") || Tool::find(name).is_some()
    }
}

impl FromArgMatches for Add {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Add, Error> {
        match matches.subcommand() {
            Some(("x", matches)) => AddX::from_arg_matches(matches).map(Add::X),
            Some(("mastodon", matches)) => AddMastodon::from_arg_matches(matches).map(Add::Mastodon),
            Some(("mail", matches)) => AddMail::from_arg_matches(matches).map(Add::Mail),
            Some(("mailbox", matches)) => {
                AddMailbox::from_arg_matches(matches).map(|mailbox| Add::Mailbox(Box::new(mailbox)))
            }
            Some((kind, matches)) => {
                AddHook::from_arg_matches(matches).map(|hook| Add::Hook(kind.to_owned(), hook))
            }
            None => Err(Error::new(ErrorKind::MissingSubcommand)),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Add::from_arg_matches(matches)?;
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(super) struct AddX {
    #[command(flatten)]
    common: Common,
    /// The company's handle, whose mentions are read
    #[arg(long)]
    handle: String,
    /// A search beside the mentions, in X's query language; may be given up to five times
    #[arg(long = "rule", value_name = "QUERY")]
    rules: Vec<String>,
    /// The application belongs to this account: its mentions then cost a fifth
    #[arg(long)]
    own_application: bool,
    /// US dollars a month, after which reading stops; or none
    #[arg(long, value_name = "DOLLARS")]
    budget: money::Budget,
}

#[derive(Debug, Args)]
pub(super) struct AddMastodon {
    #[command(flatten)]
    common: Common,
    /// The server, https://mastodon.example for instance
    #[arg(long, value_name = "URL")]
    address: String,
}

#[derive(Debug, Args)]
pub(super) struct AddMail {
    /// What the source is called; POST /v1/mails takes the one called mail, unless another is named
    name: String,
    /// A mail server of yours whose Authentication-Results are believed; may be given several times
    #[arg(long = "trusted-server", value_name = "HOST")]
    trusted_servers: Vec<String>,
    /// A domain from which no customer writes; may be given several times
    #[arg(long = "own-domain", value_name = "DOMAIN")]
    own_domains: Vec<String>,
    /// How long words may still change before they are attributed
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    settle_seconds: i32,
}

impl AddMail {
    async fn run(self, app: &App, organisation: Uuid) -> anyhow::Result<()> {
        let settings = mail::Settings {
            trusted_servers: self.trusted_servers,
            own_domains: self.own_domains,
        };
        let new = NewSource {
            name: self.name,
            kind: "mail".to_owned(),
            settle_seconds: self.settle_seconds,
        };
        let tx = app.db.write().await?;
        let now = app.clock.now();
        let made = source::create_mail(&tx, organisation, new, settings, ACTOR, now).await;
        let made = made.map_err(misuse)?;
        tx.commit().await?;
        say(format!(
            "{} is there; pass mails on to POST /v1/mails.",
            made.name
        ))?;
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(super) struct AddMailbox {
    #[command(flatten)]
    common: Common,
    /// The server, imap.example.com for instance
    #[arg(long, value_name = "HOST")]
    host: String,
    /// Where it listens; 993 with tls and else 143, unless another one is given
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// How the connection is protected: tls, starttls or none
    #[arg(long, default_value = "tls", value_parser = encryption)]
    encryption: Encryption,
    /// Who signs in, mostly the address
    #[arg(long)]
    user: String,
    #[command(flatten)]
    oauth: TokenArgs,
    /// The folder whose mails are read
    #[arg(long, default_value = "INBOX")]
    folder: String,
    /// Where mails go that became comments; without it they stay where they are
    #[arg(long, value_name = "FOLDER")]
    done_folder: Option<String>,
    /// Where mails go that became none; without it they stay where they are
    #[arg(long, value_name = "FOLDER")]
    unclear_folder: Option<String>,
    /// A mail server of yours whose Authentication-Results are believed; may be given several times
    #[arg(long = "trusted-server", value_name = "HOST")]
    trusted_servers: Vec<String>,
    /// A domain from which no customer writes; may be given several times
    #[arg(long = "own-domain", value_name = "DOMAIN")]
    own_domains: Vec<String>,
}

impl AddMailbox {
    fn settings(&self) -> mailbox::Settings {
        mailbox::Settings {
            host: self.host.clone(),
            port: self.port,
            encryption: self.encryption,
            user: self.user.clone(),
            oauth: self.oauth.oauth(),
            folder: self.folder.clone(),
            done_folder: self.done_folder.clone(),
            unclear_folder: self.unclear_folder.clone(),
            mail: mail::Settings {
                trusted_servers: self.trusted_servers.clone(),
                own_domains: self.own_domains.clone(),
            },
        }
    }
}

// Where no password is taken. The secrets are then the client's secret (- for none), and the refresh token if there is one.
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// The provider's token address, where it takes no password (mailboxes)
    #[arg(long, value_name = "URL", requires = "client_id")]
    token_url: Option<String>,
    /// As whom Plaudit is known there (mailboxes)
    #[arg(long, value_name = "ID", requires = "token_url")]
    client_id: Option<String>,
    /// What the token is for, where the provider asks (mailboxes)
    #[arg(long, requires = "token_url")]
    scope: Option<String>,
}

impl TokenArgs {
    pub(super) fn oauth(&self) -> Option<Oauth> {
        Some(Oauth {
            token_url: self.token_url.clone()?,
            client_id: self.client_id.clone()?,
            scope: self.scope.clone().unwrap_or_default(),
        })
    }
}

/// Protection, as it is typed.
pub(super) fn encryption(typed: &str) -> Result<Encryption, String> {
    match typed {
        "tls" => Ok(Encryption::Tls),
        "starttls" => Ok(Encryption::Starttls),
        "none" => Ok(Encryption::None),
        _ => Err("write tls, starttls or none".to_owned()),
    }
}

#[derive(Debug, Args)]
struct Common {
    /// What the source is called
    name: String,
    /// A file with the secrets, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// How many days back the first reading reaches
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=7))]
    days_back: i64,
    /// How long words may still change before they are attributed
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    settle_seconds: i32,
}

impl Add {
    pub(super) async fn run(self, app: &App, organisation: Uuid) -> anyhow::Result<()> {
        let (settings, common, budget) = match self {
            Add::X(x) => {
                let settings = Settings::X(X {
                    handle: x.handle,
                    rules: x.rules,
                    owns_application: x.own_application,
                });
                (settings, x.common, x.budget.0)
            }
            Add::Mastodon(mastodon) => {
                let settings = Settings::Mastodon(Mastodon {
                    address: mastodon.address,
                });
                (settings, mastodon.common, None)
            }
            Add::Mailbox(mailbox) => {
                let settings = Settings::Mailbox(mailbox.settings());
                (settings, mailbox.common, None)
            }
            Add::Mail(mail) => return mail.run(app, organisation).await,
            Add::Hook(kind, hook) => return hook.run(app, organisation, &kind).await,
        };
        let new = NewConnection {
            credentials: secrets::read(settings.kind(), common.secrets.as_deref())?,
            name: common.name,
            settings,
            budget,
            settle_seconds: common.settle_seconds,
            days_back: common.days_back,
        };
        create(app, organisation, new).await
    }
}

/// Makes the source, then tests it: one that does not work yet stays, to be put right.
async fn create(app: &App, organisation: Uuid, new: NewConnection) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    let now = app.clock.now();
    let made = connection::create(&tx, &app.secrets, organisation, new, ACTOR, now).await;
    let source = made.map_err(misuse)?;
    tx.commit().await?;
    say(format!("{} is there; plaudit serve reads it.", source.name))?;
    test(app, &source).await
}
