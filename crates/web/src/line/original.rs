//! A line as Amazon wrote it, from the archive; for tab files also column by column.

use ecom_ledger::settlement::Format;
use ecom_store::{LineView, Scoped};

use crate::{
    app::App,
    fault::{Fault, Page},
    seat::{Seat, Viewer},
};

/// The line, and its columns by name where the file has a header in its first line.
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
        let wanted = if settlement.format == Format::V2 { vec![line.line, 1] } else { vec![line.line] };
        let found = app.archive.original_lines(&key.archive(), books, line.file, &wanted).await?;
        let mut found = found.into_iter();
        let text =
            found.next().flatten().ok_or_else(|| Fault::broken("an archived file lacks one of its lines"))?;
        let header = found.next().flatten();
        let columns = header.map(|header| columns(&header, &text)).unwrap_or_default();
        Ok(Self { text, columns })
    }
}

/// Names and values of the columns that hold something.
fn columns(header: &str, line: &str) -> Vec<(String, String)> {
    let filled = header.split('\t').zip(line.split('\t')).filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_are_left_out() {
        let named = columns("settlement-id\torder-id\tamount", "12\t\t-3.40");
        assert_eq!(named, [("settlement-id".into(), "12".into()), ("amount".into(), "-3.40".into())]);
    }
}
