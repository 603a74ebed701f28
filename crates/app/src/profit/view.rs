//! What `ecom profit` says, ready to print: the JSON form is stable and described in docs/profit.md.

use serde::Serialize;

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
    #[serde(skip)]
    pub(crate) summaries: Vec<SummaryView>,
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
    pub(crate) total: Option<String>,
    pub(crate) lines: i64,
    pub(crate) sum: String,
    pub(crate) balanced: bool,
}

#[derive(Serialize)]
pub(crate) struct AccountView {
    pub(crate) currency: String,
    pub(crate) account: String,
    pub(crate) amount: String,
    pub(crate) estimated: String,
}

#[derive(Serialize)]
pub(crate) struct GroupView {
    pub(crate) by: &'static str,
    pub(crate) key: String,
    pub(crate) currency: String,
    pub(crate) units: i64,
    pub(crate) units_without_cost: i64,
    pub(crate) net_sales: String,
    pub(crate) profit: String,
    pub(crate) cost_known: bool,
    pub(crate) accounts: Vec<GroupAccountView>,
}

#[derive(Serialize)]
pub(crate) struct GroupAccountView {
    pub(crate) account: String,
    pub(crate) amount: String,
    pub(crate) estimated: String,
}

#[derive(Serialize)]
pub(crate) struct BridgeView {
    pub(crate) currency: String,
    #[serde(flatten)]
    pub(crate) parts: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
pub(crate) struct UnclassifiedView {
    pub(crate) transaction_type: String,
    pub(crate) amount_type: String,
    pub(crate) amount_description: String,
    pub(crate) lines: i64,
    pub(crate) amount: String,
}

#[derive(Serialize)]
pub(crate) struct ProblemView {
    pub(crate) file: String,
    pub(crate) line: Option<u64>,
    pub(crate) message: String,
}

/// The statement for people: one per currency; only the table form shows it.
pub(crate) struct SummaryView {
    pub(crate) currency: String,
    /// Title, amount, whether a part is estimated.
    pub(crate) rows: Vec<(String, String, bool)>,
    pub(crate) profit: String,
    /// Units sold, and those whose cost is unknown.
    pub(crate) units: i64,
    pub(crate) units_without_cost: i64,
    pub(crate) margin: Option<String>,
    pub(crate) roi: Option<String>,
}
