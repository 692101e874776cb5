//! How long we wait and how much we take.

use std::{future::Future, time::Duration};

use super::{Hang, ReadError};

/// The limits of one call. A service that hangs or sends without end costs one call, not the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// From connecting to the end of the response's head.
    pub head: Duration,
    /// Between two pieces of the body.
    pub piece: Duration,
    /// The whole call.
    pub call: Duration,
    /// Largest body taken, in bytes.
    pub body_bytes: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            piece: Duration::from_secs(10),
            call: Duration::from_secs(45),
            body_bytes: 4 << 20,
        }
    }
}

/// Waits for a piece of work no longer than this.
pub(crate) async fn within<T>(
    limit: Duration,
    hang: Hang,
    work: impl Future<Output = T>,
) -> Result<T, ReadError> {
    tokio::time::timeout(limit, work)
        .await
        .map_err(|_| ReadError::Hung(hang))
}
