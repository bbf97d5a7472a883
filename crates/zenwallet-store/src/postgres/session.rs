//! A writer's connection with its statements, and what every piece of a batch needs of it.

use super::connect::Link;
use super::statement::Prepared;
use tokio_postgres::{Error, Row};
use uuid::Uuid;
use zenwallet_core::id::{Id, Kind};

/// A connection with its statements.
pub(super) struct Session {
    pub(super) link: Link,
    pub(super) prepared: Prepared,
}

/// What a statement of a batch gives.
pub(super) type Rows = std::result::Result<Vec<Row>, Error>;

/// Skips a statement that has nothing to do.
pub(super) async fn unless(skip: bool, statement: impl Future<Output = Rows>) -> Rows {
    if skip { Ok(Vec::new()) } else { statement.await }
}

/// Ids as one column.
pub(super) fn uuids<K: Kind>(ids: impl Iterator<Item = Id<K>>) -> Vec<Uuid> {
    ids.map(Id::uuid).collect()
}
