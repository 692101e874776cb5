//! `/v1/sign-on`
use chrono::{DateTime, Utc};
use entity::sign_on_provider;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::Tag;
use crate::{
    access::Action,
    sign_on::{
        SignOnApp,
        provider::{self, NewGroupRole, NewProvider},
        trial,
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on providers at whom people sign in.
#[derive(Debug)]
pub struct SignOn;

/// A role that a group gives.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub struct GroupRoleView {
    /// As the provider names the group.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub group: String,
    /// `administrator`, `auditor` or `site_lead`.
    #[oai(validator(min_length = 1, max_length = 40))]
    pub role: String,
    /// The site that is led, by path, name or id; everywhere where it is left out.
    #[oai(validator(max_length = 500))]
    pub site: Option<String>,
}

/// A provider at whom people sign in, without its secret.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ProviderView {
    /// Its id.
    pub id: Uuid,
    /// On the button.
    pub name: String,
    /// As it calls itself.
    pub issuer: String,
    /// As what Plaudit is known there.
    pub client_id: String,
    /// Domains of mail whose addresses it vouches for.
    pub domains: Vec<String>,
    /// The claim that names groups.
    pub group_claim: Option<String>,
    /// Which groups give which roles.
    pub group_roles: Vec<GroupRoleView>,
    /// Where it sends people back to: enter it there.
    pub redirect_uri: String,
    /// Where it says that somebody signed out: enter it there.
    pub backchannel_logout_uri: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

impl ProviderView {
    fn of(app: &SignOnApp, row: sign_on_provider::Model) -> ProviderView {
        let role = |one: entity::json::GroupRole| GroupRoleView {
            group: one.group,
            role: one.role,
            site: one.site.map(|site| site.to_string()),
        };
        ProviderView {
            redirect_uri: app.redirect_address(row.id),
            backchannel_logout_uri: app.logout_address(row.id),
            id: row.id,
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            domains: row.domains.0,
            group_claim: row.group_claim,
            group_roles: row.group_roles.0.into_iter().map(role).collect(),
            created_at: row.created_at,
        }
    }
}

/// All providers.
#[derive(Clone, Debug, Object)]
pub struct ProviderList {
    /// Providers, oldest first.
    pub items: Vec<ProviderView>,
    /// Where the next one that is added sends people back to, so that it can be entered there first.
    pub next_redirect_uri: String,
}

/// A provider to add.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewProviderView {
    /// What stands on the button.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub name: String,
    /// As it calls itself, to the letter.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub issuer: String,
    /// As what Plaudit is known there.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub client_id: String,
    /// What proves it. It is sealed, and never shown again.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub client_secret: String,
    /// Domains of mail whose addresses it vouches for: by these people are known who come for the first time.
    #[oai(default, validator(max_items = 50))]
    pub domains: Vec<String>,
    /// The claim that names groups.
    #[oai(validator(max_length = 80))]
    pub group_claim: Option<String>,
    /// Which groups give which roles.
    #[oai(default, validator(max_items = 50))]
    pub group_roles: Vec<GroupRoleView>,
}

/// What came of a test.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ProviderTest {
    /// Whether it can be signed in there, as far as can be seen from here.
    pub works: bool,
    /// What is wrong.
    pub error: Option<String>,
}

/// A provider was added.
#[derive(ApiResponse)]
pub enum CreateProvider {
    /// People can sign in there from now on.
    #[oai(status = 201)]
    Created(Json<ProviderView>),
}

/// A provider was removed.
#[derive(ApiResponse)]
pub enum RemoveProvider {
    /// The sessions that began there are over, and so are the roles that its groups gave.
    #[oai(status = 204)]
    Removed,
}

#[OpenApi(prefix_path = "/sign-on/providers", tag = "Tag::SignOn")]
impl SignOn {
    /// List providers
    #[oai(path = "/", method = "get", operation_id = "list_sign_on_providers")]
    async fn list(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<ProviderList>, Failure> {
        let caller = auth.permit(Action::LIST_SIGN_ON_PROVIDERS)?;
        let (app, db) = (web.app.sign_on(), web.app.db.read());
        let found = provider::list(db, caller.organisation).await?;
        let next = provider::next_id(db, caller.organisation).await?;
        Ok(Json(ProviderList {
            items: found.into_iter().map(|row| ProviderView::of(&app, row)).collect(),
            next_redirect_uri: app.redirect_address(next),
        }))
    }

    /// Add a provider
    ///
    /// Done by administrators who are signed in, and by no key: whoever adds one says who everybody is.
    #[oai(path = "/", method = "post", operation_id = "create_sign_on_provider")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Json(new): Json<NewProviderView>,
    ) -> Result<CreateProvider, Failure> {
        let caller = auth.permit(Action::CREATE_SIGN_ON_PROVIDER)?;
        let role = |one: GroupRoleView| NewGroupRole {
            group: one.group,
            role: one.role,
            site: one.site,
        };
        let new = NewProvider {
            name: new.name,
            issuer: new.issuer,
            client_id: new.client_id,
            client_secret: new.client_secret.into(),
            domains: new.domains,
            group_claim: new.group_claim,
            group_roles: new.group_roles.into_iter().map(role).collect(),
        };
        let app = web.app.sign_on();
        let made = provider::add(&app, caller.organisation, new, &caller.actor).await?;
        Ok(CreateProvider::Created(Json(ProviderView::of(&app, made))))
    }

    /// Remove a provider
    ///
    /// Done by administrators who are signed in, and by no key.
    #[oai(path = "/:id", method = "delete", operation_id = "remove_sign_on_provider")]
    async fn remove(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The provider.
        id: Path<Uuid>,
    ) -> Result<RemoveProvider, Failure> {
        let caller = auth.permit(Action::REMOVE_SIGN_ON_PROVIDER)?;
        provider::remove(&web.app.sign_on(), caller.organisation, id.0, &caller.actor).await?;
        Ok(RemoveProvider::Removed)
    }

    /// Ask a provider whether people can sign in there
    #[oai(path = "/:id/test", method = "post", operation_id = "test_sign_on_provider")]
    async fn test(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The provider.
        id: Path<Uuid>,
    ) -> Result<Json<ProviderTest>, Failure> {
        let caller = auth.permit(Action::TEST_SIGN_ON_PROVIDER)?;
        let found = provider::find(web.app.db.read(), caller.organisation, id.0).await?;
        let outcome = trial::test(&web.app.sign_on(), &found).await;
        Ok(Json(ProviderTest {
            works: outcome.is_ok(),
            error: outcome.err().map(|trouble| trouble.to_string()),
        }))
    }
}
