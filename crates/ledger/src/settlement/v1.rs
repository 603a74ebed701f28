//! The settlement flat file V1, withdrawn in November 2026 and still in sellers' archives.
//!
//! A row has up to nine money columns, and each that is filled becomes a line under the label that the same
//! money has in V2, by Amazon's own map: the name of a type column becomes the amount type, its value the
//! description. Columns are found by name: 33 of them when no row has a promotion, else 36.

use crate::Refusal;

use super::{
    Format,
    columns::{Common, Fields, Header, MOST_COLUMNS},
    flat::Layout,
    line::{Line, Sink, Units},
    rows::Rows,
    scan::Stop,
};

/// Where the columns of a V1 file stand.
#[derive(Debug)]
pub(crate) struct V1 {
    common: Common,
    item: usize,
    last_needed: usize,
    money: Vec<Money>,
}

/// A money column and the column that says what it is for.
#[derive(Debug)]
struct Money {
    name: &'static str,
    amount: usize,
    kind: usize,
    amount_type: &'static str,
}

/// Amount column, type column, amount type in V2. The place in this list is the column of a line, from 1.
const MONEY: [[&str; 3]; 9] = [
    ["shipment-fee-amount", "shipment-fee-type", "Shipment-Fees"],
    ["order-fee-amount", "order-fee-type", "Order-Fees"],
    ["price-amount", "price-type", "ItemPrice"],
    ["item-related-fee-amount", "item-related-fee-type", "ItemFees"],
    ["misc-fee-amount", "", "misc-fee"],
    ["other-fee-amount", "other-fee-reason-description", OTHER],
    ["promotion-amount", "promotion-type", "Promotion"],
    ["direct-payment-amount", "direct-payment-type", "DirectPayment"],
    ["other-amount", "", OTHER],
];

const OTHER: &str = "other-transaction";

impl Layout for V1 {
    const FORMAT: Format = Format::V1;

    fn parse(header: &Header) -> Result<Self, Refusal> {
        // The promotion columns are absent from a file without promotions; every other one is there.
        let optional = |name: &str| name.starts_with("promotion");
        let place = |name: &'static str| match name {
            "" => Ok(MOST_COLUMNS),
            _ if optional(name) => Ok(header.find(name)),
            _ => header.need(name),
        };
        let money = MONEY.into_iter().map(|[name, kind, amount_type]| {
            Ok(Money { name, amount: place(name)?, kind: place(kind)?, amount_type })
        });
        let money = money.collect::<Result<Vec<_>, Refusal>>()?;
        let present = money.iter().map(|column| column.amount).filter(|&at| at < MOST_COLUMNS);
        let last_needed = present.max().unwrap_or(0);
        Ok(Self { common: Common::parse(header)?, item: header.find("order-item-code"), last_needed, money })
    }

    fn common(&self) -> &Common {
        &self.common
    }

    /// Units are counted by comparing neighbouring rows, which threads would tear apart.
    fn threads() -> usize {
        1
    }

    fn row<S: Sink>(rows: &mut Rows<'_, '_, S, Self>, row: &Fields<'_>) -> Result<(), Box<Stop>> {
        let layout = rows.layout;
        if row.count() <= layout.last_needed {
            return if row.is_blank() { Ok(()) } else { Err(rows.short(row)) };
        }
        let settlement = rows.settlement(row)?;
        let mut line = rows.line(row)?;
        line.settlement = settlement;
        let mut filled = false;
        for (column, money) in (1..).zip(&layout.money) {
            let text = row.get(money.amount);
            if text.is_empty() {
                continue;
            }
            filled = true;
            line.column = column;
            line.amount = rows.scan.amount(text, money.name)?;
            line.label = label(rows, money, row);
            rows.scan.post(&line)?;
        }
        units(rows, row, &line, filled)
    }
}

fn label<S: Sink>(rows: &mut Rows<'_, '_, S, V1>, money: &Money, row: &Fields<'_>) -> u32 {
    let transaction = row.get(rows.layout.common.transaction_type);
    let kind = row.get(money.kind);
    let is = |name: &str| transaction.eq_ignore_ascii_case(name.as_bytes());
    match money.name {
        // Advertising: V2 has one amount with its tax, V1 the tax in a column of its own.
        "item-related-fee-amount" if is("ServiceFee") => rows.label([transaction, kind, b"Base amount"]),
        // Money outside orders: the transaction type says what it is.
        "other-amount" if !["Order", "Refund", "ServiceFee"].into_iter().any(is) => {
            rows.label([OTHER.as_bytes(), OTHER.as_bytes(), transaction])
        }
        "other-amount" => rows.label([transaction, OTHER.as_bytes(), b"other-amount"]),
        _ => rows.label([transaction, money.amount_type.as_bytes(), kind]),
    }
}

/// An item's quantity stands once, on a row without money; older files have it on the row with its price.
fn units<S: Sink>(
    rows: &mut Rows<'_, '_, S, V1>,
    row: &Fields<'_>,
    line: &Line<'_>,
    filled: bool,
) -> Result<(), Box<Stop>> {
    let layout = rows.layout;
    let order = row.get(layout.common.transaction_type).eq_ignore_ascii_case(b"Order");
    if line.quantity == 0 || !order {
        return Ok(());
    }
    let priced = layout
        .money
        .iter()
        .any(|money| money.name == "price-amount" && row.get(money.kind).eq_ignore_ascii_case(b"Principal"));
    if (filled && !priced) || rows.counted_already(line.order, row.get(layout.item)) {
        return Ok(());
    }
    let Line { settlement, marketplace, sku, day, quantity: count, .. } = *line;
    rows.scan.units(Units { settlement, marketplace, sku, day, count })
}
