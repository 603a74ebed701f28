//! The header of a tab-separated settlement file, and the fields of one row.

use crate::Refusal;

/// More columns than any settlement file has.
pub(crate) const MOST_COLUMNS: usize = 64;

/// Where the columns of a V2 file stand. An absent optional column points behind every row.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) count: usize,
    pub(crate) settlement: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) deposit: usize,
    pub(crate) total: usize,
    pub(crate) currency: usize,
    pub(crate) transaction_type: usize,
    pub(crate) order: usize,
    pub(crate) marketplace: usize,
    pub(crate) amount_type: usize,
    pub(crate) description: usize,
    pub(crate) amount: usize,
    pub(crate) posted_date: usize,
    pub(crate) posted_time: usize,
    pub(crate) sku: usize,
    pub(crate) quantity: usize,
}

impl Columns {
    /// Finds the columns by name, in any case.
    pub(crate) fn parse(header: &[u8]) -> Result<Self, Refusal> {
        let names: Vec<String> = header
            .split(|&byte| byte == b'\t')
            .map(|name| String::from_utf8_lossy(name.trim_ascii()).trim_matches('"').to_lowercase())
            .collect();
        let find = |name: &str| names.iter().position(|found| found == name);
        let need = |name: &'static str| {
            find(name).ok_or_else(|| {
                let message = format!("the header has no column `{name}`");
                let remedy = "Upload the flat file V2 settlement report as Amazon made it; in Seller Central it is \
                              under Payments, Reports Repository";
                Refusal::at(1, name, message, remedy)
            })
        };
        let absent = MOST_COLUMNS;
        Ok(Self {
            count: names.len(),
            settlement: need("settlement-id")?,
            start: need("settlement-start-date")?,
            end: need("settlement-end-date")?,
            deposit: need("deposit-date")?,
            total: need("total-amount")?,
            currency: need("currency")?,
            transaction_type: need("transaction-type")?,
            order: need("order-id")?,
            marketplace: need("marketplace-name")?,
            amount_type: need("amount-type")?,
            description: need("amount-description")?,
            amount: need("amount")?,
            posted_date: need("posted-date")?,
            posted_time: find("posted-date-time").unwrap_or(absent),
            sku: need("sku")?,
            quantity: need("quantity-purchased")?,
        })
    }
}

/// The fields of one row, as places in a block.
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    start: usize,
    ends: &'a [usize],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8], start: usize, ends: &'a [usize]) -> Self {
        Self { bytes, start, ends }
    }

    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// A field without the spaces around it; empty if the row is shorter.
    pub(crate) fn get(&self, at: usize) -> &'a [u8] {
        let Some(&end) = self.ends.get(at) else { return &[] };
        let start = if at == 0 { self.start } else { self.ends[at - 1] + 1 };
        let field = &self.bytes[start..end];
        match field {
            [b' ' | b'\r', ..] | [.., b' ' | b'\r'] => field.trim_ascii(),
            _ => field,
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        (0..self.count()).all(|at| self.get(at).is_empty())
    }
}
