//! The settlement flat file V2, the only settlement format Amazon still makes: one row is one amount.
//!
//! Columns are found by header name (23 or 24 of them).

use crate::Refusal;

use super::{
    Format,
    columns::{Common, Fields, Header},
    flat::Layout,
    line::{Sink, Units},
    rows::Rows,
    scan::Stop,
};

/// Where the columns of a V2 file stand.
#[derive(Debug)]
pub(crate) struct V2 {
    common: Common,
    amount_type: usize,
    description: usize,
    amount: usize,
}

impl Layout for V2 {
    const FORMAT: Format = Format::V2;

    fn parse(header: &Header) -> Result<Self, Refusal> {
        Ok(Self {
            common: Common::parse(header)?,
            amount_type: header.need("amount-type")?,
            description: header.need("amount-description")?,
            amount: header.need("amount")?,
        })
    }

    fn common(&self) -> &Common {
        &self.common
    }

    #[inline]
    fn row<S: Sink>(rows: &mut Rows<'_, '_, S, Self>, row: &Fields<'_>) -> Result<(), Box<Stop>> {
        let columns = rows.layout;
        if row.count() <= columns.amount {
            return if row.is_blank() { Ok(()) } else { Err(rows.short(row)) };
        }
        let transaction = row.get(columns.common.transaction_type);
        let settlement = rows.settlement(row)?;
        let label = rows.label([transaction, row.get(columns.amount_type), row.get(columns.description)]);
        let amount = rows.scan.amount(row.get(columns.amount), "amount")?;
        let mut line = rows.line(row)?;
        (line.settlement, line.label, line.amount) = (settlement, label, amount);
        rows.scan.post(&line)?;
        if line.quantity != 0 && rows.counts_units(label) {
            let (marketplace, sku, day) = (line.marketplace, line.sku, line.day);
            rows.scan.units(Units { settlement, marketplace, sku, day, count: line.quantity })?;
        }
        Ok(())
    }
}
