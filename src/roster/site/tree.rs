//! The tree of sites: its closure table and the paths that follow from it.
use std::collections::HashMap;

use entity::{site, site_closure};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    super::{Change, RosterError},
    path_below,
};

/// Rows of one statement.
const CHUNK: usize = 1000;

/// Writes the closure of a new site: itself and everything above it.
pub(super) async fn plant(change: &Change<'_>, site: &site::Model) -> Result<(), DbErr> {
    let mut rows = vec![closure_row(change, site.id, site.id, 0)];
    if let Some(parent) = site.parent_id {
        for above in above(change, parent).await? {
            rows.push(closure_row(change, above.ancestor_id, site.id, above.depth + 1));
        }
    }
    insert(change, rows).await
}

/// The new parent of a site, unless it is the site itself or lies below it.
pub(super) async fn parent_outside(
    change: &Change<'_>,
    site: Uuid,
    parent: Uuid,
) -> Result<site::Model, RosterError> {
    let found = super::get(change.tx, change.organisation_id(), parent).await?;
    if above(change, parent)
        .await?
        .iter()
        .any(|row| row.ancestor_id == site)
    {
        let message = format!("{:?} is the site itself or lies below it", found.path);
        return Err(RosterError::invalid("parent", message));
    }
    Ok(found)
}

/// Moves a site with everything below it under another parent, or to the top.
pub(super) async fn transplant(change: &Change<'_>, site: Uuid, parent: Option<Uuid>) -> Result<(), DbErr> {
    let subtree = below(change, site).await?;
    let inside: Vec<Uuid> = subtree.iter().map(|row| row.descendant_id).collect();
    site_closure::Entity::delete_many()
        .filter(site_closure::Column::OrganisationId.eq(change.organisation_id()))
        .filter(site_closure::Column::DescendantId.is_in(inside.iter().copied()))
        .filter(site_closure::Column::AncestorId.is_not_in(inside.iter().copied()))
        .exec(change.tx)
        .await?;
    let Some(parent) = parent else { return Ok(()) };
    let mut rows = Vec::new();
    for above in above(change, parent).await? {
        for inner in &subtree {
            let depth = above.depth + 1 + inner.depth;
            rows.push(closure_row(change, above.ancestor_id, inner.descendant_id, depth));
        }
    }
    insert(change, rows).await
}

/// Gives every site below a renamed or moved one its new path.
pub(super) async fn rewrite_paths_below(change: &Change<'_>, top: &site::Model) -> Result<(), DbErr> {
    let subtree = below(change, top.id).await?;
    let ids = subtree
        .iter()
        .map(|row| row.descendant_id)
        .filter(|id| *id != top.id);
    let sites = site::Entity::named(change.organisation_id(), site::Column::Id, ids)
        .all(change.tx)
        .await?;
    let mut sites: HashMap<Uuid, site::Model> = sites.into_iter().map(|site| (site.id, site)).collect();
    let mut done = HashMap::from([(top.id, top.clone())]);
    for row in subtree {
        let Some(mut site) = sites.remove(&row.descendant_id) else {
            continue;
        };
        site.path = path_below(site.parent_id.and_then(|parent| done.get(&parent)), &site.name);
        write_path(change, &site).await?;
        done.insert(site.id, site);
    }
    Ok(())
}

async fn write_path(change: &Change<'_>, site: &site::Model) -> Result<(), DbErr> {
    let row = site::ActiveModel {
        id: Set(site.id),
        path: Set(site.path.clone()),
        changed_in_version: Set(change.version()),
        ..Default::default()
    };
    row.update(change.tx).await?;
    Ok(())
}

/// Closure rows of everything above a site, itself included.
async fn above(change: &Change<'_>, site: Uuid) -> Result<Vec<site_closure::Model>, DbErr> {
    site_closure::Entity::within(change.organisation_id())
        .filter(site_closure::Column::DescendantId.eq(site))
        .all(change.tx)
        .await
}

/// Closure rows of everything below a site, itself included, from the top down.
async fn below(change: &Change<'_>, site: Uuid) -> Result<Vec<site_closure::Model>, DbErr> {
    site_closure::Entity::within(change.organisation_id())
        .filter(site_closure::Column::AncestorId.eq(site))
        .order_by_asc(site_closure::Column::Depth)
        .all(change.tx)
        .await
}

fn closure_row(
    change: &Change<'_>,
    ancestor: Uuid,
    descendant: Uuid,
    depth: i32,
) -> site_closure::ActiveModel {
    site_closure::ActiveModel {
        ancestor_id: Set(ancestor),
        descendant_id: Set(descendant),
        organisation_id: Set(change.organisation_id()),
        depth: Set(depth),
    }
}

async fn insert(change: &Change<'_>, rows: Vec<site_closure::ActiveModel>) -> Result<(), DbErr> {
    for chunk in rows.chunks(CHUNK) {
        site_closure::Entity::insert_many(chunk.iter().cloned())
            .exec_without_returning(change.tx)
            .await?;
    }
    Ok(())
}
