//! A line as Amazon wrote it, from the archive, and its columns by name.

use ecom_ledger::settlement::original;
use ecom_store::{LineView, Scoped};

use crate::{
    app::App,
    fault::{Fault, Page},
    seat::{Seat, Viewer},
};

/// The line, and what its columns hold by their names.
pub(crate) struct Original {
    pub(crate) text: String,
    pub(crate) columns: Vec<(String, String)>,
}

impl Original {
    pub(crate) async fn open(
        app: &App,
        seat: &Seat<Viewer>,
        books: &mut Scoped<'_>,
        line: &LineView,
    ) -> Page<Self> {
        let settlement = books.settlement(line.settlement).await?.ok_or(Fault::Missing)?;
        let key = app.keys.tenant(seat.tenant()).await?;
        let format = settlement.format;
        let head = (1..).take(original::head_lines(format));
        let wanted: Vec<i64> = (line.line..).take(original::MOST_LINES).chain(head).collect();
        let mut found = app.archive.original_lines(&key.archive(), books, line.file, &wanted).await?;
        let head = found.split_off(original::MOST_LINES);
        let mut rows = found.into_iter();
        let mut text =
            rows.next().flatten().ok_or_else(|| Fault::broken("an archived file lacks one of its lines"))?;
        for more in rows.flatten() {
            if !original::goes_on(format, &text) {
                break;
            }
            text.push('\n');
            text.push_str(&more);
        }
        let head = head.into_iter().map_while(|line| line).collect::<Vec<_>>().join("\n");
        let columns = original::columns(format, &head, &text);
        Ok(Self { text, columns })
    }
}
