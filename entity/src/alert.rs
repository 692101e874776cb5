//! A mail to whoever owns an account about the account itself; the row goes once it was sent.
use sea_orm::entity::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Kind {
    /// The roster names another address; told at the old one.
    AddressChanged,
    /// Somebody who holds a role signed in with a browser that was never seen before.
    NewDevice,
    /// The account was linked with a provider.
    Linked,
    /// Somebody signed in past the company's sign-on, where that is the only way.
    Emergency,
    /// The directory was about to end too many people; told to all administrators.
    SyncStopped,
    /// A role was given to them; with it goes what signs them in.
    RoleGranted,
    /// A role was taken away.
    RoleEnded,
    /// An administrator, or whoever runs the installation, took the second factor off.
    SecondFactorTakenOff,
    /// A recovery code signed somebody in, or changed the second factor.
    RecoveryCodeUsed,
    /// Five wrong codes of the second factor were typed.
    WrongCodes,
    /// An administrator ended all sessions.
    SessionsEnded,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub account_id: Uuid,
    pub kind: Kind,
    /// Where it goes.
    pub address: String,
    /// Browser and system, as far as known.
    pub device: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
