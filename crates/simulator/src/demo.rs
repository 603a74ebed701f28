//! The demo seller: 14 months of weekly settlements in two parallel chains (electronic and cash on delivery),
//! 300 products, costs that change, expenses, and the troubles a real seller has: a label nobody knows, a
//! product without a cost, a settlement that a newer file replaces.

use std::{fmt::Write as _, io};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::{
    catalogue::Catalogue,
    settlement::{Extra, Plan, write_v2},
};

const PRODUCTS: usize = 300;
const WEEK_S: i64 = 7 * 86_400;
const MONTHS: i32 = 14;
const SEED: u64 = 20_260_401;

/// A settlement file of the demo. The number in its name is Amazon's report id: newer is higher.
pub struct DemoFile {
    /// File name.
    pub name: String,
    plan: Plan,
}

/// Everything the demo imports.
pub struct Demo {
    /// Settlement files in the order in which they came.
    pub files: Vec<DemoFile>,
    /// A cost sheet as CSV; one product is missing from it.
    pub costs_csv: String,
    /// Monthly expenses: category and paise without GST, from the first month on.
    pub monthly_expenses: Vec<(&'static str, i64)>,
    /// First day of the demo's books.
    pub from: Date,
    catalogue: Catalogue,
}

impl Demo {
    /// Writes a file.
    pub fn write(&self, file: &DemoFile, out: &mut impl io::Write) -> io::Result<()> {
        write_v2(&file.plan, &self.catalogue, out).map(|_| ())
    }
}

/// The demo as seen on `today`.
pub fn demo(today: Timestamp) -> Demo {
    let catalogue = Catalogue::new(SEED, PRODUCTS);
    let date = TimeZone::UTC.to_datetime(today).date();
    let from = date.first_of_month().saturating_sub(MONTHS.months());
    let start =
        from.to_zoned_datetime(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second()) - 86_400;
    let weeks = (today.as_second() - start) / WEEK_S;
    let mut files = Vec::new();
    let mut owed = [0; 2];
    for week in 0..weeks {
        for (chain, mut file) in
            [electronic(week, weeks, start), cash_on_delivery(week, start)].into_iter().enumerate()
        {
            // Amazon settles what is over.
            if file.plan.end > today.as_second() {
                continue;
            }
            carry(&mut file.plan, owed[chain]);
            owed[chain] = total(&file.plan, &catalogue).min(0);
            files.push(file);
        }
    }
    replace_one(&mut files);
    let costs_csv = costs(&catalogue, from);
    let monthly_expenses = vec![("rent", 1_800_000), ("salaries", 4_200_000), ("packing material", 650_000)];
    Demo { files, costs_csv, monthly_expenses, from, catalogue }
}

/// What the settlement before ended short of comes off this one.
fn carry(plan: &mut Plan, owed: i64) {
    if owed < 0 {
        let label = ["other-transaction", "other-transaction", "Payable to Amazon"].map(str::to_owned);
        plan.extra.push(Extra { label, sku: String::new(), amount: owed });
    }
}

fn total(plan: &Plan, catalogue: &Catalogue) -> i64 {
    // Writing into nothing cannot fail.
    write_v2(plan, catalogue, &mut io::sink()).unwrap_or(0)
}

fn reserve(chain: i64, week: i64) -> i64 {
    if week < 0 { 0 } else { 250_000 + (week * 7919 + chain * 104_729) % 90_000 * 10 }
}

fn electronic(week: i64, weeks: i64, start: i64) -> DemoFile {
    let mut plan = base(0, week, start + 23_400);
    // A festival in the middle, and slow growth.
    let festival = if (weeks / 2..weeks / 2 + 3).contains(&week) { 700 } else { 0 };
    plan.rows = u64::try_from(700 + week * 6 + festival).unwrap_or(700);
    if week % 4 == 3 {
        let label =
            ["other-transaction", "other-transaction", "FBA Return Processing Adj"].map(str::to_owned);
        plan.extra.push(Extra { label, sku: String::new(), amount: -11_800 });
    }
    file(plan, week * 2)
}

fn cash_on_delivery(week: i64, start: i64) -> DemoFile {
    let mut plan = base(1, week, start + 2 * 86_400 + 30_600);
    plan.rows = u64::try_from(220 + week * 2).unwrap_or(220);
    file(plan, week * 2 + 1)
}

fn base(chain: i64, week: i64, start: i64) -> Plan {
    let number = u64::try_from(week * 2 + chain).unwrap_or(0);
    Plan {
        seed: SEED + number,
        id: 27_630_000_000 + number,
        start: start + week * WEEK_S,
        end: start + (week + 1) * WEEK_S,
        rows: 0,
        previous_reserve: reserve(chain, week - 1),
        current_reserve: reserve(chain, week),
        extra: Vec::new(),
    }
}

fn file(plan: Plan, number: i64) -> DemoFile {
    DemoFile { name: format!("{}.txt", 50_012_000_000 + number * 10), plan }
}

/// A settlement of two months ago comes again with one more line, under a newer report id.
fn replace_one(files: &mut Vec<DemoFile>) {
    let Some(old) = files.iter().rev().step_by(2).nth(8) else {
        return;
    };
    let mut plan = old.plan.clone();
    let label = ["SAFE-T Reimbursement", "Other Transactions", "SAFE-T Reimbursement"].map(str::to_owned);
    plan.rows += 1;
    plan.extra.push(Extra { label, sku: String::new(), amount: 14_838 });
    let count = i64::try_from(files.len()).unwrap_or(0);
    files.push(file(plan, count + 1));
}

/// Costs from the first month on, and 6 % dearer goods from the eighth; the third product has none.
fn costs(catalogue: &Catalogue, from: Date) -> String {
    let mut sheet = String::from("sku,from,goods,freight,packing\n");
    let later = from.saturating_add(8.months());
    for (index, product) in catalogue.products.iter().enumerate().filter(|(index, _)| *index != 2) {
        let _ = writeln!(
            sheet,
            "{},{},{},12.50,4.00",
            product.sku,
            from.saturating_sub(2.months()),
            rupees(product.cost)
        );
        if index % 3 == 0 {
            let _ =
                writeln!(sheet, "{},{later},{},14.00,4.00", product.sku, rupees(product.cost * 106 / 100));
        }
    }
    sheet
}

fn rupees(paise: i64) -> String {
    format!("{}.{:02}", paise / 100, paise % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourteen_months_in_two_chains_and_one_file_twice() {
        let demo = demo("2026-11-24T03:00:00Z".parse().unwrap());
        assert_eq!(demo.from.to_string(), "2025-09-01");
        let mut ids: Vec<u64> = demo.files.iter().map(|file| file.plan.id).collect();
        let files = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), files - 1);
        assert!(files > 2 * 4 * 14);
        let names: std::collections::BTreeSet<_> = demo.files.iter().map(|file| &file.name).collect();
        assert_eq!(names.len(), files);
    }

    #[test]
    fn nothing_is_settled_before_it_is_over() {
        for day in 1..=14 {
            let today = format!("2026-12-{day:02}T01:00:00Z").parse::<Timestamp>().unwrap();
            assert!(demo(today).files.iter().all(|file| file.plan.end <= today.as_second()), "{today}");
        }
    }
}
