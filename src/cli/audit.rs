//! `plaudit audit verify|export`
use anyhow::bail;
use clap::{Args, Subcommand};
use entity::organisation;

use super::{
    Misuse,
    tenant::{Tenant, say},
};
use crate::{
    access::chain::{
        Row,
        check::{self, Checked, Noted},
        export,
    },
    app::App,
    platform::{signing, text_file::hex},
};

/// The log of who did what.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say whether the log is as it was linked; of all organisations where none is named
    Verify {
        /// A block that an earlier run named, to be there still: NUMBER:HASH
        #[arg(long, value_name = "NUMBER:HASH")]
        noted: Option<String>,
    },
    /// Print the log, oldest first, a JSON object a line
    Export,
}

impl Audit {
    /// Runs the command.
    pub async fn run(self, app: &App) -> anyhow::Result<()> {
        match self.command {
            Command::Verify { noted } => verify(app, &self.tenant, noted.as_deref()).await,
            Command::Export => print(app, &self.tenant.find(app).await?).await,
        }
    }
}

async fn verify(app: &App, tenant: &Tenant, noted: Option<&str>) -> anyhow::Result<()> {
    let noted = noted.map(read_noted).transpose()?;
    let organisations = match noted {
        Some(_) => vec![tenant.find(app).await?],
        None => tenant.all(app).await?,
    };
    let noted: Vec<Noted> = noted.into_iter().collect();
    let key = signing::own(app.db.read(), &app.secrets).await?;
    let key = key.map(|key| key.public());
    let mut broken = 0;
    for organisation in &organisations {
        let checked = check::check_with(app.db.read(), key, organisation.id, &noted).await?;
        say(told(organisation, &checked))?;
        broken += u64::from(checked.fault.is_some());
    }
    match broken {
        0 => Ok(()),
        1 if organisations.len() == 1 => bail!("the audit log does not hold"),
        some => bail!(
            "{some} of {} audit logs {} not hold",
            organisations.len(),
            if some == 1 { "does" } else { "do" }
        ),
    }
}

fn read_noted(text: &str) -> anyhow::Result<Noted> {
    let misuse = || {
        let what = "--noted takes what an earlier run printed: a number, a colon and 64 hexadecimal digits";
        Misuse(what.to_owned())
    };
    let (number, hash) = text.split_once(':').ok_or_else(misuse)?;
    let number: i64 = number.parse().map_err(|_| misuse())?;
    let hash = bytes(hash).ok_or_else(misuse)?;
    Ok(Noted { number, hash })
}

/// 32 bytes in hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let is_whole = digits.len() == 64 && digits.is_ascii();
    let pairs = (0..32).map(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok());
    is_whole.then(|| pairs.collect())?
}

fn told(organisation: &organisation::Model, checked: &Checked) -> String {
    let slug = &organisation.slug;
    if let Some(fault) = &checked.fault {
        return format!("{slug}: DOES NOT HOLD: {fault}");
    }
    let mut line = match &checked.last {
        Some(last) => format!(
            "{slug}: holds: {} in {}, to block {}:{} of {} UTC",
            count(checked.rows, "row"),
            count(checked.blocks, "block"),
            last.number,
            hex(&last.hash),
            last.linked_at.format("%Y-%m-%d %H:%M"),
        ),
        None => format!("{slug}: holds: no row is linked"),
    };
    if checked.cut_away > 0 {
        line += &format!("; {} before were cut away", checked.cut_away);
    }
    if checked.waiting > 0 {
        line += &format!("; {} not linked yet", count(checked.waiting, "row"));
    }
    line
}

fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

async fn print(app: &App, organisation: &organisation::Model) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let rows: Vec<Row> = export::page(app.db.read(), organisation.id, after).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(last.id);
        for row in &rows {
            say(export::line(row))?;
        }
    }
}
