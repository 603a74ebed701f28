//! The audit log as a file: all entries that are asked for, however many there are.

use ecom_documents::{Sheet, Value};
use ecom_store::{AuditEntry, AuditFilter, MOST_AUDIT_PAGE};

use super::{Source, deed, doer};
use crate::{
    download::{Rows, filled, instant, sheet},
    fault::Page,
};

/// The one table of the page.
pub(super) const TABLE: &str = "Audit log";

pub(super) fn head() -> Sheet {
    sheet(TABLE, ["No.", "Day", "Time in India", "Who", "What", "On which object", "From which network"], [])
}

/// Entries, the latest first, in one snapshot of the books.
pub(super) struct Entries {
    source: Source,
    filter: AuditFilter,
    over: bool,
}

impl Entries {
    pub(super) fn of(source: Source, filter: AuditFilter) -> Self {
        Self { source, filter, over: false }
    }
}

impl Rows for Entries {
    async fn more(&mut self) -> Page<Vec<Vec<Value>>> {
        if self.over {
            return Ok(Vec::new());
        }
        let found = self.source.entries(&self.filter, MOST_AUDIT_PAGE).await?;
        match found.last() {
            Some(last) => self.filter.before = Some(last.seq),
            None => self.over = true,
        }
        Ok(found.into_iter().map(|entry| row(entry).to_vec()).collect())
    }
}

fn row(entry: AuditEntry) -> [Value; 7] {
    let [day, time] = instant(entry.at);
    let what = match deed(&entry.action) {
        "" => entry.action.as_str().into(),
        words => words.into(),
    };
    let (object, network) = (filled(&entry.object), filled(&entry.network));
    [entry.seq.into(), day, time, doer(entry.actor, entry.name).into(), what, object, network]
}
