//! What reading a file yields: its settlements with their sums, names, memos and problems.

use crate::money::Currency;

use super::{Head, Names, Tally, names::RawNames};

/// Which kind of file it is. The order is the priority by which one source feeds a settlement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// Settlement flat file V2, `GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2`.
    V2,
    /// Settlement flat file V1, `GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE`, withdrawn by Amazon on 2026-11-11.
    V1,
    /// Settlement XML, `GET_V2_SETTLEMENT_REPORT_DATA_XML`, withdrawn by Amazon on 2026-11-11.
    Xml,
    /// Date-range ("unified transaction") report from Seller Central.
    DateRange,
}

impl Format {
    /// Stable name: `v2`, `v1`, `xml`, `date_range`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V1 => "v1",
            Self::Xml => "xml",
            Self::DateRange => "date_range",
        }
    }

    /// The format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::V2, Self::V1, Self::Xml, Self::DateRange].into_iter().find(|format| format.name() == name)
    }
}

/// One settlement of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// Amazon's id.
    pub id: String,
    /// Kind of file it comes from.
    pub format: Format,
    /// Period, deposit, total. Date-range files give no period; their total is −Σ Transfer rows, if there are any.
    pub head: Head,
    /// Sums of its lines.
    pub tally: Tally,
    /// Rows that move no money yet.
    pub memo: Memo,
}

/// Deferred rows of a date-range file: shown beside the statement, in no account.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Memo {
    /// Rows whose money is deferred.
    pub deferred_rows: i64,
    /// Their total.
    pub deferred_amount: i64,
}

impl Settlement {
    /// Check F1: the sum of the lines equals the total, exactly. A settlement without a total does not fail it.
    ///
    /// The rows of a date-range file are checked one by one (F6); what was paid out may leave a reserve behind,
    /// so there [`Settlement::unpaid`] is information and no failure.
    pub fn balanced(&self) -> bool {
        self.format == Format::DateRange || self.unpaid() == 0
    }

    /// The sum of the lines less the total; 0 without a total.
    pub fn unpaid(&self) -> i64 {
        self.head.total.map_or(0, |total| self.tally.sum.saturating_sub(total))
    }
}

/// Something worth telling that does not refuse the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Line of the file, if one is meant.
    pub line: Option<u64>,
    /// What was noticed.
    pub message: String,
}

/// What reading a file yields.
pub struct Report {
    /// Kind of file.
    pub format: Format,
    /// Currency of all its amounts.
    pub currency: Currency,
    /// Name of the text encoding, such as `UTF-8`.
    pub encoding: &'static str,
    /// Settlements in the order of their first line.
    pub settlements: Vec<Settlement>,
    /// Dictionaries behind the ids in the tallies.
    pub names: Names,
    /// Lines of the file, header included.
    pub file_lines: u64,
    /// Bytes read, decompressed.
    pub bytes: u64,
    /// What was noticed.
    pub problems: Vec<Problem>,
    /// The dictionaries as bytes, for reading the file again with the same ids.
    pub(crate) raw: RawNames,
}
