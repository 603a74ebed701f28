//! All lines behind a figure as a file, however many there are.

use ecom_documents::{Sheet, Value};
use ecom_store::{LineCursor, LineFilter, LineView, Tx};
use jiff::Timestamp;

use super::subject::Subject;
use crate::{
    app::App,
    download::{Download, FileName, Rows, amount, date, filled, sheet},
    fault::Page,
    scope::Scope,
    seat::{Seat, Viewer},
};

pub(crate) const TABLE: &str = "Lines";
/// Lines that are held at a time.
const PIECE: usize = 2_000;
const HEADER: [&str; 17] = [
    "Posted",
    "Posted at (UTC)",
    "Settlement",
    "Order",
    "SKU",
    "Quantity",
    "Transaction type",
    "Amount type",
    "Description",
    "Account",
    "Amount",
    "Currency",
    "Estimate",
    "Marketplace",
    "File",
    "Line",
    "Column",
];

pub(super) async fn send(
    app: App,
    seat: Seat<Viewer>,
    tx: Tx,
    scope: &Scope,
    wanted: Download,
    filter: LineFilter,
    subject: &Subject,
) -> Page {
    let name = FileName::of(&seat, &format!("lines {}", subject.title), scope.period);
    let lines = Lines { tx, seat, filter, after: None, over: !subject.in_files() };
    wanted.send_rows(&app, &name, head(), lines).await
}

pub(crate) fn head() -> Sheet {
    sheet(TABLE, HEADER, [])
}

/// The lines of a filter, in one snapshot of the books.
struct Lines {
    tx: Tx,
    seat: Seat<Viewer>,
    filter: LineFilter,
    after: Option<LineCursor>,
    over: bool,
}

impl Rows for Lines {
    async fn more(&mut self) -> Page<Vec<Vec<Value>>> {
        if self.over {
            return Ok(Vec::new());
        }
        let found = self.seat.books(&mut self.tx).await?.lines(&self.filter, self.after, PIECE).await?;
        self.after = found.last().map(|line| line.cursor);
        self.over = found.len() < PIECE;
        Ok(found.into_iter().map(|line| row(line).to_vec()).collect())
    }
}

pub(crate) fn row(line: LineView) -> [Value; 17] {
    let at = Timestamp::from_microsecond(line.posted_at).map_or(Value::Empty, |at| at.to_string().into());
    [
        date(line.day),
        at,
        line.settlement_id.into(),
        filled(&line.order_id),
        filled(&line.sku),
        line.quantity.into(),
        filled(&line.label.transaction_type),
        filled(&line.label.amount_type),
        filled(&line.label.description),
        line.account.name().into(),
        amount(line.currency, line.amount),
        line.currency.code().into(),
        if line.estimated { "estimate".into() } else { Value::Empty },
        filled(&line.marketplace),
        line.file_name.into(),
        line.line.into(),
        line.column.into(),
    ]
}
