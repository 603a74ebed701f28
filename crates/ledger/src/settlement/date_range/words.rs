//! What the words in a date-range file mean: types of rows and frequent descriptions, in three languages.
//!
//! Labels carry the English word where it is known, so that one taxonomy serves all; other words stay as printed.

/// Types of rows in English, then the other spellings, in lower case.
const TYPES: [(&str, &[&str]); 15] = [
    ("Order", &["bestellung", "注文"]),
    ("Refund", &["erstattung", "返金"]),
    ("Transfer", &["übertrag", "振込み"]),
    ("Service Fee", &["servicegebühr", "注文外料金"]),
    ("Adjustment", &["anpassung", "調整"]),
    ("FBA Inventory Fee", &["versand durch amazon lagergebühr", "fba 在庫関連の手数料", "fba手数料"]),
    ("FBA Customer Return Fee", &[]),
    ("FBA Transaction fees", &["transaktionsgebühren für versand durch amazon"]),
    ("Shipping Services", &["配送サービス"]),
    ("Order_Retrocharge", &["bestellung_wiedereinzug"]),
    ("Refund_Retrocharge", &["erstattung_wiedereinzug"]),
    ("Chargeback Refund", &["erstattung durch rückbuchung"]),
    ("A-to-z Guarantee Claim", &["a-to-z-garantieantrag"]),
    ("Liquidations", &["liquidationen"]),
    ("Lightning Deal Fee", &["blitzangebotsgebühr"]),
];

/// Descriptions in English, then how others begin, in lower case.
const DESCRIPTIONS: [(&str, &[&str]); 6] = [
    ("Cost of Advertising", &["werbekosten", "広告費用"]),
    ("Subscription", &["abonnement", "月額登録料"]),
    ("FBA Inventory Reimbursement", &["versand durch amazon erstattung für lagerbestand"]),
    (
        "FBA Inbound Transportation Fee",
        &[
            "frachtkosten für den transport zum amazon-versandzentrum",
            "gebühr für die teilnahme am amazon transportpartner",
        ],
    ),
    ("FBA Long-Term Storage Fee", &["fba長期在庫保管手数料"]),
    ("FBA Inventory Storage Fee", &["fba在庫保管手数料"]),
];

/// Types whose description is a product or a claim, not a kind of money.
const ABOUT_ITEMS: [&str; 10] = [
    "Order",
    "Refund",
    "Order_Retrocharge",
    "Refund_Retrocharge",
    "Chargeback Refund",
    "A-to-z Guarantee Claim",
    "Liquidations",
    "Liquidations Adjustments",
    "SAFE-T Reimbursement",
    "Fulfilment Fee Refund",
];

/// The type in English, if it is known in another language.
pub(super) fn kind(printed: &str) -> Option<&'static str> {
    let folded = printed.trim().to_lowercase();
    let known = |(english, others): &&(&'static str, &[&str])| {
        english.eq_ignore_ascii_case(&folded) || others.contains(&folded.as_str())
    };
    TYPES.iter().find(known).map(|(english, _)| *english)
}

/// The description in English, if it is known in another language.
pub(super) fn description(printed: &str) -> Option<&'static str> {
    let folded = printed.trim().to_lowercase();
    let known = |(_, others): &&(&'static str, &[&str])| others.iter().any(|start| folded.starts_with(start));
    DESCRIPTIONS.iter().find(known).map(|(english, _)| *english)
}

/// Whether rows of this type are about an item, so that their description is a product's name.
pub(super) fn about_items(kind: &str) -> bool {
    ABOUT_ITEMS.iter().any(|name| name.eq_ignore_ascii_case(kind))
}

/// Whether the money of a row is paid out already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    Released,
    Deferred,
    /// A word that is not known.
    Unknown,
}

/// What the status column says. Files before 2025 have none: all their rows are released.
pub(super) fn status(printed: &str) -> Status {
    match printed.trim().to_lowercase().as_str() {
        "" | "released" | "deferred_released" | "freigegeben" => Status::Released,
        "deferred" | "zurückgestellt" | "aufgeschoben" => Status::Deferred,
        _ => Status::Unknown,
    }
}
