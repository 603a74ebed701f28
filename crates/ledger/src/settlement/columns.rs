//! The header of a tab-separated settlement file, and the fields of one row.

use crate::Refusal;

/// More columns than any settlement file has.
pub(crate) const MOST_COLUMNS: usize = 64;

/// Names of a header's columns, folded.
pub(crate) struct Header {
    names: Vec<String>,
    line: u64,
}

impl Header {
    pub(crate) fn parse(header: &[u8], line: u64) -> Self {
        let names = header
            .split(|&byte| byte == b'\t')
            .map(|name| String::from_utf8_lossy(name.trim_ascii()).trim_matches('"').to_lowercase())
            .collect();
        Self { names, line }
    }

    /// How many columns the header has.
    pub(crate) fn count(&self) -> usize {
        self.names.len()
    }

    /// Where a column stands; behind every row if it is absent.
    pub(crate) fn find(&self, name: &str) -> usize {
        self.names.iter().position(|found| found == name).unwrap_or(MOST_COLUMNS)
    }

    /// Where a column stands that every such file has.
    pub(crate) fn need(&self, name: &str) -> Result<usize, Refusal> {
        match self.find(name) {
            MOST_COLUMNS => {
                let message = format!("the header has no column `{name}`");
                let remedy = "Upload the flat file settlement report as Amazon made it; in Seller Central it is \
                              under Payments, Reports Repository";
                Err(Refusal::at(self.line, name, message, remedy))
            }
            at => Ok(at),
        }
    }
}

/// Columns of both flat files. An absent optional column points behind every row.
#[derive(Debug)]
pub(crate) struct Common {
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
    pub(crate) posted_date: usize,
    pub(crate) posted_time: usize,
    pub(crate) sku: usize,
    pub(crate) quantity: usize,
}

impl Common {
    /// Finds the columns by name, in any case.
    pub(crate) fn parse(header: &Header) -> Result<Self, Refusal> {
        Ok(Self {
            count: header.count(),
            settlement: header.need("settlement-id")?,
            start: header.need("settlement-start-date")?,
            end: header.need("settlement-end-date")?,
            deposit: header.need("deposit-date")?,
            total: header.need("total-amount")?,
            currency: header.need("currency")?,
            transaction_type: header.need("transaction-type")?,
            order: header.need("order-id")?,
            marketplace: header.need("marketplace-name")?,
            posted_date: header.need("posted-date")?,
            posted_time: header.find("posted-date-time"),
            sku: header.need("sku")?,
            quantity: header.need("quantity-purchased")?,
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
