//! The journal and the registers as sheets, for CSV and XLSX.

use ecom_documents::{Sheet, Value};
use jiff::civil::Date;

use crate::{Error, money::Currency};

use super::{Journal, Leg, Registers, Roll, Voucher, voucher::Entry};

/// Makes the cells of amounts in one currency.
#[derive(Clone, Copy)]
struct Cells(u8);

impl Cells {
    fn of(currency: Currency) -> Self {
        Self(u8::try_from(currency.exponent()).unwrap_or(0))
    }

    fn money(self, minor: i64) -> Value {
        Value::Money { minor, exponent: self.0 }
    }

    fn side(self, minor: i64) -> Value {
        if minor > 0 { self.money(minor) } else { Value::Empty }
    }
}

fn sheet<const N: usize>(name: &str, header: [&str; N], rows: Vec<[Value; N]>) -> Sheet {
    Sheet {
        name: name.to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(|row| row.to_vec()).collect(),
    }
}

fn date(day: Option<Date>) -> Value {
    day.map_or(Value::Empty, Value::Date)
}

fn text(text: Option<&String>) -> Value {
    text.map_or(Value::Empty, |text| text.as_str().into())
}

impl Journal {
    /// One row per entry: debit and credit in columns of their own.
    pub fn sheet(&self) -> Result<Sheet, Error> {
        let cells = Cells::of(self.currency);
        let entries = self
            .vouchers
            .iter()
            .flat_map(|voucher| voucher.entries.iter().map(move |entry| (voucher, entry)));
        let rows = entries.map(|(voucher, entry)| entry_row(cells, self.currency, voucher, entry));
        let header = [
            "date",
            "voucher_type",
            "voucher_id",
            "settlement_id",
            "ledger",
            "group",
            "account",
            "currency",
            "debit",
            "credit",
            "utr",
            "dated_by",
            "narration",
        ];
        Ok(sheet("Journal", header, rows.collect::<Result<_, _>>()?))
    }

    /// The ledgers that the vouchers use.
    pub fn ledger_sheet(&self) -> Sheet {
        let rows = self.ledgers().into_iter().map(|ledger| [ledger.name.into(), ledger.group.into()]);
        sheet("Ledgers", ["ledger", "group"], rows.collect())
    }

    /// The party ledger by month, from what Amazon held before.
    pub fn roll_sheet(&self, opening: i64) -> Result<Sheet, Error> {
        let cells = Cells::of(self.currency);
        let row = |roll: Roll| {
            let amounts = [roll.opening, roll.lines, roll.paid, roll.charged, roll.returned, roll.closing];
            let [opening, lines, paid, charged, returned, closing] = amounts.map(|minor| cells.money(minor));
            [roll.month.to_string().into(), opening, lines, paid, charged, returned, closing]
        };
        let header = ["month", "opening", "lines", "paid_out", "charged", "returned", "closing"];
        Ok(sheet("Held by Amazon", header, self.roll_forward(opening)?.into_iter().map(row).collect()))
    }
}

fn entry_row(
    cells: Cells,
    currency: Currency,
    voucher: &Voucher,
    entry: &Entry,
) -> Result<[Value; 13], Error> {
    let account = match &entry.leg {
        Leg::Account(_) | Leg::Indirect(_) => entry.leg.key().into(),
        _ => Value::Empty,
    };
    Ok([
        Value::Date(voucher.date),
        voucher.form.name().into(),
        voucher.id.as_str().into(),
        text(voucher.settlement.as_ref()),
        entry.ledger.name.as_str().into(),
        entry.ledger.group.as_str().into(),
        account,
        currency.code().into(),
        cells.side(entry.amount.checked_neg().ok_or(Error::Overflow)?),
        cells.side(entry.amount),
        text(voucher.utr.as_ref()),
        voucher.dated_by.name().into(),
        voucher.narration.as_str().into(),
    ])
}

impl Registers {
    /// All registers, one sheet each.
    pub fn sheets(&self) -> [Sheet; 4] {
        [self.tcs_sheet(), self.tds_sheet(), self.fee_gst_sheet(), self.payout_sheet()]
    }

    /// TCS by month and head.
    pub fn tcs_sheet(&self) -> Sheet {
        let cells = Cells::of(self.currency);
        let gstin = self.gstin.map_or(Value::Empty, |gstin| gstin.as_str().into());
        let state = self.gstin.map_or(Value::Empty, |gstin| gstin.state().name().into());
        let rows = self.tcs.iter().map(|row| {
            let [igst, cgst, sgst, total] =
                [row.igst, row.cgst, row.sgst, row.total].map(|minor| cells.money(minor));
            [row.month.to_string().into(), gstin.clone(), state.clone(), igst, cgst, sgst, total]
        });
        let header = ["month", "gstin", "state", "tcs_igst", "tcs_cgst", "tcs_sgst", "tcs_total"];
        sheet("TCS", header, rows.collect())
    }

    /// TDS by quarter.
    pub fn tds_sheet(&self) -> Sheet {
        let cells = Cells::of(self.currency);
        let rows = self.tds.iter().map(|row| {
            let (year, quarter) = (row.year.label().into(), row.quarter.to_string().into());
            [year, quarter, cells.money(row.on_sales), cells.money(row.on_fees_paid_back)]
        });
        let header = ["financial_year", "quarter", "tds_withheld", "tds_on_fees_paid_back"];
        sheet("TDS", header, rows.collect())
    }

    /// GST on fees by month and head.
    pub fn fee_gst_sheet(&self) -> Sheet {
        let cells = Cells::of(self.currency);
        let rows = self.fee_gst.iter().map(|row| {
            let amounts = [row.igst, row.cgst, row.sgst, row.unsplit, row.estimated, row.cost];
            let [igst, cgst, sgst, unsplit, estimated, cost] = amounts.map(|minor| cells.money(minor));
            [row.month.to_string().into(), igst, cgst, sgst, unsplit, estimated, cost]
        });
        let header = ["month", "igst", "cgst", "sgst", "unsplit", "estimated", "no_credit"];
        sheet("GST on fees", header, rows.collect())
    }

    /// UTR and bank date per settlement.
    pub fn payout_sheet(&self) -> Sheet {
        let cells = Cells::of(self.currency);
        let rows = self.payouts.iter().map(|row| {
            [
                row.settlement.as_str().into(),
                date(row.start),
                date(row.end),
                date(row.deposit),
                row.total.map_or(Value::Empty, |minor| cells.money(minor)),
                cells.money(row.paid),
                text(row.bank.utr.as_ref()),
                date(row.bank.date),
            ]
        });
        let header =
            ["settlement_id", "start", "end", "deposit_date", "total", "paid_out", "utr", "bank_date"];
        sheet("Pay-outs", header, rows.collect())
    }
}
