//! The migrations of both databases: numbered, embedded, each applied once and checked ever after.

use crate::error::{Result, StoreError};
use sha2::{Digest, Sha256};

/// One step of the schema.
pub(crate) struct Migration {
    pub(crate) version: u32,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

impl Migration {
    /// Distinguishes this text from any other that was once applied under its number.
    pub(crate) fn checksum(&self) -> String {
        Sha256::digest(self.sql.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

macro_rules! migrations {
    ($database:literal: $($version:literal $name:literal,)*) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../migrations/", $database, "/", $name, ".sql")),
        },)*]
    };
}

/// PostgreSQL's steps.
pub(crate) const POSTGRES: &[Migration] = migrations!("postgres": 1 "0001_payments", 2 "0002_webhooks", 3 "0003_live", 4 "0004_rollup", 5 "0005_people", 6 "0006_inbox",);
/// SQLite's steps: the same numbers and names.
pub(crate) const SQLITE: &[Migration] = migrations!("sqlite": 1 "0001_payments", 2 "0002_webhooks", 3 "0003_live", 4 "0004_rollup", 5 "0005_people", 6 "0006_inbox",);

/// The steps still to apply, given those that were; an error when the database knows other ones than we do.
pub(crate) fn pending<'a>(known: &'a [Migration], applied: &[(u32, String)]) -> Result<Vec<&'a Migration>> {
    for (version, checksum) in applied {
        match known.iter().find(|m| m.version == *version) {
            None => {
                let message = format!(
                    "the database has schema version {version}, which this program does not know; run a newer zenwallet"
                );
                return Err(StoreError::Schema(message));
            }
            Some(m) if m.checksum() != *checksum => {
                let message = format!("migration {} was applied with another text than this program's", m.name);
                return Err(StoreError::Schema(message));
            }
            Some(_) => {}
        }
    }
    Ok(known.iter().filter(|m| applied.iter().all(|(version, _)| *version != m.version)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_walk_in_step_and_foreign_schemas_are_refused() {
        let names = |all: &[Migration]| all.iter().map(|m| (m.version, m.name)).collect::<Vec<_>>();
        assert_eq!(names(POSTGRES), names(SQLITE));
        assert_eq!(pending(SQLITE, &[]).unwrap().len(), SQLITE.len());
        assert!(pending(SQLITE, &[(1, SQLITE[0].checksum())]).unwrap().len() < SQLITE.len());
        assert!(pending(SQLITE, &[(1, "other".into())]).is_err());
        assert!(pending(SQLITE, &[(9_999, "x".into())]).is_err());
    }
}
