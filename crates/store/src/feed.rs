//! The lines of a file on their way into the database: one thread reads and numbers them, the transaction stores
//! them in batches as they come.

use std::{io::Read, sync::Arc};

use ecom_ledger::{
    Account, Error, books,
    settlement::{self, Line, Options, Posting, Report, Sink, UnitKey, Units},
};
use rustc_hash::FxHashMap;
use tokio::sync::mpsc;

use crate::{
    bulk::{self, Column},
    error::{Result, StoreError},
    ids::SettlementKey,
    names::TenantNames,
    tx::Scoped,
};

/// Lines of one batch.
const BATCH: usize = 5000;
/// Batches that wait for the database.
const BATCHES_AHEAD: usize = 4;

/// Units refunded, per settlement of the report: one per refunded order item, since refunds carry no quantity.
pub(crate) type Refunds = FxHashMap<UnitKey, i64>;

/// Stores all lines of a file and the places of its orders; gives the refunds of each settlement.
pub(crate) async fn lines(
    books: &mut Scoped<'_>,
    original: Box<dyn Read + Send>,
    report: &Arc<Report>,
    options: &Options,
    keys: &[SettlementKey],
    names: &Arc<TenantNames>,
) -> Result<Vec<Refunds>> {
    let (out, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let feed = Feed::new(out, report, keys, Arc::clone(names));
    let (report, options) = (Arc::clone(report), options.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let mut feed = settlement::replay(original, &report, &options, feed)?;
        feed.send().map_err(|error| ecom_ledger::Refusal::whole(error.to_string(), "Try again"))?;
        Ok::<_, ecom_ledger::Refusal>((feed.runs, feed.refunds))
    });
    while let Some(batch) = batches.recv().await {
        let columns = Batch::columns(batch, books.tenant.0);
        bulk::insert(books.tx, "line", &columns).await?;
    }
    let read =
        reading.await.map_err(|_| StoreError::Setup("storing lines stopped unexpectedly".to_owned()))?;
    let (runs, refunds) = read.map_err(|refusal| StoreError::Conflict(refusal.to_string()))?;
    put_runs(books, runs).await?;
    Ok(refunds)
}

/// Columns of some lines.
#[derive(Default)]
struct Batch {
    settlement: Vec<i64>,
    line: Vec<i64>,
    col: Vec<i64>,
    part: Vec<i64>,
    posted_at: Vec<i64>,
    day: Vec<i64>,
    marketplace: Vec<i64>,
    order_id: Vec<String>,
    sku: Vec<i64>,
    quantity: Vec<i64>,
    label: Vec<i64>,
    account: Vec<i64>,
    amount: Vec<i64>,
}

impl Batch {
    fn columns(self, tenant: i64) -> [(&'static str, Column); 14] {
        [
            ("tenant_id", Column::Int(vec![tenant; self.line.len()])),
            ("settlement", Column::Int(self.settlement)),
            ("line", Column::Int(self.line)),
            ("col", Column::Int(self.col)),
            ("part", Column::Int(self.part)),
            ("posted_at", Column::Int(self.posted_at)),
            ("day", Column::Int(self.day)),
            ("marketplace", Column::Int(self.marketplace)),
            ("order_id", Column::Text(self.order_id)),
            ("sku", Column::Int(self.sku)),
            ("quantity", Column::Int(self.quantity)),
            ("label", Column::Int(self.label)),
            ("account", Column::Int(self.account)),
            ("amount", Column::Int(self.amount)),
        ]
    }
}

/// Neighbouring lines of one order.
struct Run {
    settlement: i64,
    order: String,
    first: i64,
    last: i64,
}

struct Feed {
    out: mpsc::Sender<Batch>,
    batch: Batch,
    keys: Vec<i64>,
    names: Arc<TenantNames>,
    is_refund: Vec<bool>,
    refunds: Vec<Refunds>,
    runs: Vec<Run>,
}

impl Feed {
    fn new(
        out: mpsc::Sender<Batch>,
        report: &Report,
        keys: &[SettlementKey],
        names: Arc<TenantNames>,
    ) -> Self {
        Self {
            out,
            batch: Batch::default(),
            keys: keys.iter().map(|key| key.0).collect(),
            names,
            is_refund: report.names.labels.iter().map(books::is_refund).collect(),
            refunds: vec![Refunds::default(); keys.len()],
            runs: Vec::new(),
        }
    }

    fn send(&mut self) -> std::result::Result<(), Error> {
        let batch = std::mem::take(&mut self.batch);
        let sent = self.out.blocking_send(batch);
        sent.map_err(|_| Error::Value("the import was stopped".to_owned()))
    }

    fn push(&mut self, line: &Line<'_>, settlement: i64, part: i64, account: Account, amount: i64) {
        let batch = &mut self.batch;
        batch.settlement.push(settlement);
        batch.line.push(i64::try_from(line.number).unwrap_or(i64::MAX));
        batch.col.push(i64::from(line.column));
        batch.part.push(part);
        batch.posted_at.push(line.posted);
        batch.day.push(i64::from(line.day));
        batch.marketplace.push(self.names.marketplace(line.marketplace));
        batch.order_id.push(String::from_utf8_lossy(line.order).into_owned());
        batch.sku.push(self.names.sku(line.sku));
        batch.quantity.push(line.quantity);
        batch.label.push(self.names.label(line.label));
        batch.account.push(account.code());
        batch.amount.push(amount);
    }

    fn run(&mut self, line: &Line<'_>, settlement: i64) {
        if line.order.is_empty() {
            return;
        }
        let number = i64::try_from(line.number).unwrap_or(i64::MAX);
        match self.runs.last_mut() {
            Some(run) if run.settlement == settlement && run.order.as_bytes() == line.order => {
                run.last = number;
            }
            _ => {
                let order = String::from_utf8_lossy(line.order).into_owned();
                self.runs.push(Run { settlement, order, first: number, last: number });
            }
        }
    }
}

impl Sink for Feed {
    fn line(&mut self, line: &Line<'_>, posting: Posting) -> std::result::Result<(), Error> {
        let at = line.settlement as usize;
        let settlement =
            self.keys.get(at).copied().ok_or_else(|| Error::Value("an unknown settlement".to_owned()))?;
        self.push(line, settlement, 0, posting.account, line.amount);
        if let Some(inside) = posting.gst_inside {
            self.push(line, settlement, 1, posting.account, -inside);
            self.push(line, settlement, 2, Account::GstInputUnsplit, inside);
        }
        self.run(line, settlement);
        if self.is_refund.get(line.label as usize).is_some_and(|refund| *refund) {
            let key = UnitKey { day: line.day, sku: line.sku, marketplace: line.marketplace };
            *self.refunds[at].entry(key).or_default() += 1;
        }
        if self.batch.line.len() >= BATCH { self.send() } else { Ok(()) }
    }

    fn units(&mut self, _: Units) -> std::result::Result<(), Error> {
        Ok(())
    }
}

/// Sorted, since entries that arrive in the order of their index are stored several times faster.
async fn put_runs(books: &mut Scoped<'_>, mut runs: Vec<Run>) -> Result<()> {
    runs.sort_unstable_by(|a, b| (&a.order, a.settlement, a.first).cmp(&(&b.order, b.settlement, b.first)));
    // Several transactions may stand on one line of an XML file: such runs of an order are one.
    runs.dedup_by(|later, kept| {
        let same =
            (&later.order, later.settlement, later.first) == (&kept.order, kept.settlement, kept.first);
        if same {
            kept.last = kept.last.max(later.last);
        }
        same
    });
    for chunk in runs.chunks(BATCH) {
        let columns = [
            ("tenant_id", Column::Int(vec![books.tenant.0; chunk.len()])),
            ("order_id", Column::Text(chunk.iter().map(|run| run.order.clone()).collect())),
            ("settlement", Column::Int(chunk.iter().map(|run| run.settlement).collect())),
            ("first_line", Column::Int(chunk.iter().map(|run| run.first).collect())),
            ("last_line", Column::Int(chunk.iter().map(|run| run.last).collect())),
        ];
        bulk::insert(books.tx, "order_run", &columns).await?;
    }
    Ok(())
}
