//! Ledgers for an Indian seller's books in Tally, until the user names others. Groups are Tally's own.

use crate::account::Account as A;

use super::{Ledger, Leg};

const SALES: &str = "Sales Accounts";
const INCOME: &str = "Indirect Incomes";
const INDIRECT: &str = "Indirect Expenses";
const DIRECT: &str = "Direct Expenses";
const TAXES: &str = "Duties & Taxes";
const ADVANCES: &str = "Loans & Advances (Asset)";
const DEBTORS: &str = "Sundry Debtors";
const BANK: &str = "Bank Accounts";

/// The ledger of a leg until another is named.
pub(super) fn ledger(leg: &Leg) -> Ledger {
    let (name, group) = match leg {
        Leg::Party => ("Amazon Seller Services", DEBTORS),
        Leg::Bank => ("Bank Account", BANK),
        Leg::Clearing => ("Amazon Sales Clearing", DEBTORS),
        Leg::Account(account) => of_account(*account),
        Leg::Indirect(category) => return of_category(category),
        Leg::Goods => ("Cost of Goods Applied", "Current Assets"),
        Leg::Expenses => ("Expenses Payable", "Current Liabilities"),
    };
    Ledger::new(name, group)
}

fn of_category(category: &str) -> Ledger {
    let name = category.split_whitespace().collect::<Vec<_>>().join(" ");
    Ledger::new(if name.is_empty() { "Other Indirect Expenses" } else { &name }, INDIRECT)
}

fn of_account(account: A) -> (&'static str, &'static str) {
    match account {
        A::SalesProduct => ("Amazon Sales", SALES),
        A::SalesShipping => ("Amazon Sales - Shipping", SALES),
        A::SalesGiftwrap => ("Amazon Sales - Gift Wrap", SALES),
        A::SalesLiquidation => ("Amazon Sales - Liquidation", SALES),
        A::Promotion => ("Amazon Promotional Rebates", SALES),
        A::Refund => ("Amazon Sales Returns", SALES),
        A::Chargeback => ("Amazon Chargebacks", SALES),
        A::Reimbursement => ("Amazon Reimbursements", INCOME),
        A::ReimbursementReversal => ("Amazon Reimbursements Reversed", INCOME),
        A::OtherIncome => ("Amazon Other Income", INCOME),
        A::FeeReferral => ("Amazon Referral Fees", INDIRECT),
        A::FeeClosing => ("Amazon Closing Fees", INDIRECT),
        A::FeeFulfilment => ("Amazon Fulfilment Fees", INDIRECT),
        A::FeeShipping => ("Amazon Shipping Fees", INDIRECT),
        A::FeeRefund => ("Amazon Refund Fees", INDIRECT),
        A::FeeOrderOther => ("Amazon Other Order Fees", INDIRECT),
        A::FeeStorage => ("Amazon Storage Fees", INDIRECT),
        A::FeeLongTermStorage => ("Amazon Long-Term Storage Fees", INDIRECT),
        A::FeeRemoval => ("Amazon Removal Fees", INDIRECT),
        A::FeeInbound => ("Amazon Inbound Fees", INDIRECT),
        A::FeeSubscription => ("Amazon Subscription", INDIRECT),
        A::FeeService => ("Amazon Service Fees", INDIRECT),
        A::FeeUnsplit => ("Amazon Fees Unsplit", INDIRECT),
        A::FeeGst => ("GST on Amazon Fees - No Credit", INDIRECT),
        A::Advertising => ("Amazon Advertising", INDIRECT),
        A::Deals => ("Amazon Deals and Coupons", INDIRECT),
        A::Adjustment => ("Amazon Adjustments", INDIRECT),
        A::Finance => ("Amazon Finance Charges", INDIRECT),
        A::Cogs => ("Cost of Goods Sold", DIRECT),
        A::InventoryLoss => ("Inventory Loss", DIRECT),
        A::Indirect => ("Indirect Expenses - Amazon", INDIRECT),
        A::TaxCollected => ("Output GST - Amazon", TAXES),
        A::TaxWithheld => ("Tax Withheld by Amazon", TAXES),
        A::GstInputIgst => ("GST on Amazon Fees - IGST", TAXES),
        A::GstInputCgst => ("GST on Amazon Fees - CGST", TAXES),
        A::GstInputSgst => ("GST on Amazon Fees - SGST", TAXES),
        A::GstInputUnsplit => ("GST on Amazon Fees - Unsplit", TAXES),
        A::TcsIgst => ("TCS Receivable - IGST", ADVANCES),
        A::TcsCgst => ("TCS Receivable - CGST", ADVANCES),
        A::TcsSgst => ("TCS Receivable - SGST", ADVANCES),
        A::Tds => ("TDS Receivable - Amazon", ADVANCES),
        A::TdsOnFees => ("TDS on Amazon Fees", ADVANCES),
        A::Reserve | A::TransferCarried => ("Amazon Seller Services", DEBTORS),
        A::TransferCard | A::TransferFailed | A::TransferMicro => ("Bank Account", BANK),
        A::TransferInteraccount => ("Amazon Inter-Account Transfers", ADVANCES),
        A::Loan => ("Amazon Seller Loan", "Loans (Liability)"),
        A::Unclassified => ("Amazon Unclassified", "Suspense A/c"),
    }
}
