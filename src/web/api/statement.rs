//! `/v1/statement`
use poem::web::Data;
use poem_openapi::{Object, OpenApi, payload::Json};

use super::Tag;
use crate::{
    access::Action,
    roster::organisation as organisations,
    statement,
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on what is done with people's data.
#[derive(Debug)]
pub struct Statement;

/// What is done with people's data, generated from code, settings and connections.
#[derive(Clone, Debug, Object)]
pub struct StatementView {
    /// Settings, what is stored and what ends it, who may do what, automatic credits and how often they are wrong, and what
    /// leaves the machine. It may gain parts.
    pub statement: serde_json::Value,
}

#[OpenApi(prefix_path = "/statement", tag = "Tag::Organisation")]
impl Statement {
    /// Get what is done with people's data
    ///
    /// For works councils and data protection officers; the page `/statement` says the same in words, and signs copies of it.
    #[oai(path = "/", method = "get", operation_id = "get_statement")]
    async fn get(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<StatementView>, Failure> {
        let caller = auth.permit(Action::GET_STATEMENT)?;
        let db = web.app.db.read();
        let own = organisations::by_id(db, caller.organisation).await?;
        let own = own.ok_or_else(|| Failure::not_found("organisation"))?;
        let found = statement::statement(db, &web.app.config, &own, web.app.clock.now()).await?;
        let statement = serde_json::to_value(found).map_err(|error| Failure::internal(&error))?;
        Ok(Json(StatementView { statement }))
    }
}
