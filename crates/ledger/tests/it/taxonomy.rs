//! One case for every row of the researched label tables, so that a change of rules shows what it moves.
#![allow(clippy::unwrap_used, missing_docs)]

use ecom_ledger::{
    Account,
    taxonomy::{Gst, Label, Taxonomy},
};

/// transaction-type | amount-type | amount-description | sign | account
const CASES: &str = "
Order | ItemPrice | Principal | + | income:sales:product
Refund | ItemPrice | Principal | - | income:refund
Order | ItemPrice | Tax | + | liability:tax_collected
Order | ItemPrice | Product Tax | + | liability:tax_collected
Refund | ItemPrice | Product Tax | - | liability:tax_collected
Order | ItemPrice | Shipping | + | income:sales:shipping
Order | ItemPrice | ShippingTax | + | liability:tax_collected
Order | ItemPrice | Shipping tax | + | liability:tax_collected
Order | ItemPrice | GiftWrap | + | income:sales:giftwrap
Order | ItemPrice | Gift wrap | + | income:sales:giftwrap
Order | ItemPrice | GiftWrapTax | + | liability:tax_collected
Order | ItemPrice | Gift Wrap Tax | + | liability:tax_collected
Refund | ItemPrice | Shipping | - | income:refund
Refund | ItemPrice | GiftWrap | - | income:refund
Refund | ItemPrice | Goodwill | - | income:refund
Refund | ItemPrice | RestockingFee | + | income:refund
Refund | ItemPrice | ReturnShipping | + | income:refund
Refund | ItemPrice | ExportCharge | - | income:refund
Refund | ItemPrice | CODFee | - | income:refund
Order | ItemPrice | CODFee | + | income:sales:shipping
Order | ItemPrice | ExportCharge | + | income:sales:shipping
Order | ItemPrice | Goodwill | - | expense:fee:order_other
Order | Promotion | Principal | - | income:promotion
Order | Promotion | Shipping | - | income:promotion
Refund | Promotion | Shipping | + | income:promotion
Order | Promotion | TaxDiscount | - | liability:tax_collected
Order | Promotion | Promo rebates | - | income:promotion
Order | Promotion | Shipping discount | - | income:promotion
Order | Promotion | Product tax discount | - | liability:tax_collected
Order | Promotion | Shipping tax discount | - | liability:tax_collected
Order | ItemFees | Commission | - | expense:fee:referral
Refund | ItemFees | Commission | + | expense:fee:referral
Order | ItemFees | Shipping commission | - | expense:fee:referral
Refund | ItemFees | RefundCommission | - | expense:fee:refund
Refund | ItemFees | Refund commission | - | expense:fee:refund
Order | ItemFees | FixedClosingFee | - | expense:fee:closing
Order | ItemFees | Fixed closing fee | - | expense:fee:closing
Order | ItemFees | VariableClosingFee | - | expense:fee:closing
Order | ItemFees | FBAPerUnitFulfillmentFee | - | expense:fee:fulfilment
Order | ItemFees | FBAPerOrderFulfillmentFee | - | expense:fee:fulfilment
Order | ItemFees | FBAWeightBasedFee | - | expense:fee:fulfilment
Order | ItemFees | FBA Pick & Pack Fee | - | expense:fee:fulfilment
Order | ItemFees | FBA Weight Handling Fee | - | expense:fee:fulfilment
Order | ItemFees | Easy Ship weight handling fees | - | expense:fee:shipping
Order | ItemFees | Technology Fee | - | expense:fee:order_other
Order | ItemFees | TechnologyFee | - | expense:fee:order_other
Order | ItemFees | ShippingChargeback | - | expense:fee:shipping
Order | ItemFees | Shipping Chargeback | - | expense:fee:shipping
Order | ItemFees | ShippingHB | - | expense:fee:shipping
Order | ItemFees | GiftwrapChargeback | - | expense:fee:order_other
Order | ItemFees | Giftwrap Chargeback | - | expense:fee:order_other
Order | ItemFees | Commission IGST | - | asset:gst_input:igst
Order | ItemFees | FBA Pick & Pack Fee CGST | - | asset:gst_input:cgst
Order | ItemFees | Fixed closing fee SGST | - | asset:gst_input:sgst
Order | ItemFees | Technology Fee UTGST | - | asset:gst_input:sgst
Refund | ItemFees | Refund commission IGST | - | asset:gst_input:igst
Order | ItemFees | DigitalServicesFee | - | expense:fee:order_other
Order | ItemFees | DigitalServicesFeeFBA | - | expense:fee:order_other
Order | ItemFees | SalesTaxServiceFee | - | expense:fee:order_other
Order | ItemFees | RemoteFulfillmentCredit | + | expense:fee:order_other
Order | ItemFees | HighVolumeListingFee | - | expense:fee:order_other
Order | Points | PointsGranted | - | income:promotion
Refund | Points | PointsReturned | + | income:promotion
Order | ItemTCS | TCS-IGST | - | asset:tcs:igst
Order | ItemTCS | TCS-CGST | - | asset:tcs:cgst
Order | ItemTCS | TCS-SGST | - | asset:tcs:sgst
Order | ItemTCS | TCS-UTGST | - | asset:tcs:sgst
Order | ItemWithheldTax | TCS-IGST | - | asset:tcs:igst
Order | ItemFees | TCS-IGST | - | asset:tcs:igst
Order | ItemTDS | TDS (Section 194-O) | - | asset:tds
Order | ItemFees | TDS (Section 194-O) | - | asset:tds
other-transaction | other-transaction | TDS - Section 194-O | - | asset:tds
other-transaction | other-transaction | TDSReimbursement | + | asset:tds_on_fees
TDSReimbursement | other-transaction | whatever | + | asset:tds_on_fees
Order | ItemWithheldTax | MarketplaceFacilitatorTax-Principal | - | liability:tax_withheld_by_marketplace
Order | ItemWithheldTax | MarketplaceFacilitatorTax-Shipping | - | liability:tax_withheld_by_marketplace
Order | ItemWithheldTax | MarketplaceFacilitatorTax-Giftwrap | - | liability:tax_withheld_by_marketplace
Order | ItemWithheldTax | MarketplaceFacilitatorTax-Other | - | liability:tax_withheld_by_marketplace
Order | ItemFees | MarketplaceFacilitatorVAT-Principal | - | liability:tax_withheld_by_marketplace
Order | ItemWithheldTax | MarketplaceFacilitatorVAT-Shipping | - | liability:tax_withheld_by_marketplace
Order | ItemWithheldTax | LowValueGoodsTax-Principal | - | liability:tax_withheld_by_marketplace
Order | ItemWithheldTax | LowValueGoodsTax-Shipping | - | liability:tax_withheld_by_marketplace
Order | ItemFees | LowValueGoodsTax-Other | - | liability:tax_withheld_by_marketplace
Order | Shipment-Fees | FBATransportationFee | - | expense:fee:fulfilment
Shipment | Shipment-Fees | FBA transportation fee | - | expense:fee:fulfilment
Shipment | Shipment-Fees | FBAPerOrderFulfillmentFee | - | expense:fee:fulfilment
Order | Shipment-Fees | Multi-Channel Fulfilment Box Fee | - | expense:fee:fulfilment
Fee Adjustment | Item Fee Adjustment | FBA Pick & Pack Fee | + | expense:fee:fulfilment
Fee Adjustment | Item Fee Adjustment | Commission | + | expense:fee:referral
Order_Retrocharge | ItemPrice | Tax | - | liability:tax_collected
Order_Retrocharge | ItemPrice | ShippingTax | - | liability:tax_collected
Refund_Retrocharge | ItemWithheldTax | MarketplaceFacilitatorTax-Principal | + | liability:tax_withheld_by_marketplace
A-to-z Guarantee Refund | ItemPrice | Principal | - | income:chargeback
A-to-z Guarantee Refund | ItemPrice | Shipping | - | income:chargeback
A-to-z Guarantee Refund | Promotion | Shipping | + | income:chargeback
A-to-z Guarantee Refund | ItemPrice | Tax | - | liability:tax_collected
A-to-z Guarantee Refund | ItemFees | Commission | + | expense:fee:referral
Chargeback Refund | ItemPrice | Principal | - | income:chargeback
Chargeback Refund | ItemTCS | TCS-IGST | + | asset:tcs:igst
Chargeback Refund | ItemTDS | TDS (Section 194-O) | + | asset:tds
Liquidations | ItemPrice | Principal | + | income:sales:liquidation
Liquidations | ItemPrice | Tax | + | liability:tax_collected
Liquidations Adjustments | ItemPrice | Principal | - | income:sales:liquidation
Liquidations | ItemFees | Commission | - | expense:fee:referral
ServiceFee | Cost of Advertising | TransactionTotalAmount | - | expense:advertising
ServiceFee | Refund for Advertiser | TransactionTotalAmount | + | expense:advertising
ServiceFee | Deals | Promotion Fee | - | expense:deals
Promotion Fee | Deals | Promotion Fee Special | - | expense:deals
other-transaction | other-transaction | LightningDealFee | - | expense:deals
CouponRedemptionFee | CouponRedemptionFee | Redemptions for coupon CASE1 | - | expense:deals
AmazonFees | Vine Enrollment Fee | Base fee | - | expense:deals
AmazonFees | Vine Enrollment Fee | Tax on fee | - | asset:gst_input:unsplit
AmazonFees | Premium Services Fee | Base fee | - | expense:fee:service
AmazonFees | Premium Services Fee | Discount on Fee | + | expense:fee:service
AmazonFees | Amazon Easy Ship Charges | Base fee | - | expense:fee:shipping
AmazonFees | Coupon Participation Fee | Base fee | - | expense:deals
FBAFees | FBA Inventory Storage Fee | Base fee | - | expense:fee:storage
FBAFees | FBA Inventory Storage Fee | Tax on fee | - | asset:gst_input:unsplit
FBAFees | FBA Inventory Storage Fee | Discount on Fee | + | expense:fee:storage
FBAFees | FBA Long Term Storage Fee | Base fee | - | expense:fee:long_term_storage
FBAFees | FBA Removal Order: Return Fee | Base fee | - | expense:fee:removal
FBAFees | FBA Removal Order: Disposal Fee | Base fee | - | expense:fee:removal
FBAFees | FBA Amazon-Partnered Carrier Shipment Fee | Base fee | - | expense:fee:inbound
FBAFees | FBA Inbound Placement Fee | Base fee | - | expense:fee:inbound
FBAFees | FBA Customer Returns Fee | Base fee | - | expense:fee:fulfilment
FBAFees | AWD Storage Fee | Base fee | - | expense:fee:storage
FBAFees | AWD Processing Fee | Base fee | - | expense:fee:storage
FBAFees | AWD Transportation Fee | Base fee | - | expense:fee:inbound
other-transaction | other-transaction | Storage Fee | - | expense:fee:storage
ServiceFee | other-transaction | Storage Fee | - | expense:fee:storage
other-transaction | other-transaction | StorageRenewalBilling | - | expense:fee:long_term_storage
other-transaction | other-transaction | RemovalComplete | - | expense:fee:removal
other-transaction | other-transaction | DisposalComplete | - | expense:fee:removal
other-transaction | other-transaction | FBAInboundTransportationFee | - | expense:fee:inbound
other-transaction | other-transaction | FBA Inbound Placement Service Fee | - | expense:fee:inbound
other-transaction | other-transaction | AGSGlobalInboundTransportation | - | expense:fee:inbound
other-transaction | other-transaction | Inbound Defect Fee - Missing box | - | expense:fee:inbound
other-transaction | other-transaction | Inbound Transportation Fee | - | expense:fee:inbound
other-transaction | other-transaction | Subscription Fee | - | expense:fee:subscription
other-transaction | other-transaction | Amazon Easy Ship Charges | - | expense:fee:shipping
other-transaction | other-transaction | Amazon Easy Ship Charges | + | expense:fee:shipping
other-transaction | other-transaction | MFN Postage Purchase Complete | - | expense:fee:shipping
other-transaction | other-transaction | Shipping label purchase | - | expense:fee:shipping
other-transaction | other-transaction | Shipping label purchase for return | - | expense:fee:shipping
other-transaction | other-transaction | ShippingServices | - | expense:fee:shipping
other-transaction | other-transaction | ShippingServicesRefund | + | expense:fee:shipping
other-transaction | other-transaction | Paid Services Fee | - | expense:fee:service
other-transaction | other-transaction | Manual Processing Fee | - | expense:fee:service
other-transaction | other-transaction | Manual Processing Fee Reimbursement | + | expense:fee:service
other-transaction | Capacity Reservation Fee | Reservation Fee | - | expense:fee:service
other-transaction | Capacity Reservation Fee | Tax | - | expense:fee:service
other-transaction | Capacity Reservation Fee | Performance credits | + | expense:fee:service
other-transaction | other-transaction | FBACustomerReturnPerUnitFee | - | expense:fee:fulfilment
other-transaction | other-transaction | FBACustomerReturnPerOrderFee | - | expense:fee:fulfilment
other-transaction | other-transaction | FBACustomerReturnWeightBasedFee | - | expense:fee:fulfilment
other-transaction | other-transaction | LowInventoryLevelFee | - | expense:fee:fulfilment
ServiceFee | other-transaction | LowInventoryLevelFee | - | expense:fee:fulfilment
other-transaction | other-transaction | NonSubscriptionFeeAdj | + | expense:adjustment
other-transaction | other-transaction | MiscAdjustment | - | expense:adjustment
other-transaction | other-transaction | Adjustment | - | expense:adjustment
other-transaction | other-transaction | BalanceAdjustment | - | expense:adjustment
other-transaction | other-transaction | Fee Adjustment | + | expense:adjustment
other-transaction | other-transaction | Overpaid Fees Adjustment | + | expense:adjustment
other-transaction | other-transaction | Promotion Adjustment | - | expense:adjustment
other-transaction | other-transaction | Goodwill Concession | - | expense:adjustment
Adjustment | other-transaction | Refund Reimbursal | + | expense:adjustment
other-transaction | other-transaction | BuyerRecharge | - | expense:adjustment
other-transaction | other-transaction | Income Tax Charged | - | suspense:unclassified
other-transaction - Reversal | other-transaction | Storage Fee | + | expense:fee:storage
other-transaction - Correction | other-transaction | Storage Fee | - | expense:fee:storage
other-transaction | FBA Inventory Reimbursement | REVERSAL_REIMBURSEMENT | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | WAREHOUSE_DAMAGE | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | WAREHOUSE_DAMAGE | - | income:reimbursement_reversal
other-transaction | FBA Inventory Reimbursement | WAREHOUSE_DAMAGE_EXCEPTION | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | WAREHOUSE_LOST | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | WAREHOUSE_LOST_MANUAL | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | MISSING_FROM_INBOUND | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | REMOVAL_ORDER_LOST | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | REMOVAL_ORDER_DAMAGED | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | FREE_REPLACEMENT_REFUND_ITEMS | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | CS_ERROR_ITEMS | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | CUSTOMER_RETURN | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | RE_EVALUATION | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | INCORRECT_FEES_ITEMS | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | INCORRECT_FEES_NON_ITEMIZED | + | income:reimbursement
other-transaction | MCF Inventory Reimbursement | MULTICHANNEL_ORDER_LOST | + | income:reimbursement
other-transaction | MCF Inventory Reimbursement | MULTICHANNEL_ORDER_DAMAGED | + | income:reimbursement
other-transaction | MCF Inventory Reimbursement | MULTICHANNEL_ORDER_LATE | + | income:reimbursement
other-transaction | FBA Inventory Reimbursement | COMPENSATED_CLAWBACK | - | income:reimbursement_reversal
other-transaction | FBA Inventory Reimbursement | COMPENSATED_CLAWBACK | + | income:reimbursement_reversal
other-transaction | FBA Inventory Reimbursement | MISSING_FROM_INBOUND_CLAWBACK | - | income:reimbursement_reversal
SAFE-T Reimbursement | Other Transactions | SAFE-T Reimbursement | + | income:reimbursement
SAFE-T Reimbursement | Other transactions | SAFE-T reimbursement | + | income:reimbursement
Other | Other transactions | Reimbursement for Lost packages | + | income:reimbursement
Seller Rewards | Seller Rewards | Seller Rewards | + | income:other
other-transaction | other-transaction | Current Reserve Amount | - | asset:amazon_reserve
Transfer | other-transaction | Previous Reserve Amount Balance | + | asset:amazon_reserve
other-transaction | other-transaction | ReserveDebit | - | asset:amazon_reserve
other-transaction | other-transaction | ReserveCredit | + | asset:amazon_reserve
other-transaction | other-transaction | Payable to Amazon | - | asset:transfer:carried
other-transaction | other-transaction | Successful charge | + | asset:transfer:card
other-transaction | other-transaction | Failed Disbursement | + | asset:transfer:failed
other-transaction | other-transaction | Transfer of funds unsuccessful: the account number is wrong. Please update it. | + | asset:transfer:failed
Transfers | other-transaction | Micro Deposit | - | asset:transfer:micro
other-transaction | other-transaction | Debt Adjustment | - | asset:transfer:interaccount
other-transaction | other-transaction | Cross-Account Debt Adjustment | + | asset:transfer:interaccount
other-transaction | other-transaction | Merchant Bad Debt | - | suspense:unclassified
other-transaction | other-transaction | Amazon Capital Services | - | liability:loan
other-transaction | other-transaction | Loan servicing | - | liability:loan
other-transaction | other-transaction | Loan servicing - interest | - | expense:finance
Commingling VAT | other-transaction | Commingling VAT | - | liability:tax_collected
other-transaction | other-transaction | Order Cancellation Charge | - | expense:fee:order_other
Order | ItemFees | Order Cancellation Charge | - | expense:fee:order_other
other-transaction | AffordabilityExpense | Base fee | - | expense:finance
other-transaction | other-transaction | AffordabilityExpense | - | expense:finance
other-transaction | other-transaction | CanceledButPickedUpReimbursement | + | income:reimbursement
Order | Order-Fees | FBAPerOrderFulfillmentFee | - | expense:fee:fulfilment
ServiceFee | other-transaction | TaxAmount | - | asset:gst_input:unsplit
ServiceFee | Cost of Advertising | Base amount | - | expense:advertising
ServiceFee | Cost of Advertising | Tax on fee | - | asset:gst_input:unsplit
ServiceFee | ProductAdsPayment | whatever | - | expense:advertising
Order | Promotion | Gift wrap discount | - | income:promotion
Order | Promotion | Gift wrap tax discount | - | liability:tax_collected
FBAFees | FBA Inbound Convenience Fee | Discount on Fee | + | expense:fee:inbound
FBAFees | FBA Long Term Storage Fee | Tax on fee | - | asset:gst_input:unsplit
AmazonFees | Vine Enrollment Fee | Discount on Fee | + | expense:deals
other-transaction | other-transaction | Capacity Reservation Fee | - | expense:fee:service
Order | misc-fee | | - | suspense:unclassified
Order | DirectPayment | Whatever | - | suspense:unclassified
Order | product sales | | + | income:sales:product
Order | shipping credits | | + | income:sales:shipping
Order | gift wrap credits | | + | income:sales:giftwrap
Order | promotional rebates | | - | income:promotion
Order | points cost | | - | income:promotion
Order | sales tax collected | | + | liability:tax_collected
Order | product sales tax | | + | liability:tax_collected
Order | shipping credits tax | | + | liability:tax_collected
Order | gift wrap credits tax | | + | liability:tax_collected
Order | promotional rebates tax | | - | liability:tax_collected
Order | regulatory fee | | + | liability:tax_collected
Order | tax on regulatory fee | | + | liability:tax_collected
Order | marketplace withheld tax | | - | liability:tax_withheld_by_marketplace
Order | low value goods tax | | - | liability:tax_withheld_by_marketplace
Order | tcs-cgst | | - | asset:tcs:cgst
Order | tcs-sgst | | - | asset:tcs:sgst
Refund | tcs-igst | | + | asset:tcs:igst
Order | tds (section 194-o) | | - | asset:tds
Order | selling fees | | - | expense:fee:unsplit
Order | fba fees | | - | expense:fee:unsplit
Order | other transaction fees | | - | expense:fee:order_other
Order | other | | - | suspense:unclassified
Refund | product sales | | - | income:refund
Refund | shipping credits | | - | income:refund
Refund | selling fees | | + | expense:fee:unsplit
A-to-z Guarantee Claim | product sales | | - | income:chargeback
A-to-z Guarantee Claim | other | | - | income:chargeback
Chargeback Refund | shipping credits | | - | income:chargeback
Liquidations | product sales | | + | income:sales:liquidation
Service Fee | other transaction fees | Cost of Advertising | - | expense:advertising
Service Fee | other | Cost of Advertising | - | expense:advertising
Service Fee | Cost of Advertising | Base amount | - | expense:advertising
Service Fee | Cost of Advertising | Tax on fee | - | asset:gst_input:unsplit
Service Fee | other | Refund for Advertiser | + | expense:advertising
Service Fee | other transaction fees | Subscription | - | expense:fee:subscription
Service Fee | other | FBA Inbound Placement Service Fee | - | expense:fee:inbound
Service Fee | other | A Service Of Next Year | - | suspense:unclassified
SAFE-T Reimbursement | other | | + | income:reimbursement
Adjustment | other | FBA Inventory Reimbursement - Customer Return | + | income:reimbursement
Adjustment | other | FBA Inventory Reimbursement - Customer Return | - | income:reimbursement_reversal
Adjustment | other | Other | - | expense:adjustment
Fee Adjustment | other | Weight correction | + | expense:adjustment
Shipping Services | other transaction fees | Amazon Easy Ship Weight Handling Fee Reversal | + | expense:fee:shipping
Shipping Services | other | Anything | - | expense:fee:shipping
Fulfilment Fee Refund | fba fees | | + | expense:fee:fulfilment
FBA Customer Return Fee | fba fees | Whatever | - | expense:fee:fulfilment
FBA Transaction fees | fba fees | Whatever | - | expense:fee:fulfilment
Tax Withheld | tds (section 194-o) | TDS - Section 194-O | - | asset:tds
Tax Withheld | other | TDS - Section 194-O | - | asset:tds
Debt | other | Cross-Account Debt Adjustment | + | asset:transfer:interaccount
FBA Inventory Fee | other | FBA Inbound Pickup Service | - | expense:fee:inbound
FBA Inventory Fee | other | FBA Amazon-Partnered Carrier Shipment Fee | - | expense:fee:inbound
FBA Inventory Fee | other | FBA Inventory Storage Fee | - | expense:fee:storage
FBA Inventory Fee | other | FBA Long-Term Storage Fee | - | expense:fee:long_term_storage
FBA Inventory Fee | other | FBA Removal Order: Disposal Fee | - | expense:fee:removal
FBA Inventory Fee | fba fees | Something New | - | expense:fee:unsplit
Lightning Deal Fee | other transaction fees | Any | - | expense:deals
Service Fee | other transaction fees | Coupon Redemption Fee: ABC | - | expense:deals
other-transaction | other-transaction | Some Future Amazon Line | - | suspense:unclassified
Order | ItemFees | A Fee Of Next Year | - | suspense:unclassified
";

#[test]
fn every_known_label_goes_to_its_account() {
    let taxonomy = Taxonomy::built_in().unwrap();
    let mut wrong = Vec::new();
    for case in CASES.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = case.split('|').map(str::trim).collect();
        let verdict = taxonomy.verdict(&Label::new(parts[0], parts[1], parts[2]), 20_000);
        let account = verdict.account(if parts[3] == "-" { -1 } else { 1 });
        if Some(account) != Account::from_name(parts[4]) {
            wrong.push(format!("{case}  ->  {account}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn case_spaces_and_punctuation_do_not_matter_but_the_space_before_a_tax_head_does() {
    let taxonomy = Taxonomy::built_in().unwrap();
    let account =
        |description: &str| taxonomy.verdict(&Label::new("ORDER", " itemfees ", description), 20_000).credit;
    assert_eq!(account("fixed  CLOSING fee"), Account::FeeClosing);
    assert_eq!(account("FixedClosingFee IGST"), Account::GstInputIgst);
    assert_eq!(account("tcs-igst"), Account::TcsIgst);
}

#[test]
fn only_three_kinds_of_indian_rows_hold_their_gst_inside() {
    let taxonomy = Taxonomy::built_in().unwrap();
    let gst = |label: [&str; 3]| taxonomy.verdict(&Label::new(label[0], label[1], label[2]), 20_000).gst;
    assert_eq!(gst(["ServiceFee", "Cost of Advertising", "TransactionTotalAmount"]), Gst::Included);
    assert_eq!(gst(["CouponRedemptionFee", "CouponRedemptionFee", "x"]), Gst::Included);
    assert_eq!(gst(["other-transaction", "other-transaction", "Amazon Easy Ship Charges"]), Gst::Included);
    assert_eq!(gst(["Order", "ItemFees", "Commission"]), Gst::Separate);
}

#[test]
fn a_dated_decision_holds_from_its_day_on() {
    let decision =
        "2026-07-01\t*\tother-transaction\tSome Future Amazon Line\texpense:fee:storage\tunknown\n";
    let taxonomy = Taxonomy::built_in().unwrap().with_decisions(decision).unwrap();
    let label = Label::new("other-transaction", "other-transaction", "Some Future Amazon Line");
    let first = ecom_ledger::day::of_date("2026-07-01".parse().unwrap());
    let (before, after) = (taxonomy.verdict(&label, first - 1), taxonomy.verdict(&label, first));
    assert_eq!((before.credit, before.to), (Account::Unclassified, first - 1));
    assert_eq!((after.credit, after.from), (Account::FeeStorage, first));
}

#[test]
fn a_malformed_rule_names_its_line() {
    let error = |text: &str| Taxonomy::parse(text).err().unwrap().to_string();
    assert_eq!(
        error("# x\n-\t*\t*\tX\tincome:nothing\tnone"),
        "taxonomy line 2: `income:nothing` is no account of the chart"
    );
    assert!(error("-\t*\t*\tX").contains("4 columns instead of 6"));
    assert!(error("yesterday\t*\t*\tX\tincome:other\tnone").contains("`yesterday` is no date"));
    assert!(error("-\t*\t*\tX\tincome:other\tmaybe").contains("`maybe` is none of"));
}
