//! Settlement flat files V2 of amazon.in: orders, refunds, account-level rows, reserves; total = Σ amounts.
//!
//! Each fee and its GST stand on their own line, as in real files. A file is generated twice: once to learn its
//! total, which stands in its first row, and once to write it; memory does not grow with its length.

use std::io::{self, Write};

use crate::{
    catalogue::{Catalogue, Product},
    chance::Chance,
};

const HEADER: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmerchant-order-id\tadjustment-id\tshipment-id\tmarketplace-name\tamount-type\tamount-description\tamount\tfulfillment-id\tposted-date\tposted-date-time\torder-item-code\tmerchant-order-item-id\tmerchant-adjustment-item-id\tsku\tquantity-purchased\tpromotion-id\n";

/// What a settlement file should hold. Instants in seconds since 1970-01-01 UTC, money in paise.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides everything that is not said here.
    pub seed: u64,
    /// Settlement id.
    pub id: u64,
    /// Start of the period.
    pub start: i64,
    /// End of the period.
    pub end: i64,
    /// Ledger lines to write, reserve rows included.
    pub rows: u64,
    /// Reserve released from the settlement before (≥ 0).
    pub previous_reserve: i64,
    /// Reserve held back into the next settlement (≥ 0).
    pub current_reserve: i64,
    /// Rows that no generator would think of.
    pub extra: Vec<Extra>,
}

/// A row given by hand: (transaction-type, amount-type, amount-description), SKU, amount in paise.
#[derive(Clone, Debug)]
pub struct Extra {
    /// The label.
    pub label: [String; 3],
    /// SKU, or empty.
    pub sku: String,
    /// Amount in paise.
    pub amount: i64,
}

/// Writes the file and returns its total in paise.
pub fn write_v2(plan: &Plan, catalogue: &Catalogue, out: &mut impl Write) -> io::Result<i64> {
    let total = rows(plan, catalogue, &mut io::sink())?;
    out.write_all(HEADER.as_bytes())?;
    let (start, end, deposit) = (stamp(plan.start), stamp(plan.end), stamp(plan.end + 2 * 86_400));
    writeln!(out, "{}\t{start}\t{end}\t{deposit}\t{}\tINR{}", plan.id, Money(total), "\t".repeat(18))?;
    rows(plan, catalogue, out)
}

struct Money(i64);

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let paise = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", paise / 100, paise % 100)
    }
}

/// `dd.mm.yyyy HH:MM:SS UTC`
fn stamp(seconds: i64) -> String {
    let text = jiff::Timestamp::from_second(seconds).unwrap_or_default().strftime("%d.%m.%Y %H:%M:%S UTC");
    text.to_string()
}

/// Writes rows until the plan's count is reached; returns the sum of their amounts.
fn rows(plan: &Plan, catalogue: &Catalogue, out: &mut impl Write) -> io::Result<i64> {
    let mut sheet = Sheet { out, plan, left: plan.rows, sum: 0, scratch: String::new() };
    let mut chance = Chance::new(plan.seed);
    let reserves = u64::from(plan.previous_reserve != 0) + u64::from(plan.current_reserve != 0);
    let kept = reserves + plan.extra.len() as u64;
    sheet.left = sheet.left.saturating_sub(kept);
    account_rows(&mut sheet, &mut chance, catalogue)?;
    let mut serial = 0;
    while sheet.left > 0 {
        serial += 1;
        let order = Order::new(plan, catalogue, &mut chance, serial);
        if order.refund { order.write_refund(&mut sheet)? } else { order.write(&mut sheet, &mut chance)? }
    }
    sheet.left = kept;
    for extra in &plan.extra {
        let [transaction, kind, description] = extra.label.each_ref().map(String::as_str);
        let tail = Tail { when: stamp(plan.end - 3600), sku: &extra.sku, ..Tail::default() };
        sheet.row(transaction, "", kind, description, extra.amount, 0, &tail)?;
    }
    for (name, amount, when) in [
        ("Previous Reserve Amount Balance", plan.previous_reserve, plan.start),
        ("Current Reserve Amount", -plan.current_reserve, plan.end),
    ] {
        if amount != 0 {
            let tail = Tail { when: stamp(when), ..Tail::default() };
            sheet.row("other-transaction", "", "other-transaction", name, amount, 0, &tail)?;
        }
    }
    Ok(sheet.sum)
}

struct Sheet<'a, W> {
    out: &'a mut W,
    plan: &'a Plan,
    left: u64,
    sum: i64,
    scratch: String,
}

/// The columns that all rows of an order share.
#[derive(Default)]
struct Tail<'a> {
    order: &'a str,
    adjustment: &'a str,
    shipment: &'a str,
    marketplace: &'a str,
    fulfilment: &'a str,
    when: String,
    item: &'a str,
    sku: &'a str,
}

impl<W: Write> Sheet<'_, W> {
    #[allow(clippy::too_many_arguments, reason = "the columns of one row")]
    fn row(
        &mut self,
        transaction: &str,
        order: &str,
        kind: &str,
        description: &str,
        amount: i64,
        quantity: i64,
        tail: &Tail<'_>,
    ) -> io::Result<()> {
        use std::fmt::Write as _;
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        self.sum += amount;
        let merchant = if transaction == "Refund" { order } else { "" };
        let units = if quantity > 0 { quantity.to_string() } else { String::new() };
        let date = tail.when.split(' ').next().unwrap_or_default();
        self.scratch.clear();
        let written = writeln!(
            self.scratch,
            "{}\t\t\t\t\t\t{transaction}\t{order}\t{merchant}\t{}\t{}\t{}\t{kind}\t{description}\t{}\t{}\t{date}\t{}\t{}\t\t\t{}\t{units}\t",
            self.plan.id,
            tail.adjustment,
            tail.shipment,
            tail.marketplace,
            Money(amount),
            tail.fulfilment,
            tail.when,
            tail.item,
            tail.sku,
        );
        written.map_err(io::Error::other)?;
        self.out.write_all(self.scratch.as_bytes())
    }

    /// A fee and the GST on it: one line each, or two for the two heads inside a State.
    fn fee(
        &mut self,
        transaction: &str,
        name: &str,
        amount: i64,
        same_state: bool,
        tail: &Tail<'_>,
    ) -> io::Result<()> {
        self.row(transaction, tail.order, "ItemFees", name, amount, 0, tail)?;
        if same_state {
            let half = share(amount, 900);
            self.row(transaction, tail.order, "ItemFees", &format!("{name} CGST"), half, 0, tail)?;
            self.row(transaction, tail.order, "ItemFees", &format!("{name} SGST"), half, 0, tail)
        } else {
            self.row(
                transaction,
                tail.order,
                "ItemFees",
                &format!("{name} IGST"),
                share(amount, 1800),
                0,
                tail,
            )
        }
    }
}

/// A share in basis points, rounded half away from zero.
fn share(amount: i64, basis_points: i64) -> i64 {
    let product = amount * basis_points;
    if product < 0 { (product - 5000) / 10_000 } else { (product + 5000) / 10_000 }
}

struct Order<'a> {
    product: &'a Product,
    id: String,
    item: String,
    case: String,
    shipment: String,
    posted: i64,
    quantity: i64,
    same_state: bool,
    refund: bool,
}

impl<'a> Order<'a> {
    fn new(plan: &Plan, catalogue: &'a Catalogue, chance: &mut Chance, serial: u64) -> Self {
        let product = &catalogue.products[chance.popular(catalogue.products.len())];
        let posted = chance.between(plan.start, plan.end - 1);
        let (first, middle, last) = (
            chance.between(402, 408),
            chance.between(1_000_000, 9_999_999),
            chance.between(1_000_000, 9_999_999),
        );
        Self {
            product,
            id: format!("{first}-{middle}-{last}"),
            item: format!("{}", 10_000_000_000_000 + plan.id % 1000 * 10_000_000 + serial),
            case: format!("{}", 7_000_000 + serial),
            shipment: format!("D{:08x}", chance.between(0, 0xFFFF_FFFF)),
            posted,
            quantity: if chance.percent(8) { chance.between(2, 4) } else { 1 },
            same_state: chance.percent(20),
            refund: chance.percent(9),
        }
    }

    fn tail(&self) -> Tail<'_> {
        Tail {
            order: &self.id,
            adjustment: if self.refund { &self.case } else { "" },
            shipment: &self.shipment,
            marketplace: "Amazon.in",
            fulfilment: "AFN",
            when: stamp(self.posted),
            item: &self.item,
            sku: &self.product.sku,
        }
    }

    fn write<W: Write>(&self, sheet: &mut Sheet<'_, W>, chance: &mut Chance) -> io::Result<()> {
        let tail = self.tail();
        let price = self.product.price * self.quantity;
        let row = |sheet: &mut Sheet<'_, W>, kind: &str, name: &str, amount: i64, quantity: i64| {
            sheet.row("Order", tail.order, kind, name, amount, quantity, &tail)
        };
        row(sheet, "ItemPrice", "Principal", price, self.quantity)?;
        row(sheet, "ItemPrice", "Product Tax", share(price, self.product.gst_bp), 0)?;
        let mut taxable = price;
        if chance.percent(25) {
            row(sheet, "ItemPrice", "Shipping", 3390, 0)?;
            row(sheet, "ItemPrice", "Shipping tax", 610, 0)?;
            taxable += 3390;
        }
        if chance.percent(12) {
            let rebate = -share(price, 500);
            row(sheet, "Promotion", "Promo rebates", rebate, 0)?;
            row(sheet, "Promotion", "Product tax discount", share(rebate, self.product.gst_bp), 0)?;
            taxable += rebate;
        }
        let with_gst = price + share(price, self.product.gst_bp);
        let closing = if with_gst > 100_000 {
            -7900
        } else if with_gst > 50_000 {
            -4800
        } else {
            -2600
        };
        sheet.fee(
            "Order",
            "Commission",
            -share(with_gst, self.product.referral_bp),
            self.same_state,
            &tail,
        )?;
        sheet.fee("Order", "Fixed closing fee", closing, self.same_state, &tail)?;
        sheet.fee("Order", "FBA Pick & Pack Fee", -1400 * self.quantity, self.same_state, &tail)?;
        sheet.fee(
            "Order",
            "FBA Weight Handling Fee",
            -4400 - 1300 * (self.quantity - 1),
            self.same_state,
            &tail,
        )?;
        if chance.percent(30) {
            sheet.fee("Order", "Technology Fee", -500, self.same_state, &tail)?;
        }
        self.withheld(sheet, "Order", taxable, &tail)
    }

    fn write_refund<W: Write>(&self, sheet: &mut Sheet<'_, W>) -> io::Result<()> {
        let tail = self.tail();
        let price = self.product.price * self.quantity;
        let with_gst = price + share(price, self.product.gst_bp);
        sheet.row("Refund", tail.order, "ItemPrice", "Principal", -price, 0, &tail)?;
        sheet.row(
            "Refund",
            tail.order,
            "ItemPrice",
            "Product Tax",
            -share(price, self.product.gst_bp),
            0,
            &tail,
        )?;
        sheet.fee(
            "Refund",
            "Commission",
            share(with_gst, self.product.referral_bp),
            self.same_state,
            &tail,
        )?;
        sheet.fee("Refund", "Refund commission", -5000, self.same_state, &tail)?;
        self.withheld(sheet, "Refund", -price, &tail)
    }

    /// TCS under section 52 CGST (0.5 %) and TDS under section 194-O (0.1 %) on the taxable value.
    fn withheld<W: Write>(
        &self,
        sheet: &mut Sheet<'_, W>,
        transaction: &str,
        taxable: i64,
        tail: &Tail<'_>,
    ) -> io::Result<()> {
        if self.same_state {
            sheet.row(transaction, tail.order, "ItemTCS", "TCS-CGST", -share(taxable, 25), 0, tail)?;
            sheet.row(transaction, tail.order, "ItemTCS", "TCS-SGST", -share(taxable, 25), 0, tail)?;
        } else {
            sheet.row(transaction, tail.order, "ItemTCS", "TCS-IGST", -share(taxable, 50), 0, tail)?;
        }
        sheet.row(transaction, tail.order, "ItemTDS", "TDS (Section 194-O)", -share(taxable, 10), 0, tail)
    }
}

/// Advertising by the day, storage, a coupon, reimbursements: about 1 % of the rows of a small file.
fn account_rows<W: Write>(
    sheet: &mut Sheet<'_, W>,
    chance: &mut Chance,
    catalogue: &Catalogue,
) -> io::Result<()> {
    let plan = sheet.plan;
    let days = (plan.end - plan.start) / 86_400;
    let scale = i64::try_from(plan.rows).unwrap_or(i64::MAX).min(1_000_000);
    for day in 0..days {
        let spent = -scale * chance.between(60, 110) / days.max(1) * 10;
        let tail = Tail { when: stamp(plan.start + day * 86_400 + 7200), ..Tail::default() };
        sheet.row("ServiceFee", "", "Cost of Advertising", "TransactionTotalAmount", spent, 0, &tail)?;
    }
    let tail = Tail { when: stamp(plan.start + 3 * 86_400), ..Tail::default() };
    let storage = -scale * chance.between(8, 14);
    sheet.row("FBAFees", "", "FBA Inventory Storage Fee", "Base fee", storage, 0, &tail)?;
    sheet.row("FBAFees", "", "FBA Inventory Storage Fee", "Tax on fee", share(storage, 1800), 0, &tail)?;
    sheet.row(
        "CouponRedemptionFee",
        "",
        "CouponRedemptionFee",
        "Redemptions for coupon FESTIVE10",
        -scale,
        0,
        &tail,
    )?;
    let product = &catalogue.products[chance.popular(catalogue.products.len())];
    let tail = Tail { sku: &product.sku, ..tail };
    sheet.row(
        "other-transaction",
        "",
        "FBA Inventory Reimbursement",
        "WAREHOUSE_DAMAGE",
        product.cost,
        1,
        &tail,
    )?;
    sheet.row(
        "SAFE-T Reimbursement",
        "",
        "Other Transactions",
        "SAFE-T Reimbursement",
        product.price / 2,
        0,
        &tail,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rows: u64) -> Plan {
        let start = 1_790_000_000;
        Plan {
            seed: 7,
            id: 26_000_000_001,
            start,
            end: start + 14 * 86_400,
            rows,
            previous_reserve: 4_567_800,
            current_reserve: 5_123_400,
            extra: Vec::new(),
        }
    }

    #[test]
    fn the_total_is_the_sum_and_the_rows_are_counted() {
        let mut file = Vec::new();
        let total = write_v2(&plan(1000), &Catalogue::new(7, 40), &mut file).unwrap();
        let text = String::from_utf8(file).unwrap();
        let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
        let paise = |amount: &str| amount.replace('.', "").parse::<i64>().unwrap();
        let rows: Vec<Vec<String>> = text.lines().skip(1).map(cells).collect();
        assert!(rows.iter().all(|row| row.len() == 24));
        assert_eq!(rows.len(), 1001);
        assert_eq!(paise(&rows[0][4]), total);
        assert_eq!(rows[1..].iter().map(|row| paise(&row[14])).sum::<i64>(), total);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let write = |seed| {
            let mut file = Vec::new();
            write_v2(&Plan { seed, ..plan(200) }, &Catalogue::new(7, 40), &mut file).unwrap();
            file
        };
        assert_eq!(write(1), write(1));
        assert_ne!(write(1), write(2));
    }
}
