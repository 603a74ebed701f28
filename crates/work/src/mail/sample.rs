//! Every letter once, with made-up readers and figures that make it hard for the template: for the style guide, and
//! for the tests that render them all.

use super::{Digest, DigestSheet, Help, Letter, Role, Task};

/// 25 Nov 2026, 15:04 IST.
const AT: i64 = 1_795_599_240_000_000;
const HOUR: i64 = 3_600_000_000;

/// Letters with a name of their own each.
pub fn samples() -> Vec<(&'static str, Letter)> {
    let asha = || "Asha Rao".to_owned();
    let long =
        "Sri Venkateswara Handloom Weavers' Cooperative Production and Sale Society of Pochampally, Unit № 2";
    let until = AT + HOUR;
    vec![
        (
            "verify-address",
            Letter::VerifyAddress { name: asha(), page: "/address/".into(), until: AT + 24 * HOUR },
        ),
        ("reset-password", Letter::ResetPassword { name: asha(), page: "/reset/".into(), until }),
        (
            "invitation",
            Letter::Invitation {
                business: "Kurta House".into(),
                inviter: asha(),
                role: Role::Manager,
                page: "/invitations/".into(),
                until: AT + 7 * 24 * HOUR,
            },
        ),
        (
            "invitation-long",
            Letter::Invitation {
                business: long.into(),
                inviter: "Venkata Narasimha Rajuvaripet <b>Subramaniam</b> https://evil.example".into(),
                role: Role::Viewer,
                page: "/invitations/".into(),
                until: AT + 7 * 24 * HOUR,
            },
        ),
        ("staff-invitation", to_staff()),
        (
            "new-device",
            Letter::NewDevice {
                name: asha(),
                device: "Chrome on Android".into(),
                network: "49.205.64.0/24".into(),
                at: AT,
                page: "/account".into(),
            },
        ),
        ("lockout", lockout(10, Some("2401:4900:1c2b::/56"), false)),
        ("lockout-codes", lockout(10, Some("49.205.64.0/24"), true)),
        ("lockout-many", lockout(1234, None, false)),
        ("review-due", Letter::ReviewDue { name: asha(), page: "/staff/review".into() }),
        ("helped-password", helped(Help::Password)),
        ("helped-address", helped(Help::Address)),
        ("helped-factors", helped(Help::Factors)),
        ("confirm-address", Letter::ConfirmAddress { name: asha(), page: "/address/".into(), until }),
        (
            "address-changing",
            Letter::AddressChanging {
                name: asha(),
                to: "asha@new.example".into(),
                page: "/address/".into(),
                until,
            },
        ),
        ("digest", Letter::Digest(week())),
        ("digest-hard", Letter::Digest(hard(long))),
        ("digest-empty", Letter::Digest(empty())),
        ("test", Letter::Test {}),
    ]
}

fn lockout(failures: i64, network: Option<&str>, codes: bool) -> Letter {
    Letter::Lockout {
        name: "Asha Rao".into(),
        failures,
        network: network.map(Into::into),
        until: AT + HOUR / 4,
        codes,
        page: "/reset".into(),
    }
}

fn helped(by: Help) -> Letter {
    Letter::Helped { name: "Asha Rao".into(), by, at: AT, page: "/account".into() }
}

fn to_staff() -> Letter {
    Letter::StaffInvitation {
        inviter: "Asha Rao".into(),
        role: "account manager".into(),
        page: "/staff/invitations/".into(),
        until: AT + 7 * 24 * HOUR,
    }
}

fn rows(values: [&str; 6]) -> Vec<(String, String)> {
    let names = ["Net sales", "Units", "Refunds", "Fees", "Advertising", "Margin"];
    names.into_iter().zip(values).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn task(what: &str, action: &str, page: &str) -> Task {
    Task { what: what.into(), action: action.into(), page: page.into() }
}

fn week() -> Digest {
    Digest {
        name: "Asha Rao".into(),
        business: "Kurta House".into(),
        days: "16–22 Nov 2026".into(),
        span: Some(("2026-11-16".into(), "2026-11-22".into())),
        sheets: vec![DigestSheet {
            title: "Net profit".into(),
            profit: "₹84,210".into(),
            change: "▲ ₹6,480 more than 9–15 Nov 2026".into(),
            rows: rows(["₹4,70,312", "512", "23", "−₹1,02,550", "−₹28,400", "17.9\u{2009}%"]),
        }],
        open: Some("Amazon has settled up to 20 Nov 2026. What comes later changes these figures.".into()),
        tasks: vec![
            task("1 settlement waits for you", "Decide", "/settlements?state=undecided"),
            task("3 products have no cost", "Add cost", "/costs"),
        ],
    }
}

fn hard(business: &str) -> Digest {
    Digest {
        business: business.into(),
        sheets: vec![
            DigestSheet {
                title: "Profit before unknown costs".into(),
                profit: "−₹1,00,00,00,000".into(),
                change: "▼ net sales ₹98,76,54,321 less than 9–15 Nov 2026".into(),
                rows: rows(["−₹1,00,00,00,000", "12,34,567", "99,999", "−₹9,99,99,999", "₹0", "unknown"]),
            },
            DigestSheet {
                title: "Net profit".into(),
                profit: "−USD\u{a0}1,234,567.89".into(),
                change: "no figures of 9–15 Nov 2026 to compare with".into(),
                rows: rows([
                    "USD\u{a0}12.00",
                    "1",
                    "0",
                    "−USD\u{a0}3.05",
                    "−USD\u{a0}1,234,576.84",
                    "no sales",
                ]),
            },
        ],
        tasks: vec![
            task("12 settlements wait for you", "Decide", "/settlements?state=undecided"),
            task("1 label is not understood", "See the lines", "/lines?account=suspense:unclassified"),
            task("99+ products have no cost", "Add cost", "/costs"),
        ],
        ..week()
    }
}

fn empty() -> Digest {
    Digest { span: None, sheets: Vec::new(), open: None, tasks: Vec::new(), ..week() }
}
