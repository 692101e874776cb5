//! What tools say becomes drafts: sites and staff are looked up, what the roster does not know is kept beside the words.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{source, staff_member};
use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait, QueryFilter,
    sea_query::{Expr, Func},
};
use serde_json::Value;
use uuid::Uuid;

use super::tool::{Content, Said};
use crate::{
    capture::{
        app::CaptureApp,
        draft::{Draft, Unusable, check_field},
        import::Notify,
    },
    platform::text_file::hex,
    roster::SiteIndex,
};

/// What is looked up before a draft is made of it.
pub(super) fn check_names(content: &Content) -> Result<(), Unusable> {
    match content {
        Content::Nothing | Content::Thin => Ok(()),
        Content::Withdrawn(ids) => ids.iter().try_for_each(|id| check_field("external_id", id)),
        Content::Said(said) => said.iter().try_for_each(check_named),
    }
}

/// The same of one comment.
pub(super) fn check_named(said: &Said) -> Result<(), Unusable> {
    let named = [("staff_reference", &said.staff), ("site", &said.site)];
    let mut named = named
        .into_iter()
        .filter_map(|(field, name)| Some((field, name.as_ref()?)));
    named.try_for_each(|(field, name)| check_field(field, name))
}

/// What tells one author from another, where who it is must not be kept beside the words.
pub(super) fn hashed(app: &CaptureApp, mut said: Said) -> Said {
    const LETTERS: usize = 24;
    let author = said.words.author.as_mut().filter(|_| said.hash_author_id);
    if let Some(id) = author.and_then(|author| author.external_id.as_mut()) {
        *id = hex(&app.secrets.fingerprint(format!("author/{id}")));
        id.truncate(LETTERS);
    }
    said
}

/// Blank words are no comment, and no fault either.
pub(super) fn checked(draft: Draft) -> Result<Option<Draft>, Unusable> {
    match draft.check() {
        Ok(()) => Ok(Some(draft)),
        Err(Unusable::Blank) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What tools name of each organisation: its sites, and the staff they refer to.
#[derive(Default)]
pub(super) struct Rosters {
    sites: HashMap<Uuid, SiteIndex>,
    /// Employee ids by employee id and by mail address, in small letters.
    staff: HashMap<(Uuid, String), String>,
}

impl Rosters {
    /// What is named in what was said at sources.
    pub(super) async fn load(
        connection: &impl ConnectionTrait,
        said: &[(&source::Model, &Said)],
    ) -> Result<Rosters, DbErr> {
        let mut rosters = Rosters::default();
        let mut named: HashMap<Uuid, HashSet<String>> = HashMap::new();
        let mut with_sites: HashSet<Uuid> = HashSet::new();
        for (source, said) in said {
            let organisation = source.organisation_id;
            with_sites.extend(said.site.as_ref().map(|_| organisation));
            let staff = said.staff.as_ref().map(|staff| staff.to_lowercase());
            named.entry(organisation).or_default().extend(staff);
        }
        for organisation in with_sites {
            let index = SiteIndex::load(connection, organisation).await?;
            rosters.sites.insert(organisation, index);
        }
        for (organisation, names) in named {
            rosters.add_staff(connection, organisation, names).await?;
        }
        Ok(rosters)
    }

    async fn add_staff(
        &mut self,
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        names: HashSet<String>,
    ) -> Result<(), DbErr> {
        use staff_member::Column;
        if names.is_empty() {
            return Ok(());
        }
        let lower = |column: Column| Expr::expr(Func::lower(Expr::col(column)));
        let either = lower(Column::EmployeeId)
            .is_in(names.iter().map(String::as_str))
            .or(lower(Column::Email).is_in(names.iter().map(String::as_str)));
        let found = staff_member::Entity::within(organisation)
            .filter(either)
            .all(connection)
            .await?;
        for person in found {
            let keys = [Some(&person.employee_id), person.email.as_ref()];
            for key in keys.into_iter().flatten() {
                let key = (organisation, key.to_lowercase());
                self.staff.insert(key, person.employee_id.clone());
            }
        }
        Ok(())
    }

    /// A site or person that is not on the roster is kept beside the words: praise does not wait for the roster.
    pub(super) fn draft(
        &self,
        source: &source::Model,
        said: Said,
        received_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Draft {
        let organisation = source.organisation_id;
        let mut words = said.words;
        if let Some(name) = said.site {
            let sites = self.sites.get(&organisation);
            words.site = sites.and_then(|sites| sites.resolve(&name).ok());
            if words.site.is_none() {
                note(&mut words.metadata, "unknown_site", name);
            }
        }
        if let Some(name) = said.staff {
            words.staff_reference = self.staff.get(&(organisation, name.to_lowercase())).cloned();
            if words.staff_reference.is_none() {
                note(&mut words.metadata, "unknown_staff", name);
            }
        }
        Draft {
            external_id: said.id,
            occurred_at: said.occurred_at,
            revised_at: said.revised_at,
            tell: Notify::Recent.tell(said.occurred_at.unwrap_or(now), now),
            words,
            ..Draft::new(source, received_at)
        }
    }
}

fn note(metadata: &mut Option<Value>, key: &str, name: String) {
    let metadata = metadata.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(fields) = metadata.as_object_mut() {
        fields.insert(key.to_owned(), Value::String(name));
    }
}
