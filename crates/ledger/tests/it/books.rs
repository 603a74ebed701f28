//! Several files together: both identities, groups that sum to the whole, the roll-forward of generated chains.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{collections::BTreeMap, fmt::Write as _};

use ecom_ledger::{
    Account, Currency, Group,
    books::{Books, By, OwnFigures, Rule, Source},
    chain::{Chains, Check, Link, Moved},
    cost::CostSheet,
    day::{self, DayCutter, Month},
    expense::{Expense, Repeat},
    roll::{AtAmazon, EntryKind},
    settlement::{self, Format, Options, Report},
    standing::Standing,
    statement::Statement,
    stock::{Fate, StockEvent},
};
use ecom_simulator::{Catalogue, Extra, Plan, write_v2};
use proptest::prelude::*;

const ALL_BY: [By; 7] =
    [By::Day, By::Week, By::Month, By::FinancialYear, By::Sku, By::Marketplace, By::Settlement];
const DAY_S: i64 = 86_400;
/// 21 September 2026.
const START_S: i64 = 1_790_000_000;

fn read(bytes: &[u8]) -> Report {
    settlement::read(bytes, &Options::new().unwrap(), &|_| ()).unwrap()
}

fn generated(seed: u64, number: u64, rows: u64) -> Report {
    let start = START_S + i64::try_from(number).unwrap() * 7 * DAY_S;
    let label = ["other-transaction", "other-transaction", "Nobody knows this"].map(str::to_owned);
    let plan = Plan {
        seed: seed + number,
        id: 26_000_000_000 + number,
        start,
        end: start + 7 * DAY_S,
        rows,
        previous_reserve: if number == 0 { 0 } else { 500 },
        current_reserve: 500,
        extra: vec![Extra { label, sku: String::new(), amount: -123 }],
    };
    let mut file = Vec::new();
    write_v2(&plan, &Catalogue::new(seed, 12), &mut file).unwrap();
    read(&file)
}

/// Costs of most products, some returns and losses, rent and an expense for one product.
fn own_figures(seed: u64) -> OwnFigures {
    let catalogue = Catalogue::new(seed, 12);
    let mut rows = vec![(1, ["sku", "from", "goods"].map(str::to_owned).to_vec())];
    for (at, product) in (2..).zip(catalogue.products.iter().skip(2)) {
        rows.push((at, vec![product.sku.clone(), "2026-01-01".to_owned(), "99.50".to_owned()]));
    }
    let start = day::of_date("2026-09-22".parse().unwrap());
    let event = |fate, sku: &str, at: i32| StockEvent {
        day: start + at,
        sold: Some(start),
        sku: sku.to_owned(),
        marketplace: "Amazon.in".to_owned(),
        currency: Currency::INR,
        units: 1,
        fate,
    };
    let [unknown, _, known, ..] = catalogue.products.as_slice() else { panic!("twelve products") };
    let stock = vec![
        event(Fate::Sellable, &known.sku, 3),
        event(Fate::Unsellable, &known.sku, 9),
        event(Fate::Lost, &known.sku, 9),
        event(Fate::Lost, &unknown.sku, 4),
    ];
    let expense = |name: &str, amount| {
        Expense::once(name.parse().unwrap(), Currency::INR, amount, "2026-09-25".parse().unwrap()).unwrap()
    };
    let mut charges = expense("rent", 9_000)
        .with_gst(1_620)
        .unwrap()
        .repeated(Repeat::Weekly, None)
        .unwrap()
        .charges(start, start + 30)
        .unwrap();
    charges.extend(expense("photos", 2_000).for_sku(&known.sku).charges(start, start + 30).unwrap());
    OwnFigures { costs: CostSheet::read(&rows).unwrap(), stock, charges }
}

fn books<'a>(reports: &'a [Report], names: &'a [String]) -> Books<'a> {
    Books::new(reports.iter().zip(names).map(|(report, name)| Source { name, report }).collect())
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{}.txt", 70_000 + number)).collect()
}

fn check_identities(statement: &Statement) {
    let nets: i64 = Account::ALL.iter().map(|account| statement.turnover(*account).net()).sum();
    let own = [Account::Cogs, Account::InventoryLoss, Account::Indirect];
    let own: i64 = own.iter().map(|account| statement.turnover(*account).net()).sum();
    assert_eq!(statement.bridge().unwrap().total, nets - own);
    let trial = statement.trial_balance().unwrap();
    assert_eq!((trial.settlements, trial.own, trial.debit + trial.credit), (nets - own, own, nets));
    let groups: i64 = Group::ALL.iter().map(|group| statement.group(*group).unwrap()).sum();
    assert_eq!(groups, nets);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn groups_of_every_kind_keep_both_identities_and_sum_to_the_whole(seed in 0_u64..5000, files in 1_u64..4, rows in 60_u64..500) {
        let reports: Vec<Report> = (0..files).map(|number| generated(seed, number, rows)).collect();
        let names = names(reports.len());
        let books = books(&reports, &names);
        let own = own_figures(seed);
        let whole = books.statements(&own).unwrap().remove(&Currency::INR).unwrap();
        check_identities(&whole);
        let totals: i64 = reports.iter().map(|report| report.settlements[0].head.total.unwrap()).sum();
        prop_assert_eq!(whole.bridge().unwrap().total, totals);
        prop_assert_eq!(whole.gaps().unclassified_lines, i64::try_from(files).unwrap());
        for by in ALL_BY {
            let mut merged = Statement { refunds: whole.refunds, ..Statement::new(Currency::INR) };
            for ((_, key), group) in books.by(by, &own).unwrap() {
                check_identities(&group);
                prop_assert_eq!(group.refunds.is_some(), by == By::Settlement, "{:?} {}", by, key);
                merged.merge(&Statement { refunds: Some(0), ..group }).unwrap();
            }
            for &account in Account::ALL {
                let (mine, theirs) = (merged.turnover(account), whole.turnover(account));
                prop_assert_eq!(mine.net(), theirs.net(), "{:?} {}", by, account);
                prop_assert_eq!(mine.estimated, theirs.estimated, "{:?} {}", by, account);
                if by != By::Sku {
                    prop_assert_eq!(mine, theirs, "{:?} {}", by, account);
                }
            }
            prop_assert_eq!(&merged.indirect, &whole.indirect);
            let counts = |one: &Statement| (one.units, one.uncosted, one.returned, one.unvalued);
            prop_assert_eq!(counts(&merged), counts(&whole), "{:?}", by);
        }
    }
}

#[test]
fn refunds_are_counted_by_line_and_lessened_by_units_shown_to_be_back() {
    let reports = [generated(3, 0, 900)];
    let names = names(1);
    let books = books(&reports, &names);
    let refunds =
        |own: &OwnFigures| books.statements(own).unwrap()[&Currency::INR].refunds_of_unknown_condition();
    let alone = refunds(&OwnFigures::default()).unwrap();
    assert!(alone > 2, "{alone}");
    assert_eq!(refunds(&own_figures(3)), Some(alone - 2));
}

#[test]
fn expenses_stand_in_profit_and_neither_they_nor_their_gst_in_the_bridge() {
    let reports = [generated(4, 0, 300)];
    let names = names(1);
    let books = books(&reports, &names);
    let with = books.statements(&own_figures(4)).unwrap().remove(&Currency::INR).unwrap();
    let without = books.statements(&OwnFigures::default()).unwrap().remove(&Currency::INR).unwrap();
    assert_eq!(with.indirect, BTreeMap::from([("photos".into(), -2_000), ("rent".into(), -9_000 * 4)]));
    assert_eq!(with.bridge().unwrap().total, without.bridge().unwrap().total);
    assert!(with.profit().unwrap() < without.profit().unwrap() - 38_000);
}

const HEADER: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\tposted-date-time\tsku\tquantity-purchased\n";

/// A settlement for the chains: lines are (days after its start, amount).
#[derive(Clone, Debug)]
struct Week {
    id: String,
    start: i64,
    lines: Vec<(i64, i64)>,
    reserves: (i64, i64),
    payable: i64,
}

impl Week {
    fn total(&self) -> i64 {
        self.posted() + self.reserves.0 - self.reserves.1 + self.payable
    }

    fn posted(&self) -> i64 {
        self.lines.iter().map(|(_, amount)| amount).sum()
    }

    fn file(&self) -> Vec<u8> {
        let at = |seconds: i64| {
            jiff::Timestamp::from_second(seconds).unwrap().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
        };
        let money = |paise: i64| ecom_ledger::Minor(paise).decimal(Currency::INR);
        let (start, end) = (at(self.start), at(self.start + 7 * DAY_S));
        let mut text = format!(
            "{HEADER}{}\t{start}\t{end}\t{end}\t{}\tINR{}\n",
            self.id,
            money(self.total()),
            "\t".repeat(10)
        );
        let mut row = |label: &str, amount: i64, seconds: i64| {
            let [transaction, kind, description] = label.split('|').collect::<Vec<_>>().try_into().unwrap();
            let (id, amount, when) = (&self.id, money(amount), at(seconds));
            writeln!(
                text,
                "{id}\t\t\t\t\t\t{transaction}\t\tAmazon.in\t{kind}\t{description}\t{amount}\t\t{when}\tCUP\t"
            )
            .unwrap();
        };
        for (days, amount) in &self.lines {
            row("Order|ItemPrice|Principal", *amount, self.start + days * DAY_S + 40_000);
        }
        for (name, amount) in [
            ("Previous Reserve Amount Balance", self.reserves.0),
            ("Current Reserve Amount", -self.reserves.1),
            ("Payable to Amazon", self.payable),
        ] {
            if amount != 0 {
                row(&format!("other-transaction|other-transaction|{name}"), amount, self.start);
            }
        }
        text.into_bytes()
    }
}

type RawWeek = (Vec<(i64, i64)>, i64);

/// Puts raw weeks into a chain: reserves and negative totals go over into the next.
fn chain(name: char, offset: i64, raw: &[RawWeek]) -> Vec<Week> {
    let mut weeks: Vec<Week> = Vec::new();
    for (number, (lines, reserve)) in (0..).zip(raw) {
        let before = weeks.last().map_or((0, 0), |week| (week.reserves.1, week.total().min(0)));
        weeks.push(Week {
            id: format!("{name}{number}"),
            start: START_S + offset + number * 7 * DAY_S,
            lines: lines.clone(),
            reserves: (before.0, *reserve),
            payable: before.1,
        });
    }
    weeks
}

/// Lines posted by `end` in settlements that close later, less lines posted later in settlements closed by then.
fn unsettled_lines(weeks: &[Week], end: i64) -> i64 {
    let line = |week: &Week, (days, amount): (i64, i64)| {
        let posted = (week.start + days * DAY_S + 40_000) * 1_000_000 < end;
        let closed = (week.start + 7 * DAY_S) * 1_000_000 <= end;
        match (posted, closed) {
            (true, false) => amount,
            (false, true) => -amount,
            _ => 0,
        }
    };
    weeks.iter().map(|week| week.lines.iter().map(|one| line(week, *one)).sum::<i64>()).sum()
}

/// Negative balances carried at an instant.
fn carried(chains: &Chains, end: i64) -> i64 {
    let of = |chain: &Vec<ecom_ledger::chain::Link>| match chain.iter().rev().find(|link| link.start <= end) {
        Some(link) if link.end <= end => link.total.min(0),
        Some(link) => link.payable,
        None => chain[0].payable,
    };
    chains.chains.iter().map(of).sum()
}

fn raw_weeks() -> impl Strategy<Value = Vec<RawWeek>> {
    let lines = proptest::collection::vec((-3_i64..10, -6_000_i64..9_000), 1..6);
    proptest::collection::vec((lines, 0_i64..5_000), 1..6)
}

fn check_rolls(weeks: &[Week]) -> Chains {
    let reports: Vec<Report> = weeks.iter().map(|week| read(&week.file())).collect();
    let names = names(reports.len());
    let books = books(&reports, &names);
    assert!(books.settlements().all(|(_, _, standing)| standing == Standing::Active));
    let chains = books.chains().unwrap().remove(&Currency::INR).unwrap();
    let posted = books.posted(Currency::INR).unwrap();
    let at_amazon = AtAmazon { chains: &chains, posted: &posted };
    let mut cutter = DayCutter::for_currency(Currency::INR);
    let (first, last) = (*posted.keys().next().unwrap() - 8, *posted.keys().last().unwrap() + 8);
    let mut before = None;
    for day in first..=last {
        let end = cutter.start_of(day + 1);
        let roll = at_amazon.roll(day, day, &mut cutter).unwrap();
        assert_eq!(roll.opening + roll.posted - roll.paid_out + roll.unexplained, roll.closing);
        assert_eq!(roll.closing, roll.reserve_held + roll.unsettled);
        assert_eq!(roll.unsettled, unsettled_lines(weeks, end) + carried(&chains, end), "day {day}");
        assert!(before.is_none_or(|before| before == roll.opening));
        before = Some(roll.closing);
        let party = at_amazon.party(first, day, &mut cutter).unwrap();
        assert_eq!(party.closing, roll.closing);
    }
    let by_settlement = at_amazon.party_by_settlement(&mut cutter).unwrap();
    assert_eq!(Some(by_settlement.closing), before);
    let lines = by_settlement.entries.iter().filter(|entry| entry.kind == EntryKind::Lines);
    assert_eq!(lines.count(), weeks.len());
    chains
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_roll_forward_ties_on_every_day_of_parallel_chains(first in raw_weeks(), second in raw_weeks()) {
        let mut weeks = chain('e', 23_400, &first);
        weeks.extend(chain('c', 2 * DAY_S + 30_600, &second));
        let chains = check_rolls(&weeks);
        prop_assert_eq!(&chains.findings, &vec![]);
        prop_assert!(chains.movements().iter().all(|one| one.what == Moved::PaidOut));
    }

    #[test]
    fn a_missing_settlement_is_a_step_that_is_told(raw in raw_weeks(), gone in 1_usize..4) {
        let mut weeks = chain('e', 23_400, &raw);
        prop_assume!(gone + 1 < weeks.len());
        let missing = weeks.remove(gone);
        let (before, after) = (&weeks[gone - 1], &weeks[gone]);
        let step = after.reserves.0 + after.payable - before.reserves.1 - before.total().min(0);
        let steps = check_rolls(&weeks).movements().into_iter().filter(|one| one.what == Moved::Unexplained);
        prop_assert_eq!(steps.map(|one| one.amount).sum::<i64>(), step);
        prop_assert_eq!(step, missing.posted() - missing.total().max(0));
    }
}

#[test]
fn a_month_is_provisional_until_every_chain_covers_it() {
    let week = (vec![(1, 1_000)], 100);
    let mut weeks = chain('e', 23_400, &vec![week.clone(); 8]);
    weeks.extend(chain('c', 2 * DAY_S, &vec![week; 3]));
    let provisional = |weeks: &[Week]| {
        let reports: Vec<Report> = weeks.iter().map(|week| read(&week.file())).collect();
        let names = names(reports.len());
        let books = books(&reports, &names);
        let months = books.by(By::Month, &OwnFigures::default()).unwrap();
        assert!(
            books.by(By::Settlement, &OwnFigures::default()).unwrap().values().all(|one| !one.provisional)
        );
        months.into_iter().map(|((_, month), one)| (month, one.provisional)).collect::<Vec<_>>()
    };
    // Both chains go beyond September; only electronic payments beyond the middle of October.
    let told = |months: &[(&str, bool)]| {
        months.iter().map(|(month, open)| ((*month).to_owned(), *open)).collect::<Vec<_>>()
    };
    assert_eq!(provisional(&weeks), told(&[("2026-09", false), ("2026-10", true), ("2026-11", true)]));
    assert_eq!(provisional(&weeks[..8]), told(&[("2026-09", false), ("2026-10", false), ("2026-11", true)]));
}

#[test]
fn the_state_of_the_checks_tells_what_was_compared() {
    let week = |amount: i64, reserve| (vec![(1, amount)], reserve);
    let mut weeks = chain('e', 0, &[week(1_000, 100), week(-5_000, 200), week(900, 0)]);
    let again = weeks[0].clone();
    weeks[2].payable = 0;
    let mut reports: Vec<Report> = weeks.iter().map(|week| read(&week.file())).collect();
    reports.push(read(&Week { lines: vec![(1, 1_400)], ..again }.file()));
    let broken =
        String::from_utf8(weeks[1].file()).unwrap().replace("e1\t", "x1\t").replace("-50.00", "-50.01");
    reports.push(read(broken.as_bytes()));
    let mut names = names(reports.len());
    names[3] = "99999.txt".to_owned();
    let books = books(&reports, &names);
    let states = books.checks().unwrap();
    assert_eq!(states.iter().map(|state| state.rule).collect::<Vec<_>>(), Rule::ALL);
    let state = |rule: Rule| states.iter().find(|state| state.rule == rule).unwrap();
    let count = |rule| (state(rule).passed, state(rule).findings.len());
    assert_eq!(count(Rule::Sum), (4, 1));
    assert_eq!(count(Rule::Reserve), (2, 0));
    assert_eq!(count(Rule::Carried), (1, 1));
    assert_eq!(count(Rule::Period), (2, 0));
    assert_eq!(count(Rule::Again), (0, 1));
    assert_eq!(count(Rule::Understood), (3, 0));
    let changed = &state(Rule::Again).findings[0];
    assert!(
        changed.contains("Order | ItemPrice | Principal: 1 lines 10.00 before, 1 lines 14.00 now"),
        "{changed}"
    );
}

#[test]
fn a_month_knows_its_days_for_the_roll_forward() {
    let reports = [generated(1, 0, 200), generated(1, 1, 200)];
    let names = names(2);
    let books = books(&reports, &names);
    let rolls = books.rolls().unwrap();
    let roll = rolls[&Currency::INR];
    let paid: i64 = reports.iter().map(|report| report.settlements[0].head.total.unwrap().max(0)).sum();
    assert_eq!((roll.opening, roll.paid_out, roll.unexplained), (0, paid, 0));
    let (chains, posted) = (books.chains().unwrap(), books.posted(Currency::INR).unwrap());
    let at_amazon = AtAmazon { chains: &chains[&Currency::INR], posted: &posted };
    let mut cutter = DayCutter::for_currency(Currency::INR);
    let months =
        [Month::of_day(*posted.keys().next().unwrap()), Month::of_day(*posted.keys().last().unwrap())];
    let [september, october] =
        months.map(|month| at_amazon.roll(month.first_day(), month.last_day(), &mut cutter).unwrap());
    assert_eq!(september.closing, october.opening);
    assert_eq!(october.closing, roll.closing);
}

#[test]
fn date_range_files_of_different_days_feed_one_settlement_together() {
    let week = |days: i64, amount: i64| {
        let start = START_S + days * DAY_S;
        let week =
            Week { id: "77".into(), start, lines: vec![(0, amount), (2, 50)], reserves: (0, 0), payable: 0 };
        let mut report = read(&week.file());
        report.format = Format::DateRange;
        for settlement in &mut report.settlements {
            (settlement.head.start, settlement.head.end) = (None, None);
        }
        report
    };
    let reports = [week(0, 1_000), week(1, 5_000), week(7, 300)];
    let names = ["a", "b", "c"].map(str::to_owned);
    let books = books(&reports, &names);
    let standings: Vec<Standing> = books.settlements().map(|(_, _, standing)| standing).collect();
    assert_eq!(standings, [Standing::Active, Standing::Undecided, Standing::Active]);
    let statement = &books.statements(&OwnFigures::default()).unwrap()[&Currency::INR];
    assert_eq!(statement.bridge().unwrap().total, 1_400);
    assert!(statement.provisional, "no chain covers what date-range files hold");
    let roll = books.rolls().unwrap()[&Currency::INR];
    assert_eq!((roll.opening, roll.posted, roll.paid_out, roll.closing), (0, 1_400, 1_400, 0));
}

#[test]
fn fourteen_months_of_two_chains_tie_month_by_month() {
    let demo = ecom_simulator::demo("2026-11-24T03:00:00Z".parse().unwrap());
    let read_file = |file| {
        let mut bytes = Vec::new();
        demo.write(file, &mut bytes).unwrap();
        read(&bytes)
    };
    let reports: Vec<Report> = demo.files.iter().map(read_file).collect();
    let sources = demo.files.iter().zip(&reports).map(|(file, report)| Source { name: &file.name, report });
    let books = Books::new(sources.collect());
    let replaced = books.settlements().filter(|(_, _, standing)| *standing == Standing::Replaced);
    assert_eq!(replaced.count(), 1);
    let chains = books.chains().unwrap().remove(&Currency::INR).unwrap();
    assert_eq!(chains.chains.len(), 2);
    // The made-up seller may forget to carry over a negative total; the checks find that and nothing else.
    assert!(chains.findings.iter().all(|one| one.check == Check::Carried), "{:?}", chains.findings);
    let months = books.by(By::Month, &OwnFigures::default()).unwrap();
    let open: Vec<&str> =
        months.iter().filter(|(_, one)| one.provisional).map(|((_, month), _)| month.as_str()).collect();
    assert_eq!(open, ["2026-11"]);
    let posted = books.posted(Currency::INR).unwrap();
    let at_amazon = AtAmazon { chains: &chains, posted: &posted };
    let mut cutter = DayCutter::for_currency(Currency::INR);
    let (mut balance, mut unexplained) = (0, 0);
    for ((_, month), statement) in &months {
        let month: Month = month.parse().unwrap();
        let roll = at_amazon.roll(month.first_day(), month.last_day(), &mut cutter).unwrap();
        assert_eq!((roll.opening, roll.posted), (balance, statement.posted().unwrap()), "{month}");
        unexplained += roll.unexplained;
        balance = roll.closing;
    }
    let steps = chains.movements().into_iter().filter(|one| one.what == Moved::Unexplained);
    assert_eq!(unexplained, steps.map(|one| one.amount).sum::<i64>());
    let left = |chain: &Vec<Link>| chain.last().map_or(0, |last| last.total.min(0) - last.current_reserve);
    assert_eq!(balance, chains.chains.iter().map(left).sum::<i64>());
}
