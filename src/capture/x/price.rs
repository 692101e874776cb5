//! What reading costs.

use crate::platform::config::Prices;

/// What one call read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Posts in the answer, those we then drop included.
    pub posts: u32,
    /// Those of `posts` that have the price of the account's own reading.
    pub owned_posts: u32,
    /// Accounts asked for by name.
    pub accounts: u32,
    /// Authors that came along.
    pub authors: u32,
}

impl Prices {
    /// The price in millionths of a US dollar. X gives the same post again free of charge within a day,
    /// so this is an upper bound.
    #[must_use]
    pub fn of(&self, reads: Reads) -> u64 {
        let foreign = reads.posts.saturating_sub(reads.owned_posts);
        [
            (self.post, foreign),
            (self.owned_post, reads.owned_posts),
            (self.account, reads.accounts),
            (self.author, reads.authors),
        ]
        .into_iter()
        .fold(0, |sum, (price, count)| {
            sum.saturating_add(price.saturating_mul(u64::from(count)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_foreign_posts_costs_half_a_dollar_and_of_own_mentions_a_tenth() {
        let page = Reads {
            posts: 100,
            authors: 80,
            ..Reads::default()
        };
        assert_eq!(Prices::default().of(page), 500_000);
        assert_eq!(
            Prices::default().of(Reads {
                owned_posts: 100,
                ..page
            }),
            100_000
        );
    }

    #[test]
    fn a_price_that_x_changed_is_a_setting() {
        let prices: Prices = toml::from_str("post = 7000\nauthor = 10").unwrap();
        assert_eq!(
            prices.of(Reads {
                posts: 2,
                authors: 3,
                ..Reads::default()
            }),
            14_030
        );
        assert!(toml::from_str::<Prices>("tweet = 1").is_err());
    }
}
