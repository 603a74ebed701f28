//! Why a job did not end: kept with it as a short word, so that a page can say what to do.

use crate::error::StoreError;

/// What was in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Something else held the database too long.
    Busy,
    /// A disk has no room left.
    Full,
    /// A file that the job needs is not there any more.
    Gone,
    /// A disk or the archive cannot be read or written.
    Disk,
    /// The keys of the business cannot be opened.
    Key,
    /// The process ended in the middle of it, each time.
    Died,
    /// Anything else: a mistake of the program.
    Broken,
}

impl Trouble {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::Busy, Self::Full, Self::Gone, Self::Disk, Self::Key, Self::Died, Self::Broken];

    /// As stored: `busy`, `full`, `gone`, `disk`, `key`, `died`, `broken`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Full => "full",
            Self::Gone => "gone",
            Self::Disk => "disk",
            Self::Key => "key",
            Self::Died => "died",
            Self::Broken => "broken",
        }
    }

    /// What an error means for the job that met it.
    pub fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            StoreError::Io(error) => match error.kind() {
                std::io::ErrorKind::StorageFull => Self::Full,
                std::io::ErrorKind::NotFound => Self::Gone,
                _ => Self::Disk,
            },
            StoreError::Object(_) => Self::Disk,
            StoreError::Vault(_) => Self::Key,
            StoreError::Database(sqlx::Error::Database(error)) => match error.code().as_deref() {
                // SQLITE_FULL; PostgreSQL's disk_full.
                Some("13" | "53100") => Self::Full,
                // SQLITE_IOERR and its kin have 10 in their last byte; PostgreSQL's io_error.
                Some("58030") => Self::Disk,
                Some(code) if code.parse::<u32>().is_ok_and(|code| code & 0xFF == 10) => Self::Disk,
                _ => Self::Broken,
            },
            _ => Self::Broken,
        }
    }

    /// An outcome of a failed job, with the message for whoever runs the server.
    pub fn outcome(self, message: &str) -> String {
        format!("{}: {message}", self.name())
    }

    /// Reads it off an outcome. A job that failed without one was given up since its workers died.
    pub(crate) fn from_outcome(outcome: Option<&str>) -> Self {
        let Some(outcome) = outcome.filter(|outcome| !outcome.is_empty()) else { return Self::Died };
        let word = outcome.split(':').next().unwrap_or_default();
        Self::ALL.into_iter().find(|kind| kind.name() == word).unwrap_or(Self::Broken)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn an_outcome_tells_what_was_in_the_way() {
        for kind in Trouble::ALL {
            assert_eq!(Trouble::from_outcome(Some(&kind.outcome("the file: x: y"))), kind);
        }
        assert_eq!(Trouble::from_outcome(None), Trouble::Died);
        assert_eq!(Trouble::from_outcome(Some("database: odd")), Trouble::Broken);
    }

    #[test]
    fn errors_of_the_disk_are_told_apart() {
        let of = |kind| Trouble::of(&StoreError::Io(Error::from(kind)));
        let kinds = [ErrorKind::StorageFull, ErrorKind::NotFound, ErrorKind::PermissionDenied];
        assert_eq!(kinds.map(of), [Trouble::Full, Trouble::Gone, Trouble::Disk]);
        assert_eq!(Trouble::of(&StoreError::Busy), Trouble::Busy);
        assert_eq!(Trouble::of(&StoreError::Corrupt("upload")), Trouble::Broken);
    }
}
