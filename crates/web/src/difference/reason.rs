//! The reasons, from what a person at Seller Central looks at first to what Amazon cannot know.

use ecom_ledger::{Account, Class, Currency, Group, Minor, day::DayCutter, roll::Roll, statement::Statement};
use ecom_store::{Cover, Shift};

use crate::{
    fault::Page,
    figure::{Figure, Row, Weight},
    money,
    period::shown,
    scope::Scope,
    statement::{bridge::groups_link, roll},
    words::{self, FEES},
};

/// Why figures differ, and by how much here.
pub(super) struct Reason {
    /// For links to it.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) words: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// What is known of the days besides their statement.
pub(super) struct Known {
    /// Sales on other days in UTC; none where there are too many lines to count them.
    pub(super) shift: Option<Shift>,
    pub(super) roll: Option<Roll>,
    pub(super) deferred_rows: i64,
    pub(super) deferred: i64,
    /// How far settlements cover the days; none before the first of them.
    pub(super) cover: Option<Cover>,
}

/// All of them.
pub(super) fn all(scope: &Scope, statement: &Statement, known: &Known) -> Page<Vec<Reason>> {
    let telling = Telling { scope, statement, currency: statement.currency };
    let mut reasons = vec![
        telling.tax()?,
        telling.posting(known),
        telling.days(known)?,
        telling.fees()?,
        telling.reserve(known),
        telling.own()?,
    ];
    reasons.extend(telling.suspense());
    Ok(reasons)
}

struct Telling<'a> {
    scope: &'a Scope,
    statement: &'a Statement,
    currency: Currency,
}

impl Telling<'_> {
    fn tax(&self) -> Page<Reason> {
        let goods = [
            Account::SalesProduct,
            Account::SalesShipping,
            Account::SalesGiftwrap,
            Account::SalesLiquidation,
        ];
        let back = [Account::Refund, Account::Chargeback];
        let (sales, tax) = (self.statement.group(Group::NetSales)?, self.class(Class::TaxCollected)?);
        Ok(Reason {
            id: "gst",
            title: "Sales with GST, and without",
            words: vec![
                "Most sales figures in Seller Central are what buyers paid, GST included and before refunds. Net sales here are without GST, after promotions and refunds. GST you collected is no income: it stands apart, since you owe it.".to_owned(),
            ],
            rows: vec![
                self.accounts("Sales, shipping and gift wrap", &goods)?,
                self.accounts("Promotions", &[Account::Promotion])?,
                self.accounts("Refunds and chargebacks", &back)?,
                self.sum("Net sales here", sales, self.group_link(&[Group::NetSales])),
                self.row("GST collected from buyers", tax, self.class_link(Class::TaxCollected)),
                self.total("Net sales with GST", plus(sales, tax)?),
            ],
        })
    }

    fn posting(&self, known: &Known) -> Reason {
        let mut rows = Vec::new();
        if known.deferred_rows > 0 {
            let held = money::counted(known.deferred_rows, "row", "rows");
            let figure = Figure::unlinked(self.currency, known.deferred);
            rows.push(
                Row::new(Weight::Plain, format!("Deferred: {held} of date-range reports"), figure)
                    .note("in no account until Amazon releases them"),
            );
        }
        let (state, note) = match known.cover.map(|cover| words::uncovered(cover, shown)) {
            Some(None) => ("every settlement is here".to_owned(), ""),
            Some(Some(open)) => (open, "more may follow"),
            None => ("none imported".to_owned(), ""),
        };
        let settlements = Figure::linked(state, self.scope.link("/settlements").text());
        rows.push(Row::new(Weight::Plain, "Settlements of these days", settlements).note(note));
        Reason {
            id: "posting",
            title: "When a sale counts",
            words: vec![
                "Business reports count an order on the day it was placed. A settlement holds it on the day Amazon posts it: after it was shipped, and where Amazon defers payment some 7 days after delivery, for B2B orders on invoice 30 days and more.".to_owned(),
                "So sales of the last days of a month are often posted in the next one, and orders that are still deferred are in no figure yet.".to_owned(),
            ],
            rows,
        }
    }

    fn days(&self, known: &Known) -> Page<Reason> {
        let cutter = DayCutter::for_currency(self.currency);
        let zone = match cutter.zone().iana_name() {
            Some("Asia/Kolkata") => "in India (IST, 5½ hours ahead)",
            Some("UTC") | None => "in UTC as well, since the zone of this currency is not known",
            Some(name) => name,
        };
        let mut words = vec![format!(
            "Settlement files print their times in UTC. A day here is a day {zone}. Whoever takes the printed date as it is puts what was posted in the first hours of a day into the day before, and at the ends of a month into another month."
        )];
        let sales = self.statement.group(Group::NetSales)?;
        let mut rows = vec![self.sum("Net sales here", sales, self.group_link(&[Group::NetSales]))];
        match known.shift {
            Some(Shift { gained, lost }) => {
                let plain = |label: &str, amount: i64| {
                    Row::new(Weight::Plain, label, Figure::unlinked(self.currency, amount))
                };
                rows.push(plain("Only here, by the days of the seller", lost.saturating_neg()));
                rows.push(plain("Only by the printed days", gained));
                let printed = plus(plus(sales, lost.saturating_neg())?, gained)?;
                rows.push(self.total("Net sales by the days printed in the files", printed));
            }
            None => words.push("Too many lines lie around these days to count here what that comes to; for a seller open around the clock it is at most a few hours of sales at each end.".to_owned()),
        }
        Ok(Reason { id: "days", title: "Where a day begins", words, rows })
    }

    fn fees(&self) -> Page<Reason> {
        let mut groups = FEES.to_vec();
        groups.extend([Group::Advertising, Group::Deals]);
        let net = self.groups(&groups)?;
        let tax = self.class(Class::GstInput)?;
        let estimated = self
            .statement
            .moved()
            .any(|(account, turnover)| account.class() == Class::GstInput && turnover.estimated != 0);
        let mut gst = self.row("GST on them", tax, self.class_link(Class::GstInput));
        gst.figure = gst.figure.estimated(estimated);
        Ok(Reason {
            id: "fees",
            title: "Fees with GST, and without",
            words: vec![format!(
                "Seller Central shows fees and advertising with their GST. Here that GST stands apart where you can claim it back as input credit; {}.",
                if self.scope.printed {
                    "inside advertising, coupon and Easy Ship amounts it is left where Amazon printed it"
                } else {
                    "inside advertising, coupon and Easy Ship amounts it is estimated until a tax invoice says it exactly"
                }
            )],
            rows: vec![
                self.sum("Fees, advertising and deals here", net, self.group_link(&groups)),
                gst,
                self.total("The same with GST", plus(net, tax)?),
            ],
        })
    }

    fn reserve(&self, known: &Known) -> Reason {
        let mut words = vec![
            "A deposit is no month’s profit. Amazon pays a settlement when it closes, holds a reserve back and releases it with the next one. Between profit and deposits stands the balance at Amazon.".to_owned(),
        ];
        let rows = match &known.roll {
            Some(found) => roll::rows(self.scope, self.currency, found),
            None => {
                words.push(
                    "For these figures a balance cannot be told: a marketplace has none of its own."
                        .to_owned(),
                );
                Vec::new()
            }
        };
        Reason { id: "reserve", title: "Reserve and pay-outs", words, rows }
    }

    fn own(&self) -> Page<Reason> {
        let row = |group: Group| -> Page<Row> {
            let amount = self.statement.group(group)?;
            let units = words::uncosted(self.statement, group);
            let unknown = units > 0;
            let figure = match (unknown, amount) {
                (true, 0) => Figure::unknown("unknown"),
                _ => Figure::amount(self.currency, amount, self.group_link(&[group])),
            };
            let note = if unknown {
                format!("unknown for {}", money::counted(units, "unit", "units"))
            } else {
                String::new()
            };
            Ok(Row::new(Weight::Plain, group.title(), figure).note(note))
        };
        Ok(Reason {
            id: "own",
            title: "What Amazon does not know",
            words: vec!["What your goods cost, what was lost, and rent or salaries are in no report of Amazon’s. They count here as you entered them.".to_owned()],
            rows: [Group::Cogs, Group::InventoryLoss, Group::Indirect].into_iter().map(row).collect::<Page<_>>()?,
        })
    }

    fn suspense(&self) -> Option<Reason> {
        let found = self.statement.turnover(Account::Unclassified);
        (found.lines > 0).then(|| Reason {
            id: "suspense",
            title: "Lines not understood yet",
            words: vec![
                "Amazon invents labels now and then. Lines under one that no rule names are in the total and in no profit until somebody says where they belong.".to_owned(),
            ],
            rows: vec![self.row(&money::counted(found.lines, "line", "lines"), found.net(), self.class_link(Class::Suspense))],
        })
    }

    fn row(&self, label: &str, amount: i64, link: String) -> Row {
        Row::new(Weight::Plain, label, Figure::amount(self.currency, amount, link))
    }

    fn sum(&self, label: &str, amount: i64, link: String) -> Row {
        Row { weight: Weight::Sum, ..self.row(label, amount, link) }
    }

    fn total(&self, label: &str, amount: i64) -> Row {
        Row::new(Weight::Total, label, Figure::unlinked(self.currency, amount))
    }

    fn accounts(&self, label: &str, accounts: &[Account]) -> Page<Row> {
        let nets = accounts.iter().map(|account| Minor(self.statement.turnover(*account).net()));
        let link = self.scope.link("/lines");
        let link = accounts.iter().fold(link, |link, account| link.with("account", account.name()));
        Ok(self.row(label, Minor::sum(nets)?.0, link.text()))
    }

    fn class(&self, class: Class) -> Page<i64> {
        let moved = self.statement.moved().filter(|(account, _)| account.class() == class);
        Ok(Minor::sum(moved.map(|(_, turnover)| Minor(turnover.net())))?.0)
    }

    fn groups(&self, groups: &[Group]) -> Page<i64> {
        let nets = groups.iter().map(|group| Ok(Minor(self.statement.group(*group)?)));
        Ok(Minor::sum(nets.collect::<Page<Vec<_>>>()?)?.0)
    }

    fn group_link(&self, groups: &[Group]) -> String {
        groups_link(self.scope, groups)
    }

    fn class_link(&self, class: Class) -> String {
        self.scope.link("/lines").with("class", words::class(class).0).text()
    }
}

fn plus(a: i64, b: i64) -> Page<i64> {
    Ok(Minor(a).plus(Minor(b))?.0)
}
