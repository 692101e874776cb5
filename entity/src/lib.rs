//! Plaudit's tables as SeaORM entities. The migrations are the truth of the schema; a test proves that these agree with them.
//!
//! Every entity that belongs to an organisation has `within(organisation)`: the only way a query should begin.
#![expect(
    missing_docs,
    reason = "derives add public items without docs; columns that need words have them"
)]

pub mod account;
pub mod alert;
pub mod answer;
pub mod assignment;
pub mod attribution;
pub mod audit;
pub mod audit_block;
pub mod audit_cut;
pub mod audit_head;
pub mod backfill;
pub mod board_absence;
pub mod capability;
pub mod channel;
pub mod charged_post;
pub mod comment;
pub mod comment_revision;
pub mod comment_search;
pub mod connection;
pub mod credit_objection;
pub mod decision;
pub mod delivery;
pub mod deputy;
pub mod erased_number;
pub mod fetching;
pub mod grant;
pub mod half_session;
pub mod hook;
pub mod import;
pub mod index;
pub mod job;
pub mod json;
pub mod kept_post;
pub mod key;
pub mod name_answer;
pub mod notice;
pub mod notice_recognition;
pub mod organisation;
pub mod organisation_logo;
pub mod passed_on;
pub mod promise;
pub mod push;
pub mod push_comment;
pub mod reader;
pub mod recognition;
pub mod recognition_count;
pub mod recovery_code;
pub mod rule;
pub mod scim_stop;
pub mod scim_user;
pub mod second_factor;
pub mod second_factor_policy;
pub mod session;
pub mod shift;
pub mod sign_in_link;
pub mod sign_on_link;
pub mod sign_on_policy;
pub mod sign_on_provider;
pub mod sign_on_session;
pub mod sign_on_used;
pub mod signing_key;
pub mod site;
pub mod site_closure;
pub mod source;
pub mod spend;
pub mod spot_check;
pub mod staff_member;
pub mod team_count;
pub mod unmet_name;
pub mod verdict;
pub mod wall_link;
pub mod write_probe;

/// The condition that a column is one of many values. The last one is repeated until their number is a power of two: so a
/// database meets a few statements again and again, which it keeps prepared, and not one for each length.
pub fn among<C, V>(column: C, values: impl IntoIterator<Item = V>) -> sea_orm::sea_query::SimpleExpr
where
    C: sea_orm::ColumnTrait,
    V: Into<sea_orm::Value> + Clone,
{
    let mut values: Vec<V> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    column.is_in(values)
}

/// Gives an entity `within(organisation)`: a select that sees one tenant only.
macro_rules! tenant_scoped {
    () => {
        impl Entity {
            /// Rows of one organisation: where every query begins.
            pub fn within(organisation: sea_orm::prelude::Uuid) -> sea_orm::Select<Entity> {
                use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
                Entity::find().filter(Column::OrganisationId.eq(organisation))
            }

            /// Those of them whose `column` is one of `ids`, of which few rows share one. SQLite keeps no statistics
            /// and takes an organisation for smaller than a list, so it would read all rows of `within`; said like
            /// this it can only begin at the ids. PostgreSQL understands `=`.
            pub fn named(
                organisation: sea_orm::prelude::Uuid,
                column: Column,
                ids: impl IntoIterator<Item = sea_orm::prelude::Uuid>,
            ) -> sea_orm::Select<Entity> {
                use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
                Entity::find()
                    .filter($crate::among(column, ids))
                    .filter(Column::OrganisationId.ne(organisation).not())
            }
        }
    };
}
pub(crate) use tenant_scoped;
