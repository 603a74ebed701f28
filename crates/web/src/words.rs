//! What accounts and parts of the books are called on pages: the words of Amazon and of the tax office.

use ecom_ledger::{Account, Class, Group, day, settlement::Format, statement::Statement};
use ecom_store::Cover;
use jiff::civil::Date;

/// The name of an account for a person.
pub(crate) fn account(account: Account) -> &'static str {
    match account {
        Account::SalesProduct => "Product sales",
        Account::SalesShipping => "Shipping charged to buyers",
        Account::SalesGiftwrap => "Gift wrap charged to buyers",
        Account::SalesLiquidation => "Liquidation sales",
        Account::Promotion => "Promotions",
        Account::Refund => "Refunds",
        Account::Chargeback => "Chargebacks and A-to-z claims",
        Account::Reimbursement => "Reimbursements",
        Account::ReimbursementReversal => "Reimbursements taken back",
        Account::OtherIncome => "Other income",
        Account::FeeReferral => "Referral fees",
        Account::FeeClosing => "Closing fees",
        Account::FeeFulfilment => "Fulfilment fees",
        Account::FeeShipping => "Shipping fees",
        Account::FeeRefund => "Refund fees",
        Account::FeeOrderOther => "Other order fees",
        Account::FeeStorage => "Storage",
        Account::FeeLongTermStorage => "Long-term storage",
        Account::FeeRemoval => "Removal and disposal",
        Account::FeeInbound => "Inbound",
        Account::FeeSubscription => "Subscription",
        Account::FeeService => "Services",
        Account::FeeUnsplit => "Fees that the file does not split",
        Account::FeeGst => "GST on fees, no credit due",
        Account::Advertising => "Advertising",
        Account::Deals => "Deals and coupons",
        Account::Adjustment => "Adjustments",
        Account::Finance => "Finance cost",
        Account::Cogs => "Cost of goods",
        Account::InventoryLoss => "Inventory loss",
        Account::Indirect => "Indirect expenses",
        Account::TaxCollected => "GST collected from buyers",
        Account::TaxWithheld => "Tax withheld by the marketplace",
        Account::GstInputIgst => "GST on fees, IGST credit",
        Account::GstInputCgst => "GST on fees, CGST credit",
        Account::GstInputSgst => "GST on fees, SGST credit",
        Account::GstInputUnsplit => "GST inside fees, credit",
        Account::TcsIgst => "TCS, IGST",
        Account::TcsCgst => "TCS, CGST",
        Account::TcsSgst => "TCS, SGST or UTGST",
        Account::Tds => "TDS (194-O)",
        Account::TdsOnFees => "TDS on fees, paid back",
        Account::Reserve => "Reserve at Amazon",
        Account::TransferCarried => "Balance carried over",
        Account::TransferCard => "Charged to a card",
        Account::TransferFailed => "Failed transfers",
        Account::TransferMicro => "Bank check deposits",
        Account::TransferInteraccount => "Moved between accounts",
        Account::Loan => "Loans",
        Account::Unclassified => "Not understood yet",
    }
}

/// A category of own expenses: `packing_material` is Packing material.
pub(crate) fn category(category: &str) -> String {
    capital(&category.replace('_', " "))
}

/// A part of the bridge, and how it stands in an address.
pub(crate) fn class(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Profit => ("profit", "Income and expenses"),
        Class::TaxCollected => ("tax_collected", "GST collected from buyers"),
        Class::TaxWithheld => ("tax_withheld", "Tax withheld by the marketplace"),
        Class::GstInput => ("gst_input", "GST on fees (input credit)"),
        Class::Tcs => ("tcs", "TCS"),
        Class::Tds => ("tds", "TDS (194-O)"),
        Class::TdsOnFees => ("tds_on_fees", "TDS on fees, paid back"),
        Class::Reserve => ("reserve", "Reserve held or released"),
        Class::Transfer => ("transfer", "Carried over, cards, transfers"),
        Class::Loan => ("loan", "Loans"),
        Class::Suspense => ("suspense", "Not understood yet"),
    }
}

/// Every part of the bridge after profit, in its order.
pub(crate) const CLASSES: [Class; 10] = [
    Class::TaxCollected,
    Class::TaxWithheld,
    Class::GstInput,
    Class::Tcs,
    Class::Tds,
    Class::TdsOnFees,
    Class::Reserve,
    Class::Transfer,
    Class::Loan,
    Class::Suspense,
];

/// How a line of the statement stands in an address: its title in small letters, joined by hyphens.
pub(crate) fn slug(group: Group) -> String {
    let words =
        group.title().split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// Lines of the statement that are fees of Amazon.
pub(crate) const FEES: [Group; 9] = Group::FEES;

/// What a kind of file is called.
pub(crate) fn format(format: Format) -> &'static str {
    match format {
        Format::V2 => "Flat file V2",
        Format::V1 => "Flat file",
        Format::Xml => "XML",
        Format::DateRange => "Date-range report",
    }
}

/// Units whose cost is missing in a line of the statement: those sold, or those lost.
pub(crate) fn uncosted(statement: &Statement, group: Group) -> i64 {
    match group {
        Group::Cogs => statement.uncosted,
        Group::InventoryLoss => statement.unvalued,
        _ => 0,
    }
}

/// What the profit of a statement is called.
pub(crate) fn profit(statement: &Statement) -> &'static str {
    if statement.cost_known() { "Net profit" } else { "Profit before unknown costs" }
}

/// How far settlements cover some days; none where they do to their end. `told` names a day.
pub(crate) fn uncovered(cover: Cover, told: impl Fn(Date) -> String) -> Option<String> {
    match cover {
        Cover::Whole => None,
        Cover::UpTo(last) => Some(format!("settled up to {}", told(day::to_date(last)))),
        Cover::Gap => Some("a settlement is missing".to_owned()),
        Cover::Open => Some("not settled yet".to_owned()),
    }
}

/// A sentence begins with a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The message of an error, as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    capital(text) + "."
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_group_has_an_address_of_its_own() {
        let slugs: BTreeSet<String> = Group::ALL.into_iter().map(slug).collect();
        assert_eq!(slugs.len(), Group::ALL.len());
        assert_eq!(slug(Group::GstCost), "gst-on-fees-no-credit");
    }

    #[test]
    fn every_account_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Account::ALL.iter().map(|known| account(*known)).collect();
        assert_eq!(names.len(), Account::ALL.len());
    }
}
