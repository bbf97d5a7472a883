//! What an operator asks of the database itself.

use crate::Store;
use crate::apps::one;
use crate::error::Result;
use crate::sql::Row;

const SQLITE_SIZE: &str = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
const POSTGRES_SIZE: &str = "SELECT pg_database_size(current_database())";

impl Store {
    /// Which database it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// How large the database is, in bytes, without what is still on its way into it.
    pub async fn size_bytes(&self) -> Result<i64> {
        let sql = match self {
            Self::Sqlite(_) => SQLITE_SIZE,
            Self::Postgres(_) => POSTGRES_SIZE,
        };
        Ok(one(self.rows("database", sql, Vec::new()).await?, Row::int)?.unwrap_or_default())
    }
}
