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
        let head = (1..).take(original::head_lines(settlement.format));
        let wanted: Vec<i64> = std::iter::once(line.line).chain(head).collect();
        let found = app.archive.original_lines(&key.archive(), books, line.file, &wanted).await?;
        let mut found = found.into_iter();
        let text =
            found.next().flatten().ok_or_else(|| Fault::broken("an archived file lacks one of its lines"))?;
        let head = found.map_while(|line| line).collect::<Vec<_>>().join("\n");
        let columns = original::columns(settlement.format, &head, &text);
        Ok(Self { text, columns })
    }
}
