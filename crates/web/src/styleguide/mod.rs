//! The style guide: every component once, with sample figures that make it hard for it: long names, losses, crores,
//! unknown costs, other currencies. Looked at by people, and by the accessibility test in every look.

pub(crate) mod mail;

use askama::Template;
use ecom_ledger::{Account, Currency, day, statement::Statement};
use ecom_store::{Cover, MarketplaceId, SellerAccount, SellerAccountId};
use jiff::civil::{Date, date};

use crate::{
    chart::{Series, Step, WaterfallChart},
    entry::{Entry, Field},
    fault::Page,
    figure::{Figure, Row, Tile, Weight},
    frame::{Frame, Here},
    home::{
        span::Span,
        tile::{Found, Known, PeriodTile, Shown},
    },
    money,
    notice::{Notice, Tone},
    page,
    params::Params,
    period::Period,
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
    statement::parts::{Parts, PartsChart, Slot},
};

/// The day on which the samples are seen.
const TODAY: Date = date(2026, 11, 25);
/// Colours of the charts: class and name.
const SERIES: [(&str, &str); 8] = [
    ("s-profit", "profit, action (accent)"),
    ("s-goods", "goods"),
    ("s-fees", "fees"),
    ("s-ads", "ads"),
    ("s-balance", "balance sheet"),
    ("s-total", "totals"),
    ("s-loss", "loss (bad)"),
    ("s-attention", "attention"),
];
/// All other colours.
const COLOURS: [(&str, &str); 10] = [
    ("paper", "paper"),
    ("plain", "sheet"),
    ("ink", "ink"),
    ("softly", "soft"),
    ("rule", "rule"),
    ("edge", "edge"),
    ("over", "hover"),
    ("accent-wash", "accent wash"),
    ("attention-wash", "attention wash"),
    ("bad-wash", "bad wash"),
];

#[derive(Template)]
#[template(path = "styleguide/show.html")]
struct StyleGuide {
    frame: Frame,
    bar: ScopeBar,
    colours: Vec<(&'static str, &'static str)>,
    figures: Vec<(&'static str, Figure)>,
    periods: Vec<PeriodTile>,
    tiles: Vec<Tile>,
    flow: PartsChart,
    waterfall: WaterfallChart,
    rows: Vec<Row>,
    fields: Vec<Field>,
    notices: Vec<Notice>,
}

/// The style guide.
pub(crate) async fn show(seat: Seat<Viewer>, params: Params) -> Page {
    let scope = Scope::read(&params, Period::Days(date(2026, 11, 1), date(2026, 11, 23)))?;
    let page = StyleGuide {
        frame: seat.frame("Style guide", Here::Outside),
        bar: ScopeBar::new("/styleguide", &scope, &choices(), Some((20_200, 20_780))),
        colours: COLOURS.into_iter().chain(SERIES).collect(),
        figures: figures(),
        periods: periods(&scope)?,
        tiles: tiles(),
        flow: flow()?,
        waterfall: waterfall(),
        rows: rows(),
        fields: fields(),
        notices: notices(),
    };
    page::show(&page)
}

fn choices() -> Choices {
    let account = |id, name: &str| SellerAccount { id: SellerAccountId(id), name: name.to_owned() };
    Choices {
        seller_accounts: vec![
            account(1, "Kurta House"),
            account(2, "Kurta House Handloom & Block Print Exports Private Limited, Jaipur"),
        ],
        marketplaces: vec![
            (MarketplaceId(1), "Amazon.in".to_owned()),
            (MarketplaceId(2), "Amazon.ae".to_owned()),
        ],
    }
}

fn lines() -> String {
    "/lines".to_owned()
}

fn figures() -> Vec<(&'static str, Figure)> {
    let rupees = |minor| Figure::amount(Currency::INR, minor, lines());
    let mut all = vec![
        ("A gain", rupees(48_261_100)),
        ("A cost", rupees(-41_260_000)),
        ("Nothing", rupees(0)),
        ("Ten crore", rupees(10_000_000_000)),
        ("Estimated", rupees(-231_000).estimated(true)),
        ("Unknown", Figure::unknown("unknown")),
        ("In short", Figure::tile(Currency::INR, 123_456_789_012, lines())),
        ("A share", Figure::share(1_789)),
    ];
    all.extend(
        Currency::parse("AED").map(|dirham| ("Another currency", Figure::amount(dirham, -123_450, lines()))),
    );
    all
}

/// A made-up month in paise: sales, fees, ads, goods; units, and those of unknown cost.
fn statement(amounts: [i64; 4], units: i64, uncosted: i64) -> Page<Statement> {
    let mut statement = Statement::new(Currency::INR);
    let accounts = [Account::SalesProduct, Account::FeeReferral, Account::Advertising];
    for (account, amount) in accounts.into_iter().zip(amounts) {
        statement.add_amount(account, amount)?;
    }
    statement.add_units(units, amounts[3], uncosted)?;
    statement.refunds = Some(units / 20);
    Ok(statement)
}

fn periods(scope: &Scope) -> Page<Vec<PeriodTile>> {
    let known = Known {
        today: TODAY,
        lines: Some((date(2025, 8, 1), date(2026, 11, 23))),
        settled: Some(date(2026, 11, 16)),
    };
    let good = statement([48_261_100, -14_400_000, -4_126_000, -20_500_000], 6_340, 0)?;
    let before = statement([41_000_000, -13_000_000, -3_900_000, -17_500_000], 5_400, 0)?;
    let loss = statement([8_642_000, -4_912_000, -3_781_000, -3_100_000], 112, 0)?;
    let unknown = statement([1_000_000_000_000, -312_000_000_000, -1, 0], 1_284_000, 1_284_000)?;
    let settled = Cover::UpTo(day::of_date(date(2026, 11, 16)));
    let found = [
        (Span::Today, Cover::Open, None, None),
        (Span::MonthToDate, settled, Some(&good), Some(&before)),
        (Span::LastMonth, Cover::Whole, Some(&loss), Some(&good)),
        (Span::ThisYear, settled, Some(&unknown), None),
    ];
    let tile = |(span, cover, own, before): (Span, Cover, Option<&Statement>, Option<&Statement>)| {
        let shown = Shown::of(span, &known, |_| cover);
        let found = Found { own, before, year: None };
        PeriodTile::of(&shown, scope, Currency::INR, &known, &found)
    };
    found.into_iter().map(tile).collect()
}

fn tiles() -> Vec<Tile> {
    let tile = |label, minor, note: &str, first| Tile {
        label,
        figure: Figure::tile(Currency::INR, minor, lines()),
        note: note.to_owned(),
        first,
    };
    vec![
        tile("Deposit", 268_041_200, "on 26 Nov 2026", true),
        tile("Amazon fees", -14_400_000, "29.8\u{2009}% of net sales", false),
        tile("Lakh and crore", 10_000_000_000, "the full amount on hover and for screen readers", false),
        Tile {
            label: "Cost of goods",
            figure: Figure::unknown("unknown"),
            note: "unknown for all 26 units".to_owned(),
            first: false,
        },
    ]
}

fn flow() -> Page<PartsChart> {
    let mut slots = Vec::new();
    for at in 0..30_i64 {
        let sales = 900_000 + (at * 7_919 % 31) * 40_000;
        let goods = if at % 9 == 7 { -sales * 7 / 10 } else { -sales * 4 / 10 };
        let day = date(2026, 11, 1).saturating_add(jiff::Span::new().days(at));
        slots.push(Slot {
            title: day.strftime("%-d %b %Y").to_string(),
            first: day,
            label: if at % 5 == 0 { day.strftime("%-d %b").to_string() } else { String::new() },
            href: "/statement".to_owned(),
            here: false,
            parts: Parts::before_own(&statement([sales, -sales * 3 / 10, -sales / 12, goods], at, 0)?)?,
        });
    }
    Ok(PartsChart::new("Day", Currency::INR, slots))
}

fn waterfall() -> WaterfallChart {
    let step = |label: &str, amount, series, total| Step {
        label: label.to_owned(),
        amount,
        short: money::short(Currency::INR, amount),
        full: money::exact(Currency::INR, amount),
        series,
        href: lines(),
        total,
    };
    let steps = vec![
        step("Sales", 483_000_000, Series::Profit, true),
        step("Refunds", -24_000_000, Series::Fees, false),
        step("Amazon fees", -144_000_000, Series::Fees, false),
        step("Ads", -41_000_000, Series::Ads, false),
        step("GST collected", 60_000_000, Series::Balance, false),
        step("TCS and TDS", -3_000_000, Series::Balance, false),
        step("Unclear", -1_180_000, Series::Attention, false),
        step("Deposit", 329_820_000, Series::Total, true),
    ];
    WaterfallChart::new("A sample waterfall", steps)
}

fn rows() -> Vec<Row> {
    let row =
        |weight, label: &str, minor| Row::new(weight, label, Figure::amount(Currency::INR, minor, lines()));
    let long =
        "Indigo block-print kurta with contrast yoke and hand-stitched hem, three-quarter sleeves, size XXL";
    vec![
        row(Weight::Plain, "Net sales", 48_261_100).share(Figure::share(10_000)),
        row(Weight::Part, long, 10_000_000_000).share(Figure::plain("a part")),
        row(Weight::Plain, "Referral fees", -9_644_000).share(Figure::share(2_000)),
        Row::new(Weight::Plain, "Cost of goods", Figure::unknown("unknown"))
            .note("unknown for 2 of 40 units"),
        row(Weight::Sum, "Amazon fees", -14_400_000).share(Figure::share(2_980)),
        row(Weight::Total, "Net profit", 8_662_400).share(Figure::share(1_790)),
    ]
}

fn fields() -> Vec<Field> {
    let mut entry = Entry::with(&[("sample_name", "Kurta House"), ("sample_gstin", "29ABCDE1234F1Z")]);
    // The first wrong field of a form takes the focus; on this page that would scroll away from its top.
    entry.refuse("sample_none", "");
    entry.refuse("sample_gstin", "A GSTIN has 15 characters; this has 14.");
    let states = [("29", "Karnataka"), ("08", "Rajasthan")];
    vec![
        entry.field("sample_name", "Business").hint("As it stands on invoices."),
        entry.field("sample_gstin", "GSTIN").optional(),
        entry
            .field("sample_state", "State")
            .choice(states.map(|(code, name)| (code.to_owned(), name.to_owned()))),
        entry.field("sample_day", "First day").kind("date"),
        entry.field("sample_agreed", "Keep the original files").kind("check").optional(),
    ]
}

fn notices() -> Vec<Notice> {
    let words = "What is so, and the one thing to do about it.";
    vec![
        Notice::new(Tone::Plain, "Plain", words),
        Notice::new(Tone::Good, "Good news", words),
        Notice::new(Tone::Attention, "1 product has no cost", words).link("Add cost", "/statement"),
        Notice::new(Tone::Bad, "A settlement does not balance", words).link("Import it again", "/uploads"),
    ]
}
