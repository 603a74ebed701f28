//! The chart of accounts. Names are fixed: the statement, the API, the command line and exports use them.
//!
//! An amount > 0 is a credit to its account, < 0 a debit. Codes are stored in databases and never change.

use std::fmt;

/// What part of the books an account belongs to, in the order of the bridge from profit to settlement total.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Counts into profit.
    Profit,
    /// Tax collected through Amazon from buyers: a control figure.
    TaxCollected,
    /// Tax withheld by the marketplace as deemed supplier.
    TaxWithheld,
    /// Input credit of GST on fees.
    GstInput,
    /// Tax collected at source, section 52 CGST.
    Tcs,
    /// Tax deducted at source from sales, section 194-O.
    Tds,
    /// Tax deducted by the seller on fees, paid back by Amazon.
    TdsOnFees,
    /// Money Amazon holds back.
    Reserve,
    /// Money on its way: carried balances, card charges, failed transfers.
    Transfer,
    /// Loans from or through Amazon.
    Loan,
    /// Not understood yet.
    Suspense,
}

/// A line of the profit statement that sums several accounts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// Product, shipping and gift wrap sales, promotions, refunds, chargebacks.
    NetSales,
    /// Money paid by Amazon for lost or damaged goods, less what it takes back.
    Reimbursements,
    /// Other income.
    OtherIncome,
    /// Referral fees.
    Referral,
    /// Closing fees.
    Closing,
    /// Fulfilment by Amazon, pick and pack, weight handling.
    Fulfilment,
    /// Shipping services and labels.
    Shipping,
    /// Refund commission.
    RefundFee,
    /// Other fees on orders, and fees that a file does not split.
    OtherFees,
    /// Storage, long-term storage, removal, inbound.
    Storage,
    /// Subscription and services.
    Services,
    /// GST on fees where no input credit is due.
    GstCost,
    /// Advertising.
    Advertising,
    /// Deals, coupons, Vine.
    Deals,
    /// Adjustments.
    Adjustments,
    /// Interest and other cost of finance.
    Finance,
    /// Cost of goods sold.
    Cogs,
    /// Cost of lost, damaged or given-away units.
    InventoryLoss,
    /// Expenses that Amazon does not know.
    Indirect,
    /// Not in profit: taxes, reserves, transfers, loans, suspense.
    Balance,
}

impl Group {
    /// Those that are fees of Amazon.
    pub const FEES: [Self; 9] = [
        Self::Referral,
        Self::Closing,
        Self::Fulfilment,
        Self::Shipping,
        Self::RefundFee,
        Self::OtherFees,
        Self::Storage,
        Self::Services,
        Self::GstCost,
    ];

    /// All groups in the order of the statement.
    pub const ALL: [Self; 20] = [
        Self::NetSales,
        Self::Reimbursements,
        Self::OtherIncome,
        Self::Referral,
        Self::Closing,
        Self::Fulfilment,
        Self::Shipping,
        Self::RefundFee,
        Self::OtherFees,
        Self::Storage,
        Self::Services,
        Self::GstCost,
        Self::Advertising,
        Self::Deals,
        Self::Adjustments,
        Self::Finance,
        Self::Cogs,
        Self::InventoryLoss,
        Self::Indirect,
        Self::Balance,
    ];

    /// Place in [`Group::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The name on the statement.
    pub fn title(self) -> &'static str {
        match self {
            Self::NetSales => "Net sales",
            Self::Reimbursements => "Reimbursements",
            Self::OtherIncome => "Other income",
            Self::Referral => "Referral fees",
            Self::Closing => "Closing fees",
            Self::Fulfilment => "Fulfilment fees",
            Self::Shipping => "Shipping fees",
            Self::RefundFee => "Refund fees",
            Self::OtherFees => "Other order fees",
            Self::Storage => "Storage, removal and inbound",
            Self::Services => "Subscription and services",
            Self::GstCost => "GST on fees (no credit)",
            Self::Advertising => "Advertising",
            Self::Deals => "Deals and coupons",
            Self::Adjustments => "Adjustments",
            Self::Finance => "Finance cost",
            Self::Cogs => "Cost of goods",
            Self::InventoryLoss => "Inventory loss",
            Self::Indirect => "Indirect expenses",
            Self::Balance => "Not in profit",
        }
    }
}

macro_rules! accounts {
    ($($variant:ident = $code:literal, $name:literal, $class:ident, $group:ident;)*) => {
        /// A ledger account. The number is its stored code.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Account { $(#[doc = concat!("`", $name, "`")] $variant = $code,)* }

        impl Account {
            /// Every account, in the order of the chart.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The fixed name, such as `expense:fee:referral`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The part of the books it belongs to.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }

            /// The statement line that sums it.
            pub fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }

            /// The account with this stored code.
            pub fn from_code(code: i64) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The account with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

accounts! {
    SalesProduct = 1, "income:sales:product", Profit, NetSales;
    SalesShipping = 2, "income:sales:shipping", Profit, NetSales;
    SalesGiftwrap = 3, "income:sales:giftwrap", Profit, NetSales;
    SalesLiquidation = 4, "income:sales:liquidation", Profit, NetSales;
    Promotion = 5, "income:promotion", Profit, NetSales;
    Refund = 6, "income:refund", Profit, NetSales;
    Chargeback = 7, "income:chargeback", Profit, NetSales;
    Reimbursement = 8, "income:reimbursement", Profit, Reimbursements;
    ReimbursementReversal = 9, "income:reimbursement_reversal", Profit, Reimbursements;
    OtherIncome = 10, "income:other", Profit, OtherIncome;
    FeeReferral = 11, "expense:fee:referral", Profit, Referral;
    FeeClosing = 12, "expense:fee:closing", Profit, Closing;
    FeeFulfilment = 13, "expense:fee:fulfilment", Profit, Fulfilment;
    FeeShipping = 14, "expense:fee:shipping", Profit, Shipping;
    FeeRefund = 15, "expense:fee:refund", Profit, RefundFee;
    FeeOrderOther = 16, "expense:fee:order_other", Profit, OtherFees;
    FeeStorage = 17, "expense:fee:storage", Profit, Storage;
    FeeLongTermStorage = 18, "expense:fee:long_term_storage", Profit, Storage;
    FeeRemoval = 19, "expense:fee:removal", Profit, Storage;
    FeeInbound = 20, "expense:fee:inbound", Profit, Storage;
    FeeSubscription = 21, "expense:fee:subscription", Profit, Services;
    FeeService = 22, "expense:fee:service", Profit, Services;
    FeeUnsplit = 23, "expense:fee:unsplit", Profit, OtherFees;
    FeeGst = 24, "expense:fee:gst", Profit, GstCost;
    Advertising = 25, "expense:advertising", Profit, Advertising;
    Deals = 26, "expense:deals", Profit, Deals;
    Adjustment = 27, "expense:adjustment", Profit, Adjustments;
    Finance = 28, "expense:finance", Profit, Finance;
    Cogs = 29, "expense:cogs", Profit, Cogs;
    InventoryLoss = 30, "expense:inventory_loss", Profit, InventoryLoss;
    Indirect = 31, "expense:indirect", Profit, Indirect;
    TaxCollected = 32, "liability:tax_collected", TaxCollected, Balance;
    TaxWithheld = 33, "liability:tax_withheld_by_marketplace", TaxWithheld, Balance;
    GstInputIgst = 34, "asset:gst_input:igst", GstInput, Balance;
    GstInputCgst = 35, "asset:gst_input:cgst", GstInput, Balance;
    GstInputSgst = 36, "asset:gst_input:sgst", GstInput, Balance;
    GstInputUnsplit = 37, "asset:gst_input:unsplit", GstInput, Balance;
    TcsIgst = 38, "asset:tcs:igst", Tcs, Balance;
    TcsCgst = 39, "asset:tcs:cgst", Tcs, Balance;
    TcsSgst = 40, "asset:tcs:sgst", Tcs, Balance;
    Tds = 41, "asset:tds", Tds, Balance;
    TdsOnFees = 42, "asset:tds_on_fees", TdsOnFees, Balance;
    Reserve = 43, "asset:amazon_reserve", Reserve, Balance;
    TransferCarried = 44, "asset:transfer:carried", Transfer, Balance;
    TransferCard = 45, "asset:transfer:card", Transfer, Balance;
    TransferFailed = 46, "asset:transfer:failed", Transfer, Balance;
    TransferMicro = 47, "asset:transfer:micro", Transfer, Balance;
    TransferInteraccount = 48, "asset:transfer:interaccount", Transfer, Balance;
    Loan = 49, "liability:loan", Loan, Balance;
    Unclassified = 50, "suspense:unclassified", Suspense, Balance;
}

impl Account {
    /// One more than the largest code: the length of an array indexed by code.
    pub const SLOTS: usize = 51;

    /// The stored code.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// The code as an array index.
    pub fn slot(self) -> usize {
        self as usize
    }

    /// Whether the account holds something owed to the seller: pages show these turned round.
    pub fn is_asset(self) -> bool {
        self.name().starts_with("asset:")
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_lead_back_to_the_account() {
        for &account in Account::ALL {
            assert_eq!(Account::from_name(account.name()), Some(account));
            assert_eq!(Account::from_code(account.code()), Some(account));
            assert!(account.slot() < Account::SLOTS);
        }
    }

    #[test]
    fn profit_is_income_and_expense_and_nothing_else() {
        for &account in Account::ALL {
            let named = account.name().starts_with("income:") || account.name().starts_with("expense:");
            assert_eq!(account.class() == Class::Profit, named, "{account}");
            assert_eq!(account.group() == Group::Balance, !named, "{account}");
        }
    }

    #[test]
    fn groups_are_indexed_in_the_order_of_the_statement() {
        for (index, group) in Group::ALL.iter().enumerate() {
            assert_eq!(group.index(), index);
        }
    }
}
