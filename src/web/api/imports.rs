//! `/v1/imports`
use domain::{roster::columns::Said, rota::columns::Said as RotaSaid};
use poem::{Body, web::Data};
use poem_openapi::{
    ApiRequest, OpenApi,
    param::{Path, Query},
    payload::{Binary, Json},
};
use uuid::Uuid;

use super::{
    Tag,
    import_view::{
        CommentImportView, ImportPage, ImportView, RosterImportView, RotaImportView, TellView, UndoneImport,
    },
    new_comment::ScoreScale,
    page,
    rota::RotaView,
};
use crate::{
    access::Action,
    capture::{
        import::{self as comment_import, CommentFile, columns::Field, log, undo},
        source,
    },
    platform::{
        blocking::blocking,
        text_file::{TextFile, encoding_named},
    },
    roster::{import as roster_import, rota::file as rota},
    web::{
        Web,
        auth::Auth,
        body,
        problem::{Failure, unavailable},
    },
};

/// Operations on files that are taken in.
#[derive(Debug)]
pub struct Imports;

/// A CSV file in any encoding, or an Excel workbook.
#[derive(ApiRequest)]
pub enum TableFile {
    /// The bytes of the file
    #[oai(content_type = "text/csv")]
    Csv(Binary<Body>),
    /// The bytes of the file
    #[oai(content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    Workbook(Binary<Body>),
    /// The bytes of the file
    #[oai(content_type = "application/octet-stream")]
    Bytes(Binary<Body>),
}

impl TableFile {
    async fn open(self, name: Option<&str>, encoding: Option<&str>) -> Result<TextFile, Failure> {
        let (TableFile::Csv(bytes) | TableFile::Workbook(bytes) | TableFile::Bytes(bytes)) = self;
        let unknown = |label: &str| {
            Failure::invalid(format!(
                "encoding: {label:?} is unknown; use utf-8, utf-16le, windows-1252 or the like"
            ))
        };
        let encoding = encoding
            .map(|label| encoding_named(label).ok_or_else(|| unknown(label)))
            .transpose()?;
        let file = body::to_file(bytes.0.into_bytes_stream()).await;
        let file = TextFile::sent(name.unwrap_or("upload.csv"), file.map_err(not_taken)?, encoding).await;
        file.map_err(not_taken)
    }
}

#[OpenApi(prefix_path = "/imports", tag = "Tag::Imports")]
impl Imports {
    /// List imports
    #[oai(path = "/", method = "get", operation_id = "list_imports")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<ImportPage>, Failure> {
        let caller = auth.permit(Action::LIST_IMPORTS)?;
        let query = page::query(after.0.as_deref(), limit.0)?;
        let found = log::list(web.app.db.read(), caller.organisation, query).await?;
        Ok(Json(ImportPage {
            next: page::next(found.next),
            items: found.items.into_iter().map(ImportView::from).collect(),
        }))
    }

    /// Get an import
    #[oai(path = "/:id", method = "get", operation_id = "get_import")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The import.
        id: Path<Uuid>,
    ) -> Result<Json<ImportView>, Failure> {
        let caller = auth.permit(Action::GET_IMPORT)?;
        let found = log::get(web.app.db.read(), caller.organisation, id.0).await?;
        Ok(Json(found.ok_or_else(|| Failure::not_found("import"))?.into()))
    }

    /// Bring the roster in line with a CSV file or an Excel workbook
    ///
    /// Headings are known in several languages; `column` says what the others stand for, and `columns` of the answer
    /// shows what each was taken for.
    ///
    /// Without `apply` this is a dry run: nothing changes. With the `digest` of a dry run as `apply` exactly what it
    /// said is done, or nothing.
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    #[oai(path = "/roster", method = "post", operation_id = "create_roster_import")]
    async fn roster(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The `digest` of the dry run that is to be applied.
        #[oai(validator(max_length = 64))]
        apply: Query<Option<String>>,
        /// Make sites that the file names and that do not exist.
        #[oai(default)]
        create_sites: Query<bool>,
        /// Who is not in the file has left.
        #[oai(default)]
        complete: Query<bool>,
        /// The file is complete for this site and those below it only.
        #[oai(validator(max_length = 500))]
        site: Query<Option<String>>,
        /// Up to so many may leave, even if it is more than one in twenty.
        #[oai(validator(maximum(value = "1000000")))]
        allow_leavers: Query<Option<u64>>,
        /// Which column is what, as `email=Private address`, or `none=Salary` for one to leave out; may be given several
        /// times.
        #[oai(default)]
        column: Query<Vec<String>>,
        /// How days like 03/04/2026 are meant, where the file does not tell: `dmy` or `mdy`.
        #[oai(validator(max_length = 64))]
        date_format: Query<Option<String>>,
        /// The file's encoding, where it is not recognised.
        #[oai(validator(max_length = 40))]
        encoding: Query<Option<String>>,
        /// Its name, for the list of imports.
        #[oai(validator(max_length = 200))]
        file_name: Query<Option<String>>,
        file: TableFile,
    ) -> Result<Json<RosterImportView>, Failure> {
        let caller = auth.permit(Action::CREATE_ROSTER_IMPORT)?;
        let file = file.open(file_name.0.as_deref(), encoding.0.as_deref()).await?;
        let options = roster_import::Options {
            create_sites: create_sites.0,
            complete: complete.0,
            site: site.0,
            allow_leavers: allow_leavers.0,
            said: said_of_roster(&column.0, date_format.0.as_deref())?,
        };
        let (db, now) = (&web.app.db, web.app.clock.now());
        let Some(digest) = apply.0 else {
            let seen = roster_import::preview(db.read(), caller.organisation, &file, &options, now).await?;
            return Ok(Json(RosterImportView::new(seen, None)));
        };
        let organisation = caller.organisation;
        let agreed = roster_import::agreed(db.read(), organisation, &file, &options, &digest, now).await?;
        let tx = db.write().await?;
        let applied = roster_import::apply(&tx, agreed, &caller.actor, now).await?;
        tx.commit().await?;
        Ok(Json(RosterImportView::new(applied.preview, Some(applied.import))))
    }

    /// Take in who is on duty from a CSV file or an Excel workbook
    ///
    /// A line a shift, with times by the clocks of its site. The shifts of each day and site in the file take the place of those
    /// that are there. Without `apply=true` this is a dry run: nothing is written.
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    #[oai(path = "/rota", method = "post", operation_id = "create_rota_import")]
    async fn rota(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Take the file in.
        #[oai(default)]
        apply: Query<bool>,
        /// Which column is what, as `post=Register`, or `none=Notes` for one to leave out; may be given several times.
        #[oai(default)]
        column: Query<Vec<String>>,
        /// How days like 03/04/2026 are meant, where the file does not tell: `dmy` or `mdy`.
        #[oai(validator(max_length = 64))]
        date_format: Query<Option<String>>,
        /// The site of lines that name none.
        #[oai(validator(max_length = 500))]
        site: Query<Option<String>>,
        /// The file's encoding, where it is not recognised.
        #[oai(validator(max_length = 40))]
        encoding: Query<Option<String>>,
        /// Its name, for the list of imports.
        #[oai(validator(max_length = 200))]
        file_name: Query<Option<String>>,
        file: TableFile,
    ) -> Result<Json<RotaImportView>, Failure> {
        let caller = auth.permit(Action::CREATE_ROTA_IMPORT)?;
        let file = file.open(file_name.0.as_deref(), encoding.0.as_deref()).await?;
        let options = rota::Options {
            said: said_of_rota(&column.0, date_format.0.as_deref())?,
            site: site.0,
        };
        let (db, organisation, now) = (&web.app.db, caller.organisation, web.app.clock.now());
        let seen = rota::read(db.read(), organisation, &file, &options, now).await?;
        let mut view = RotaImportView::new(&seen);
        if apply.0 {
            let too_old = seen.too_old;
            let tx = db.write().await?;
            let (import, replaced) =
                rota::apply(&tx, organisation, (&file, seen), &caller.actor, now).await?;
            tx.commit().await?;
            view.applied(import, RotaView::new(replaced, too_old));
        }
        Ok(Json(view))
    }

    /// Take comments in from a CSV file or an Excel workbook
    ///
    /// Columns are guessed from the headers. Without `apply=true` this is a dry run: nothing is stored. The same file
    /// again adds nothing.
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    #[oai(path = "/comments", method = "post", operation_id = "create_comment_import")]
    async fn comments(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Take the file in.
        #[oai(default)]
        apply: Query<bool>,
        /// Name of the source; `import` where none is named.
        #[oai(validator(max_length = 60))]
        source: Query<Option<String>>,
        /// Which column is what, as `text=Q2 comment`; may be given several times.
        #[oai(default)]
        column: Query<Vec<String>>,
        /// The scale of the scores.
        scale: Query<Option<ScoreScale>>,
        /// The zone of times that have none, such as `Europe/London`.
        #[oai(validator(max_length = 64))]
        time_zone: Query<Option<String>>,
        /// How dates like 03/04/2026 are meant: `dmy`, `mdy` or a pattern such as `%d/%m/%y %H:%M`.
        #[oai(validator(max_length = 64))]
        date_format: Query<Option<String>>,
        /// The site of lines that name none.
        #[oai(validator(max_length = 500))]
        site: Query<Option<String>>,
        /// Whether managers hear of it; left out: `now` for comments of the last 14 days, `none` for older ones.
        tell: Query<Option<TellView>>,
        /// The file's encoding, where it is not recognised.
        #[oai(validator(max_length = 40))]
        encoding: Query<Option<String>>,
        /// Its name, for the list of imports.
        #[oai(validator(max_length = 200))]
        file_name: Query<Option<String>>,
        file: TableFile,
    ) -> Result<Json<CommentImportView>, Failure> {
        let caller = auth.permit(Action::CREATE_COMMENT_IMPORT)?;
        let file = file.open(file_name.0.as_deref(), encoding.0.as_deref()).await?;
        let options = comment_import::Options {
            columns: column
                .0
                .iter()
                .map(|given| said_column(given))
                .collect::<Result<_, _>>()?,
            scale: scale.0.map(Into::into),
            time_zone: time_zone.0.as_deref().map(zone).transpose()?,
            date_format: date_format
                .0
                .map(|given| given.parse().map_err(wrong("date_format")))
                .transpose()?,
            site: site.0,
            notify: tell.0.into(),
        };
        let (db, clock) = (&web.app.db, &web.app.clock);
        let name = source.0.as_deref().unwrap_or("import");
        let source = source::by_name(db.read(), caller.organisation, name).await?;
        let file = CommentFile::open(db.read(), &source, file, &options, clock.now()).await?;
        let looked_at = file.clone();
        let seen = blocking(move || looked_at.preview()).await?;
        if !apply.0 {
            return Ok(Json(CommentImportView::new(seen, None)));
        }
        let mut nowhere = std::io::sink();
        let outcome = comment_import::run(db, clock, &file, &caller.actor, &mut nowhere, &mut |_| {}).await?;
        Ok(Json(CommentImportView::new(seen, Some(outcome))))
    }

    /// Take an import of comments back
    ///
    /// What it added is withdrawn, with the recognitions it earned, and its words are erased.
    #[oai(path = "/:id/undo", method = "post", operation_id = "undo_import")]
    async fn undo(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The import.
        id: Path<Uuid>,
    ) -> Result<Json<UndoneImport>, Failure> {
        let caller = auth.permit(Action::UNDO_IMPORT)?;
        let (db, clock) = (&web.app.db, &web.app.clock);
        let found = log::get(db.read(), caller.organisation, id.0).await?;
        found.ok_or_else(|| Failure::not_found("import"))?;
        let withdrawn = undo::undo(db, clock, caller.organisation, id.0, &caller.actor).await?;
        Ok(Json(UndoneImport { withdrawn }))
    }
}

fn not_taken(error: std::io::Error) -> Failure {
    tracing::warn!(%error, "a file could not be taken in");
    unavailable("the file could not be taken in; nothing was changed; send it again")
}

fn said_column(given: &str) -> Result<(Field, String), Failure> {
    let said = given
        .split_once('=')
        .and_then(|(field, header)| Some((Field::from_name(field)?, header.to_owned())));
    said.ok_or_else(|| {
        let fields = Field::ALL.map(Field::name).join(", ");
        Failure::invalid(format!(
            "column: {given:?} is not understood; write text=HEADER with one of {fields}"
        ))
    })
}

fn said_of_roster(columns: &[String], date_format: Option<&str>) -> Result<Said, Failure> {
    let said = columns
        .iter()
        .map(|given| Said::column(given).map_err(|message| Failure::invalid(format!("column: {message}"))));
    Ok(Said {
        columns: said.collect::<Result<_, _>>()?,
        day_order: date_format
            .map(|given| given.parse().map_err(wrong("date_format")))
            .transpose()?,
        ..Said::default()
    })
}

fn said_of_rota(columns: &[String], date_format: Option<&str>) -> Result<RotaSaid, Failure> {
    let said = columns.iter().map(|given| {
        RotaSaid::column(given).map_err(|message| Failure::invalid(format!("column: {message}")))
    });
    Ok(RotaSaid {
        columns: said.collect::<Result<_, _>>()?,
        day_order: date_format
            .map(|given| given.parse().map_err(wrong("date_format")))
            .transpose()?,
        ..RotaSaid::default()
    })
}

fn zone(given: &str) -> Result<chrono_tz::Tz, Failure> {
    given
        .parse()
        .map_err(|_| Failure::invalid("time_zone: use an IANA name such as Europe/London"))
}

fn wrong(parameter: &'static str) -> impl Fn(String) -> Failure {
    move |message| Failure::invalid(format!("{parameter}: {message}"))
}
