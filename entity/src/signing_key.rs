//! The installation's key for what is signed: one row, made when it is first needed.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    /// 1: there is one.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Ed25519, 32 bytes.
    #[sea_orm(column_type = "Blob")]
    pub public: Vec<u8>,
    /// The seed, sealed with the installation's secret key.
    #[sea_orm(column_type = "Blob")]
    pub sealed: Vec<u8>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
