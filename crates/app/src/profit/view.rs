//! What `ecom profit` says, ready to print: the JSON form is stable and described in docs/profit.md.

use std::fmt;

use ecom_ledger::{Currency, Minor};
use serde::{Serialize, Serializer};

/// An amount, written as a decimal only when it is printed: a long answer holds a hundred thousand of them.
#[derive(Clone, Copy)]
pub(crate) struct Amount(pub(crate) i64, pub(crate) Currency);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&Minor(self.0).decimal(self.1))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Everything the command says.
#[derive(Serialize)]
pub(crate) struct View {
    pub(crate) settlements: Vec<SettlementView>,
    pub(crate) statement: Vec<AccountView>,
    pub(crate) groups: Vec<GroupView>,
    pub(crate) bridge: Vec<BridgeView>,
    pub(crate) basis: &'static str,
    pub(crate) provisional: bool,
    pub(crate) unclassified: Vec<UnclassifiedView>,
    pub(crate) problems: Vec<ProblemView>,
    pub(crate) totals: Vec<TotalsView>,
    pub(crate) roll_forward: Vec<RollView>,
    pub(crate) checks: Vec<CheckView>,
    /// The statement for people: only the table form shows it.
    #[serde(skip)]
    pub(crate) summaries: Vec<SummaryView>,
    /// What groups were asked by; some answers have none.
    #[serde(skip)]
    pub(crate) by: Option<&'static str>,
}

#[derive(Serialize)]
pub(crate) struct SettlementView {
    pub(crate) file: String,
    pub(crate) format: &'static str,
    pub(crate) settlement_id: String,
    pub(crate) currency: String,
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    pub(crate) deposit_date: Option<String>,
    pub(crate) total: Option<Amount>,
    pub(crate) lines: i64,
    pub(crate) sum: Amount,
    pub(crate) balanced: bool,
}

#[derive(Serialize)]
pub(crate) struct AccountView {
    pub(crate) currency: String,
    pub(crate) account: String,
    pub(crate) amount: Amount,
    pub(crate) estimated: Amount,
    pub(crate) debit: Amount,
    pub(crate) credit: Amount,
}

#[derive(Serialize)]
pub(crate) struct GroupView {
    pub(crate) by: &'static str,
    pub(crate) key: String,
    pub(crate) currency: String,
    pub(crate) units: i64,
    pub(crate) units_without_cost: i64,
    pub(crate) net_sales: Amount,
    pub(crate) profit: Amount,
    pub(crate) cost_known: bool,
    /// Only of groups that are a span of days.
    pub(crate) provisional: Option<bool>,
    pub(crate) accounts: Vec<GroupAccountView>,
}

#[derive(Serialize)]
pub(crate) struct GroupAccountView {
    pub(crate) account: &'static str,
    pub(crate) amount: Amount,
    pub(crate) estimated: Amount,
}

/// Names and amounts in their order, which a map of JSON values would sort away.
pub(crate) struct Parts(pub(crate) Vec<(&'static str, Amount)>);

impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, amount)| (name, amount)))
    }
}

#[derive(Serialize)]
pub(crate) struct BridgeView {
    pub(crate) currency: String,
    #[serde(flatten)]
    pub(crate) parts: Parts,
}

#[derive(Serialize)]
pub(crate) struct UnclassifiedView {
    pub(crate) transaction_type: String,
    pub(crate) amount_type: String,
    pub(crate) amount_description: String,
    pub(crate) lines: i64,
    pub(crate) amount: Amount,
}

#[derive(Serialize)]
pub(crate) struct ProblemView {
    pub(crate) file: String,
    pub(crate) line: Option<u64>,
    pub(crate) message: String,
}

/// The figures of a currency that are no account.
#[derive(Serialize)]
pub(crate) struct TotalsView {
    pub(crate) currency: String,
    /// How GST on fees is treated: `credit`, `credit_as_printed` or `cost`.
    pub(crate) gst: &'static str,
    pub(crate) units: i64,
    pub(crate) units_without_cost: i64,
    pub(crate) refunds_not_credited: i64,
    pub(crate) net_sales: Amount,
    pub(crate) profit: Amount,
    pub(crate) cost_known: bool,
    /// In percent with two decimals; none while a cost is unknown.
    pub(crate) margin: Option<String>,
    /// As above.
    pub(crate) roi: Option<String>,
}

/// The balance at Amazon of a currency.
#[derive(Serialize)]
pub(crate) struct RollView {
    pub(crate) currency: String,
    #[serde(flatten)]
    pub(crate) parts: Parts,
}

/// The state of a check.
#[derive(Serialize)]
pub(crate) struct CheckView {
    pub(crate) check: &'static str,
    pub(crate) passed: usize,
    pub(crate) findings: Vec<String>,
}

/// The statement of a currency for people.
pub(crate) struct SummaryView {
    pub(crate) currency: String,
    pub(crate) rows: Vec<SummaryRow>,
    pub(crate) totals: TotalsView,
}

/// A line of the statement.
pub(crate) struct SummaryRow {
    pub(crate) title: &'static str,
    pub(crate) debit: Amount,
    pub(crate) credit: Amount,
    pub(crate) amount: Amount,
    /// Whether a part is estimated.
    pub(crate) estimated: bool,
}
