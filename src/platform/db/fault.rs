//! What an error of the database means, by its codes.
use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{Error, error::DatabaseError, sqlite::SqliteError},
};

/// SQLite's primary codes of what passes: BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
const PASSING_IN_SQLITE: &[i32] = &[5, 6, 7, 8, 9, 10, 13, 14, 15];
/// PostgreSQL's classes and codes of what passes: connection, resources, operator, system; deadlock and serialisation,
/// a lock that is not to be had, a server that only reads.
const PASSING_IN_POSTGRESQL: &[&str] = &["08", "53", "57", "58", "40", "55P03", "25006"];
/// Codes with which PostgreSQL ends a connection: it stops, crashed, starts, or the session was idle.
const ENDS_THE_CONNECTION: &[&str] = &["08", "57P01", "57P02", "57P03", "57P05", "25P03"];

/// Whether it is worth asking again later: the database is away, busy, or has no room.
#[must_use]
pub fn is_passing(error: &DbErr) -> bool {
    match (error, cause(error)) {
        (DbErr::Conn(_) | DbErr::ConnectionAcquire(_), _) => true,
        (_, Some(Error::Database(error))) => passes(error.as_ref()),
        (_, Some(error)) => breaks_the_connection(error),
        _ => false,
    }
}

/// Whether the connection at hand is gone, so that another one may succeed at once.
#[must_use]
pub fn is_lost(error: &DbErr) -> bool {
    match cause(error) {
        Some(Error::Database(error)) => {
            !is_sqlite(error.as_ref()) && has_code(error.as_ref(), ENDS_THE_CONNECTION)
        }
        Some(error) => breaks_the_connection(error),
        None => false,
    }
}

fn cause(error: &DbErr) -> Option<&Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

fn breaks_the_connection(error: &Error) -> bool {
    matches!(
        error,
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed | Error::BeginFailed
    )
}

fn passes(error: &dyn DatabaseError) -> bool {
    if is_sqlite(error) {
        let code = error.code().and_then(|code| code.parse::<i32>().ok());
        return code.is_some_and(|code| PASSING_IN_SQLITE.contains(&(code & 0xff)));
    }
    has_code(error, PASSING_IN_POSTGRESQL)
}

fn is_sqlite(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<SqliteError>().is_some()
}

fn has_code(error: &dyn DatabaseError, beginnings: &[&str]) -> bool {
    error
        .code()
        .is_some_and(|code| beginnings.iter().any(|beginning| code.starts_with(beginning)))
}
