//! What must hold for every book: vouchers balance, accounts add up, the party ledger is what Amazon holds.

use ecom_documents::{Value, write_csv};
use jiff::{ToSpan, civil::date};
use proptest::prelude::*;

use super::*;
use crate::account::{Account, Class};

/// Accounts that never become an entry: inside the party ledger, or not from settlements.
const LEFT_OUT: [Account; 5] =
    [Account::Reserve, Account::TransferCarried, Account::Cogs, Account::InventoryLoss, Account::Indirect];

fn moved(amounts: &[(Account, i64)]) -> Box<Accounts> {
    let mut accounts = Box::new(NO_ACCOUNTS);
    for &(account, amount) in amounts {
        let turnover = &mut accounts[account.slot()];
        let side = if amount < 0 { &mut turnover.debit } else { &mut turnover.credit };
        *side += amount;
        turnover.lines += 1;
    }
    accounts
}

fn part(last_day: Date, amounts: &[(Account, i64)]) -> MonthLines {
    MonthLines { last_day, accounts: moved(amounts) }
}

fn settled(id: &str, total: i64, months: Vec<MonthLines>) -> Settled {
    let deposit = months.iter().map(|part| part.last_day).max();
    let bank = Bank::default();
    Settled { id: id.to_owned(), start: None, end: None, deposit, total: Some(total), bank, months }
}

fn book(settlements: Vec<Settled>) -> Book {
    Book { settlements, ..Book::new(Currency::INR) }
}

fn rules(sales: Sales) -> Rules {
    Rules { sales, ..Rules::default() }
}

fn journal(book: &Book) -> Journal {
    book.journal(&Rules::default()).unwrap()
}

fn ids(journal: &Journal) -> Vec<&str> {
    journal.vouchers.iter().map(|voucher| voucher.id.as_str()).collect()
}

fn posted(journal: &Journal, account: Account) -> i64 {
    journal.vouchers.iter().map(|voucher| voucher.amount(&Leg::Account(account)).unwrap()).sum()
}

/// Debit balance of a ledger.
fn balance(journal: &Journal, ledger: &Ledger) -> i64 {
    let entries = journal.vouchers.iter().flat_map(|voucher| &voucher.entries);
    -entries.filter(|entry| entry.ledger == *ledger).map(|entry| entry.amount).sum::<i64>()
}

#[test]
fn a_settlement_across_31_march_is_split_and_its_pay_out_is_one_receipt() {
    let march = part(date(2026, 3, 31), &[(Account::SalesProduct, 100_000), (Account::FeeReferral, -15_000)]);
    let april = part(date(2026, 4, 6), &[(Account::SalesProduct, 50_000), (Account::Tds, -50)]);
    let mut one = settled("14", 134_950, vec![march, april]);
    one.deposit = Some(date(2026, 4, 7));
    one.bank = Bank { utr: Some("N1".to_owned()), date: Some(date(2026, 4, 8)) };
    let journal = journal(&book(vec![one]));
    assert_eq!(ids(&journal), ["ecom-14-2026-03-journal", "ecom-14-2026-04-journal", "ecom-14-payout"]);
    let dates: Vec<_> = journal.vouchers.iter().map(|voucher| voucher.date).collect();
    assert_eq!(dates, [date(2026, 3, 31), date(2026, 4, 6), date(2026, 4, 8)]);
    let year = journal.between(date(2025, 4, 1), date(2026, 3, 31));
    assert_eq!(posted(&year, Account::SalesProduct), 100_000);
    assert_eq!(journal.party_balance(date(2026, 3, 31)), Ok(85_000));
    assert_eq!(journal.party_balance(date(2026, 4, 8)), Ok(0));
    let receipt = &journal.vouchers[2];
    assert_eq!((receipt.form, receipt.dated_by), (Form::Receipt, DatedBy::Bank));
    assert!(receipt.narration.ends_with("pay-out, UTR N1"), "{}", receipt.narration);
}

#[test]
fn ids_outlive_the_bank_date_the_mode_the_names_and_the_order() {
    let lines = |day| vec![part(day, &[(Account::SalesProduct, 1000), (Account::TransferCard, 5)])];
    let first = settled("1", 1005, lines(date(2026, 3, 31)));
    let second = settled("2", 1005, lines(date(2026, 4, 9)));
    let before = journal(&book(vec![first.clone(), second.clone()]));
    let mut banked = first;
    banked.bank.date = Some(date(2026, 4, 2));
    let chart = Chart::default().with(Leg::Party, &Ledger::new("Amazon IN", "Sundry Debtors")).unwrap();
    let rules = Rules { sales: Sales::FromTaxReports, chart, ..Rules::default() };
    let after = book(vec![second, banked]).journal(&rules).unwrap();
    let sorted = |journal: &Journal| ids(journal).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&before), sorted(&after));
    assert_eq!(sorted(&before).len(), 6);
    let payout =
        |journal: &Journal| journal.vouchers.iter().find(|v| v.id == "ecom-1-payout").unwrap().clone();
    assert_eq!((payout(&before).date, payout(&after).date), (date(2026, 3, 31), date(2026, 4, 2)));
    assert!(payout(&before).narration.contains("bank date not known"));
}

#[test]
fn two_parts_of_a_month_are_one_voucher_on_the_later_day() {
    let early = part(date(2026, 3, 3), &[(Account::SalesProduct, 100)]);
    let late = part(date(2026, 3, 9), &[(Account::SalesProduct, 20), (Account::FeeClosing, -5)]);
    for months in [vec![early.clone(), late.clone()], vec![late, early]] {
        let journal = journal(&book(vec![settled("1", 0, months)]));
        assert_eq!(ids(&journal), ["ecom-1-2026-03-journal"]);
        assert_eq!(journal.vouchers[0].date, date(2026, 3, 9));
        assert_eq!(journal.vouchers[0].amount(&Leg::Party), Ok(-115));
    }
}

#[test]
fn a_card_charge_is_a_payment_and_a_failed_transfer_takes_its_receipt_back() {
    let day = |day| date(2026, 5, day);
    let first = settled("1", 70_000, vec![part(day(3), &[(Account::SalesProduct, 70_000)])]);
    let back = [(Account::TransferFailed, 70_000), (Account::Advertising, -90_000)];
    let second = settled("2", -20_000, vec![part(day(13), &back)]);
    let charge = [(Account::TransferCarried, -20_000), (Account::TransferCard, 20_000)];
    let third = settled("3", 0, vec![part(day(23), &charge)]);
    let journal = journal(&book(vec![first, second, third]));
    let forms: Vec<_> = journal.vouchers.iter().map(|voucher| (voucher.id.as_str(), voucher.form)).collect();
    assert_eq!(
        forms,
        [
            ("ecom-1-2026-05-journal", Form::Journal),
            ("ecom-1-payout", Form::Receipt),
            ("ecom-2-2026-05-journal", Form::Journal),
            ("ecom-2-2026-05-failed", Form::Payment),
            ("ecom-3-2026-05-card", Form::Payment),
        ]
    );
    let balances = [3, 13, 23].map(|at| journal.party_balance(day(at)).unwrap());
    assert_eq!(balances, [0, -20_000, 0]);
    // The bank saw the card charge only: the pay-out came back.
    assert_eq!(balance(&journal, &Chart::default().ledger(&Leg::Bank)), -20_000);
    let roll = journal.roll_forward(0).unwrap();
    let row = Roll {
        month: "2026-05".parse().unwrap(),
        opening: 0,
        lines: -20_000,
        paid: 70_000,
        charged: 20_000,
        returned: 70_000,
        closing: 0,
    };
    assert_eq!(roll, [row]);
}

#[test]
fn with_sales_left_to_the_tax_reports_turnover_is_posted_by_them_alone() {
    let lines = [
        (Account::SalesProduct, 100_000),
        (Account::TaxCollected, 18_000),
        (Account::Refund, -10_000),
        (Account::Promotion, -2_000),
        (Account::FeeReferral, -9_000),
    ];
    let book = book(vec![settled("1", 97_000, vec![part(date(2026, 6, 9), &lines)])]);
    let journal = book.journal(&rules(Sales::FromTaxReports)).unwrap();
    let chart = Chart::default();
    for account in [Account::SalesProduct, Account::Refund, Account::Promotion, Account::TaxCollected] {
        assert_eq!(balance(&journal, &chart.ledger(&Leg::Account(account))), 0, "{account}");
    }
    // Cr 1,060.00 here; the invoices and credit notes of the same orders are Dr 1,060.00, and it closes.
    assert_eq!(balance(&journal, &chart.ledger(&Leg::Clearing)), -106_000);
    assert_eq!(journal.party_balance(date(2026, 6, 9)), Ok(0));
    let in_tally = journal.tally(None).unwrap();
    let entries = &in_tally.vouchers[0].entries;
    let named: Vec<_> = entries.iter().map(|entry| (entry.ledger.as_str(), entry.amount)).collect();
    let expected = [
        ("Amazon Seller Services", -97_000),
        ("Amazon Sales Clearing", 106_000),
        ("Amazon Referral Fees", -9_000),
    ];
    assert_eq!(named, expected);
}

#[test]
fn costs_are_left_out_until_asked_for_and_then_balance() {
    let indirect = BTreeMap::from([("rent".to_owned(), -5_000), ("pay".to_owned(), -7_000)]);
    let month = "2026-07".parse().unwrap();
    let costs = MonthCosts { month, cogs: -40_000, inventory_loss: 0, indirect };
    let book = Book { costs: vec![costs], ..Book::new(Currency::INR) };
    assert!(journal(&book).vouchers.is_empty());
    let all = Rules { cost_of_goods: true, indirect: true, ..Rules::default() };
    let journal = book.journal(&all).unwrap();
    assert_eq!(ids(&journal), ["ecom-costs-2026-07-expenses", "ecom-costs-2026-07-goods"]);
    assert_eq!(posted(&journal, Account::Cogs), -40_000);
    assert_eq!(journal.vouchers[0].amount(&Leg::Expenses), Ok(12_000));
    assert_eq!(journal.vouchers[0].amount(&Leg::Indirect("rent".to_owned())), Ok(-5_000));
    assert_eq!(journal.party_balance(date(2026, 7, 31)), Ok(0));
    assert!(journal.tally(None).unwrap().vouchers.iter().all(|voucher| voucher.party.is_none()));
}

#[test]
fn a_book_that_would_double_or_lose_money_is_refused() {
    let one = settled("1", 0, vec![]);
    let twice = book(vec![one.clone(), one]).journal(&Rules::default()).unwrap_err();
    assert!(twice.to_string().contains("settlement 1 stands there twice"));
    let dateless = Settled { deposit: None, ..settled("9", 100, vec![]) };
    let dateless = book(vec![dateless]).journal(&Rules::default()).unwrap_err();
    assert!(dateless.to_string().contains("settlement 9 is paid but has no deposit date"));
    let huge = [(Account::SalesProduct, i64::MAX), (Account::SalesShipping, i64::MAX)];
    let huge = book(vec![settled("2", 0, vec![part(date(2026, 1, 1), &huge)])]);
    assert_eq!(huge.journal(&Rules::default()), Err(Error::Overflow));
    let open =
        Settled { total: None, ..settled("3", 0, vec![part(date(2026, 1, 1), &[(Account::Deals, -1)])]) };
    assert_eq!(ids(&journal(&book(vec![open]))), ["ecom-3-2026-01-journal"]);
}

#[test]
fn a_chart_that_contradicts_itself_is_refused() {
    let named = |leg, name: &str, group: &str| Chart::default().with(leg, &Ledger::new(name, group));
    let check = |chart: Chart| chart.check([]).map_err(|error| error.to_string());
    let fee = Leg::Account(Account::FeeReferral);
    assert_eq!(check(Chart::default()), Ok(()));
    assert_eq!(check(named(fee.clone(), "Amazon closing fees", "indirect expenses").unwrap()), Ok(()));
    let groups = check(named(fee.clone(), "AMAZON SALES", "Indirect Expenses").unwrap()).unwrap_err();
    assert!(groups.contains("has two groups, `Sales Accounts` and `Indirect Expenses`"), "{groups}");
    let shared = check(named(fee.clone(), "amazonseller services", "Sundry Debtors").unwrap()).unwrap_err();
    assert!(shared.contains("`party` and for `expense:fee:referral`"), "{shared}");
    let bank = named(Leg::Bank, "HDFC 123", "Bank Accounts").unwrap();
    assert_eq!(bank.ledger(&Leg::Account(Account::TransferCard)).name, "HDFC 123");
    assert_eq!(check(bank.clone()), Ok(()));
    let card = bank.with(Leg::Account(Account::TransferCard), &Ledger::new("Visa", "Bank OD A/c")).unwrap();
    assert_eq!(check(card), Ok(()));
    for bad in ["", " \t ", "a\u{7}b", &"x".repeat(MOST_NAME_CHARS + 1)] {
        assert!(named(fee.clone(), bad, "Indirect Expenses").is_err(), "{bad:?}");
    }
    let category = "amazon seller services".to_owned();
    assert!(Chart::default().check([&category]).is_err());
    for leg in Chart::default().legs([&category]) {
        assert_eq!(Leg::from_key(&leg.key()), Some(leg));
    }
}

#[test]
fn an_existing_ledger_is_left_out_of_the_masters_and_spelled_one_way() {
    let ledger = |name: &str, existing| Ledger { existing, ..Ledger::new(name, "Indirect Expenses") };
    let chart = Chart::default()
        .with(Leg::Account(Account::FeeReferral), &ledger("Marketplace fees", false))
        .and_then(|chart| chart.with(Leg::Account(Account::FeeClosing), &ledger("MARKETPLACE Fees", true)))
        .unwrap();
    let lines = [(Account::FeeReferral, -100), (Account::FeeClosing, -20)];
    let book = book(vec![settled("1", -120, vec![part(date(2026, 6, 9), &lines)])]);
    let in_tally = book.journal(&Rules { chart, ..Rules::default() }).unwrap().tally(None).unwrap();
    let fees = in_tally.ledgers.iter().find(|ledger| ledger.name == "Marketplace fees").unwrap();
    assert!(fees.existing);
    assert_eq!(in_tally.ledgers.len(), 2);
    assert_eq!(in_tally.vouchers[0].entries[1].amount, -120);
    assert!(write_tally_text(&in_tally).contains("<LEDGERNAME>Marketplace fees</LEDGERNAME>"));
}

fn write_tally_text(book: &ecom_documents::TallyBook) -> String {
    String::from_utf8(ecom_documents::write_tally(book, ecom_documents::TallyPart::Both).unwrap()).unwrap()
}

#[test]
fn other_currencies_have_sheets_and_no_tally_vouchers() {
    let yen = Currency::parse("JPY").unwrap();
    let one = settled("1", 500, vec![part(date(2026, 6, 9), &[(Account::SalesProduct, 500)])]);
    let journal = Book { settlements: vec![one], ..Book::new(yen) }.journal(&Rules::default()).unwrap();
    assert!(journal.tally(None).unwrap_err().to_string().contains("in JPY"));
    let csv = String::from_utf8(write_csv(&journal.sheet().unwrap()).unwrap()).unwrap();
    assert!(csv.contains("income:sales:product,JPY,,500,"), "{csv}");
}

#[test]
fn registers_tell_heads_quarters_and_estimates_apart() {
    let mut march = part(
        date(2026, 3, 31),
        &[
            (Account::TcsCgst, -25),
            (Account::TcsSgst, -25),
            (Account::Tds, -40),
            (Account::GstInputIgst, -1800),
        ],
    );
    march.accounts[Account::GstInputUnsplit.slot()].debit = -376;
    march.accounts[Account::GstInputUnsplit.slot()].estimated = -376;
    let april =
        part(date(2026, 4, 2), &[(Account::TcsIgst, 50), (Account::Tds, -60), (Account::TdsOnFees, 9)]);
    let mut one = settled("1", -2267, vec![march, april]);
    one.bank.utr = Some("=1+1".to_owned());
    let gstin: Gstin = "27AAPFU0939F1ZV".parse().unwrap();
    let registers = Book { gstin: Some(gstin), ..book(vec![one]) }.registers().unwrap();
    let heads: Vec<_> = registers.tcs.iter().map(|row| (row.igst, row.cgst, row.sgst, row.total)).collect();
    assert_eq!(heads, [(0, 25, 25, 50), (-50, 0, 0, -50)]);
    let quarters: Vec<_> =
        registers.tds.iter().map(|row| (row.year.label(), row.quarter, row.on_sales)).collect();
    assert_eq!(
        quarters,
        [
            ("2025-26".to_owned(), ecom_gst::Quarter::Q4, 40),
            ("2026-27".to_owned(), ecom_gst::Quarter::Q1, 60)
        ]
    );
    assert_eq!(registers.tds[1].on_fees_paid_back, 9);
    let gst = registers.fee_gst[0];
    assert_eq!((registers.fee_gst.len(), gst.igst, gst.unsplit, gst.estimated), (1, 1800, 0, 376));
    assert_eq!((registers.payouts[0].paid, registers.payouts[0].total), (0, Some(-2267)));
    let [tcs, tds, fees, payouts] = registers.sheets();
    assert_eq!(tcs.rows[0][2], Value::from("Maharashtra"));
    let csv = |sheet| String::from_utf8(write_csv(&sheet).unwrap()).unwrap();
    assert!(csv(tds).contains("2025-26,Q4,0.40,0.00\n"));
    assert!(csv(fees).contains("2026-03,18.00,0.00,0.00,0.00,3.76,0.00\n"));
    assert!(csv(payouts).contains(",-22.67,0.00,'=1+1,"));
    assert!(ecom_documents::write_xlsx(&[tcs]).is_ok());
}

#[test]
fn a_register_of_some_days_has_their_months_the_quarters_they_touch_and_their_pay_outs() {
    let lines =
        |day| part(day, &[(Account::TcsIgst, -50), (Account::Tds, -60), (Account::GstInputIgst, -18)]);
    let one = settled("1", 500, vec![lines(date(2026, 3, 31)), lines(date(2026, 4, 2))]);
    let mut two = settled("2", 700, vec![lines(date(2026, 4, 20))]);
    two.bank.date = Some(date(2026, 5, 4));
    let mut three = settled("3", -10, vec![lines(date(2026, 4, 28))]);
    (three.deposit, three.end) = (None, Some(date(2026, 4, 29)));
    let whole = book(vec![one, two, three]).registers().unwrap();
    let april = whole.within(date(2026, 4, 1), date(2026, 4, 30));
    assert_eq!(
        april.tcs.iter().map(|row| (row.month.to_string(), row.igst)).collect::<Vec<_>>(),
        [("2026-04".into(), 150)]
    );
    assert_eq!(april.fee_gst.len(), 1);
    assert_eq!(
        april.tds.iter().map(|row| (row.quarter, row.on_sales)).collect::<Vec<_>>(),
        [(ecom_gst::Quarter::Q1, 180)]
    );
    let ids = |registers: &super::Registers| {
        registers.payouts.iter().map(|row| row.settlement.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&april), ["3", "1"], "by the bank's date, which for the second lies in May");
    assert_eq!(ids(&whole.within(date(2026, 5, 1), date(2026, 5, 31))), ["2"]);
    assert!(whole.within(date(2025, 1, 1), date(2025, 12, 31)).tcs.is_empty());
}

/// One settlement period: what happened in it, by shares of what is possible.
#[derive(Clone, Debug)]
struct Period {
    lines: Vec<(usize, i64, bool)>,
    reserve_share: i64,
    transfer_fails: bool,
    debt_charged: bool,
}

fn period() -> impl Strategy<Value = Period> {
    let own: Vec<usize> = (0..Account::ALL.len())
        .filter(|&at| {
            let account = Account::ALL[at];
            !matches!(account.class(), Class::Reserve | Class::Transfer) && !LEFT_OUT.contains(&account)
        })
        .collect();
    // Up to 1,00,00,00,000.00 a line.
    let line = (proptest::sample::select(own), -100_000_000_000_i64..=100_000_000_000, any::<bool>());
    (proptest::collection::vec(line, 0..8), 0_i64..=100, any::<bool>(), any::<bool>()).prop_map(
        |(lines, reserve_share, transfer_fails, debt_charged)| Period {
            lines,
            reserve_share,
            transfer_fails,
            debt_charged,
        },
    )
}

/// What Amazon does: releases and holds reserves, carries or charges debts, pays, and takes failed transfers back.
/// Gives the settlements, and after each what Amazon holds: the reserve, less a debt not yet carried.
fn lived(periods: &[Period]) -> Vec<(Settled, i64)> {
    let (mut reserve, mut debt, mut failed) = (0, 0, 0);
    let mut start = date(2026, 1, 24);
    let mut all = Vec::new();
    for (at, period) in periods.iter().enumerate() {
        let end = start + 13.days();
        let middle = start.last_of_month().min(end);
        let (mut early, mut late) = (Vec::new(), Vec::new());
        for &(account, amount, first) in &period.lines {
            if first { &mut early } else { &mut late }.push((Account::ALL[account], amount));
        }
        late.push((Account::Reserve, reserve));
        late.push((Account::TransferCarried, -debt));
        late.push((Account::TransferCard, if period.debt_charged { debt } else { 0 }));
        late.push((Account::TransferFailed, failed));
        let before: i64 = early.iter().chain(&late).map(|(_, amount)| amount).sum();
        reserve = before.max(0) / 100 * period.reserve_share;
        late.push((Account::Reserve, -reserve));
        let total = before - reserve;
        debt = (-total).max(0);
        failed = if period.transfer_fails { total.max(0) } else { 0 };
        let months = vec![part(middle, &early), part(end, &late)];
        all.push((settled(&format!("{}", 100 + at), total, months), reserve - debt));
        start = end + 1.days();
    }
    all
}

proptest! {
    #[test]
    fn the_party_ledger_is_what_amazon_holds_and_all_accounts_add_up(
        periods in proptest::collection::vec(period(), 1..9),
        from_tax_reports in any::<bool>(),
    ) {
        let lived = lived(&periods);
        let book = book(lived.iter().map(|(settled, _)| settled.clone()).collect());
        let sales = if from_tax_reports { Sales::FromTaxReports } else { Sales::FromSettlement };
        let journal = book.journal(&rules(sales)).unwrap();
        for voucher in &journal.vouchers {
            prop_assert_eq!(voucher.entries.iter().map(|entry| i128::from(entry.amount)).sum::<i128>(), 0);
            prop_assert!(voucher.entries.iter().all(|entry| entry.amount != 0));
        }
        for (settled, held) in &lived {
            prop_assert_eq!(journal.party_balance(settled.deposit.unwrap()), Ok(*held));
        }
        for &account in Account::ALL {
            let lines = book.settlements.iter().flat_map(|settled| &settled.months);
            let given: i64 = lines.map(|part| part.accounts[account.slot()].net()).sum();
            let expected = if LEFT_OUT.contains(&account) { 0 } else { given };
            prop_assert_eq!(posted(&journal, account), expected, "{}", account);
        }
        let roll = journal.roll_forward(0).unwrap();
        prop_assert_eq!(roll.last().map_or(0, |row| row.closing), lived.last().unwrap().1);
        let in_tally = journal.tally(None).unwrap();
        prop_assert!(ecom_documents::write_tally(&in_tally, ecom_documents::TallyPart::Both).is_ok());
    }

    #[test]
    fn months_are_never_mixed_in_a_journal_voucher(periods in proptest::collection::vec(period(), 1..6)) {
        let lived = lived(&periods);
        let book = book(lived.into_iter().map(|(settled, _)| settled).collect());
        for voucher in book.journal(&Rules::default()).unwrap().vouchers {
            if voucher.kind == Kind::Journal {
                prop_assert!(voucher.id.contains(&Month::of(voucher.date).to_string()));
            }
        }
    }
}
