//! Plaudit's clients, set up to read from the fake.

use plaudit::capture::{
    remote::{BaseUrl, CallLimits},
    x::{Client, Credentials, Settings, Snowflake},
};

use super::{BEARER, COMPANY, FakeX, KEYS};

/// The credentials of the company's account.
pub(crate) fn account_keys() -> Credentials {
    Credentials::account(KEYS.consumer, KEYS.consumer_secret, KEYS.token, KEYS.token_secret).unwrap()
}

pub(crate) fn settings(fake: &FakeX, credentials: Credentials) -> Settings {
    Settings {
        base: BaseUrl::parse(&fake.base_url()).unwrap(),
        credentials,
        owns_application: true,
        limits: CallLimits::default(),
    }
}

/// Reads as the company's account.
pub(crate) fn client(fake: &FakeX) -> Client {
    Client::new(settings(fake, account_keys()))
}

/// Reads as the application.
pub(crate) fn app_client(fake: &FakeX) -> Client {
    Client::new(settings(fake, Credentials::app(BEARER).unwrap()))
}

pub(crate) fn id(number: u64) -> Snowflake {
    number.to_string().parse().unwrap()
}

/// The id of the company's account.
pub(crate) fn company(fake: &FakeX) -> Snowflake {
    id(fake.account_id(COMPANY))
}
