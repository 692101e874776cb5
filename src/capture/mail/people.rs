//! Who of those that a mail names belongs to the house.
use std::collections::HashSet;

use entity::{account, staff_member};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, Func},
};
use uuid::Uuid;

use super::{correspondent::Correspondent, layers, open::Mail};

/// Addresses and names of those who work here, as far as mails named them.
#[derive(Clone, Debug, Default)]
pub struct People {
    addresses: HashSet<String>,
    names: HashSet<String>,
}

impl People {
    /// Looks everybody up whom these mails name as an author.
    pub async fn load(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        mails: &[Mail],
    ) -> Result<People, DbErr> {
        let authors: Vec<Correspondent> = mails.iter().flat_map(layers::authors).collect();
        let addresses: HashSet<String> = authors
            .iter()
            .filter_map(|author| author.address.clone())
            .collect();
        let bare = authors.iter().filter(|author| author.address.is_none());
        let names: HashSet<String> = bare
            .filter_map(|author| author.name.as_ref())
            .map(|name| name.to_lowercase())
            .collect();
        let mut people = People::default();
        people
            .add_staff(connection, organisation, &addresses, &names)
            .await?;
        people.add_accounts(connection, organisation, &addresses).await?;
        Ok(people)
    }

    async fn add_staff(
        &mut self,
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        addresses: &HashSet<String>,
        names: &HashSet<String>,
    ) -> Result<(), DbErr> {
        use staff_member::Column;
        let lower = |column: Column| Expr::expr(Func::lower(Expr::col(column)));
        let is_last_word = |name: &String| name.split(' ').next_back().map(str::to_owned);
        let families: HashSet<String> = names.iter().filter_map(is_last_word).collect();
        let either = lower(Column::Email)
            .is_in(addresses.iter().map(String::as_str))
            .or(lower(Column::FamilyName).is_in(families.iter().map(String::as_str)));
        let found = staff_member::Entity::within(organisation)
            .filter(either)
            .all(connection)
            .await?;
        for person in found {
            self.addresses
                .extend(person.email.map(|email| email.to_lowercase()));
            let given = [Some(person.given_name), person.preferred_name];
            let full = given
                .into_iter()
                .flatten()
                .map(|given| format!("{given} {}", person.family_name).to_lowercase());
            self.names.extend(full);
        }
        Ok(())
    }

    async fn add_accounts(
        &mut self,
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        addresses: &HashSet<String>,
    ) -> Result<(), DbErr> {
        let lower = Expr::expr(Func::lower(Expr::col(account::Column::Email)));
        let found: Vec<Option<String>> = account::Entity::within(organisation)
            .filter(account::Column::Email.is_not_null())
            .filter(lower.is_in(addresses.iter().map(String::as_str)))
            .select_only()
            .column(account::Column::Email)
            .into_tuple()
            .all(connection)
            .await?;
        self.addresses
            .extend(found.into_iter().flatten().map(|email| email.to_lowercase()));
        Ok(())
    }

    /// People whose addresses and names are known already.
    #[must_use]
    pub fn named(addresses: &[&str], names: &[&str]) -> People {
        let small = |words: &[&str]| words.iter().map(|word| word.to_lowercase()).collect();
        People {
            addresses: small(addresses),
            names: small(names),
        }
    }

    pub(super) fn has(&self, author: &Correspondent, own_domains: &[String]) -> bool {
        match &author.address {
            Some(address) => {
                let domain = author.domain().unwrap_or_default();
                self.addresses.contains(address) || own_domains.iter().any(|own| own == domain)
            }
            None => author
                .name
                .as_ref()
                .is_some_and(|name| self.names.contains(&name.to_lowercase())),
        }
    }
}
