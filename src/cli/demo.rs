//! `plaudit demo`: an invented company, four months of it, served on this machine.
use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::net::TcpListener;

use super::{Misuse, serve};
use crate::{
    app::App,
    demo::{self, COMMENTS, Directory, DirectoryError, Sample},
    platform::{clock::Clock, telemetry},
    roster::organisation,
    template::context::IndexGroup,
    web::Web,
};

/// Try Plaudit with sample data.
#[derive(Debug, Args)]
pub struct Demo {
    /// Forget what the last demo left and begin anew
    #[arg(long)]
    fresh: bool,
    /// Language of the company and its customers
    #[arg(long, value_name = "CODE", default_value = "en", value_parser = Sample::languages())]
    language: String,
    /// Where the demo keeps its database and its mails [default: var/demo, and var/demo-CODE in another language]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Address of this machine to serve on; settings of an installation (PLAUDIT_SERVER__BIND) are not read
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    bind: SocketAddr,
}

impl Demo {
    /// Makes the company if it is not there yet, and serves it until the process is asked to stop.
    pub async fn run(self) -> anyhow::Result<()> {
        refuse_beyond_loopback(self.bind)?;
        let listener = TcpListener::bind(self.bind)
            .await
            .with_context(|| format!("cannot listen on {}; choose another port with --bind", self.bind))?;
        let sample = Sample::of(&self.language)?;
        let path = self
            .dir
            .clone()
            .unwrap_or_else(|| usual_directory(&self.language));
        let directory = Directory::open(&path, self.fresh).map_err(|error| match error {
            DirectoryError::Foreign(_) => anyhow::Error::new(Misuse(error.to_string())),
            other => other.into(),
        })?;
        let config = demo::config(&sample, &directory, listener.local_addr()?)?;
        telemetry::log::start(&config.log, true);
        if !directory.is_seeded() {
            let bar = progress_bar(&sample.company.name);
            let progress = |done| bar.set_position(done as u64);
            demo::make_company(
                &sample,
                config.clone(),
                &directory,
                COMMENTS,
                Clock::System.now(),
                progress,
            )
            .await?;
            bar.finish_and_clear();
        }
        let app = App::connect(config, Clock::System).await?;
        app.db
            .migrate()
            .await
            .context("cannot bring the schema up to date")?;
        refuse_another_company(&app, &sample, &path).await?;
        let groups = demo::links::groups(&app, &sample, &directory).await?;
        print_what_to_open(&app, &directory, &groups)?;
        let stop = serve::stop_on_signal()?;
        let web = Web::new(app, stop.clone()).for_demo();
        let web = web.with_front(demo::links::page(&sample, groups, &directory));
        serve::serve(web, listener, true, stop).await
    }
}

fn usual_directory(language: &str) -> PathBuf {
    match language == Sample::languages()[0] {
        true => PathBuf::from("var/demo"),
        false => PathBuf::from(format!("var/demo-{language}")),
    }
}

/// A directory holds one company.
async fn refuse_another_company(app: &App, sample: &Sample, path: &Path) -> anyhow::Result<()> {
    if organisation::by_slug(app.db.read(), &sample.company.slug)
        .await?
        .is_some()
    {
        return Ok(());
    }
    Err(anyhow::Error::new(Misuse(format!(
        "{} holds a demo in another language; name another directory with --dir, or begin anew with --fresh",
        path.display()
    ))))
}

/// The demo has pages without a sign-in: nobody else may reach it.
fn refuse_beyond_loopback(bind: SocketAddr) -> Result<(), Misuse> {
    if bind.ip().is_loopback() {
        return Ok(());
    }
    Err(Misuse(format!(
        "the demo shows everything to whoever can reach it, so it stays on this machine: {bind} is not a loopback \
         address; use 127.0.0.1:{}, or plaudit serve for a real installation",
        bind.port()
    )))
}

fn progress_bar(company: &str) -> ProgressBar {
    let words = format!("{company} lives through four months: {{pos}} of {{len}} comments {{bar:30}}");
    if !std::io::stderr().is_terminal() {
        eprintln!("{company} lives through four months, {COMMENTS} comments ...");
    }
    let style = ProgressStyle::with_template(&words).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(COMMENTS as u64).with_style(style)
}

fn print_what_to_open(app: &App, directory: &Directory, groups: &[IndexGroup]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for group in groups {
        writeln!(out, "\n{}", group.name)?;
        for link in &group.links {
            writeln!(out, "  {}: {}\n      {}", link.name, link.url, link.sentence)?;
        }
    }
    writeln!(
        out,
        "\nMails to managers are written to {}",
        directory.mails().display()
    )?;
    let all = &app.config.server.base_url;
    writeln!(out, "\nOpen this: {all}/ (all of the above on one page)")?;
    writeln!(
        out,
        "Stop with Ctrl-C; the next run keeps everything, --fresh begins anew."
    )?;
    Ok(out.flush()?)
}
