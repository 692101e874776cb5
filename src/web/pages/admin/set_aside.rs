//! What the lists of spam and of the shield have in common: comments, oldest first, about which somebody decides.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::comment;
use sea_orm::DbErr;
use serde::Deserialize;
use uuid::Uuid;

use super::{near, url_if};
use crate::{
    access::Action,
    capture::read::WithWords,
    roster::site,
    said,
    template::{Words, context::HeldRow},
    web::{cursor, pages::reader::Reader},
};

/// Comments of a page.
pub(super) const ROWS: u64 = 50;

#[derive(Default, Deserialize)]
struct Asked {
    after: Option<String>,
}

/// After which comment the page begins.
pub(super) fn after(reader: &Reader<'_>) -> poem::Result<Option<(DateTime<Utc>, Uuid)>> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    Ok(asked.after.as_deref().map(cursor::read).transpose()?)
}

/// One of the lists.
pub(super) struct Set {
    /// Its page; a decision posts below it.
    pub(super) path: &'static str,
    /// What deciding is.
    pub(super) decides: Action,
    /// Keys of the sentences that say why a comment is there.
    pub(super) why: fn(&comment::Model) -> Vec<&'static str>,
}

impl Set {
    /// The rows of a page, and the address of the next one.
    pub(super) async fn page(
        &self,
        reader: &Reader<'_>,
        rows: Vec<WithWords>,
    ) -> Result<(Vec<HeldRow>, Option<String>), DbErr> {
        let (rows, next) = cursor::cut(rows, ROWS, |(comment, _)| (comment.received_at, comment.id));
        let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
        let sources = crate::ledger::feed::sources(db, own).await?;
        let names = names(reader, &rows).await?;
        let items = rows
            .into_iter()
            .map(|row| self.row(reader, row, (&sources, &names)));
        let next_url = next.map(|next| reader.link(self.path, Some(&format!("after={next}"))));
        Ok((items.collect(), next_url))
    }

    fn row(
        &self,
        reader: &Reader<'_>,
        (comment, words): WithWords,
        (sources, names): (&HashMap<Uuid, entity::source::Model>, &HashMap<Uuid, String>),
    ) -> HeldRow {
        let name = |id: &Uuid| names.get(id).cloned();
        HeldRow {
            id: format!("comment-{}", comment.id),
            at: near(reader, comment.received_at),
            source: sources
                .get(&comment.source_id)
                .map_or_else(|| String::new().into(), |source| said::source(source, &words)),
            site: comment.site_id.as_ref().and_then(name),
            words: Words::plain(
                words.text.as_deref().unwrap_or_default(),
                words.language.as_deref(),
            ),
            why: (self.why)(&comment),
            action: url_if(reader, self.decides, &format!("{}/{}", self.path, comment.id)),
        }
    }
}

/// The names of the sites of these comments.
async fn names(reader: &Reader<'_>, rows: &[WithWords]) -> Result<HashMap<Uuid, String>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let sites = rows.iter().filter_map(|(comment, _)| comment.site_id).collect();
    let sites = site::by_ids(db, own, sites).await?;
    Ok(sites.into_iter().map(|(id, site)| (id, site.path)).collect())
}
