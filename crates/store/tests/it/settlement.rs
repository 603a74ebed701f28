//! Which version of a settlement is in the figures; withdrawing; costs; statements by month and day.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Account, Currency,
    cost::{Cost, CostSheet},
    day::Month,
    expense::{Expense, Repeat},
    roll::EntryKind,
};
use ecom_store::{Changes, FileId, Filter, Reopening, SettlementState, StoreError};
use ecom_testkit::on_both;
use shop::{Shop, always, catalogue, extra, plan};

/// The first fortnight, with one reimbursement of so much.
fn reimbursed(amount: i64) -> ecom_simulator::Plan {
    let label = ["SAFE-T Reimbursement", "Other Transactions", "SAFE-T Reimbursement"];
    ecom_simulator::Plan { extra: vec![extra(label, amount)], ..plan(0, 200) }
}

on_both!(the_newer_report_replaces_the_older_one_and_its_changes_are_listed, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (old, _) = shop.settle("report 1001.txt", &reimbursed(100)).await;
    let before = shop.total().await;
    let (new, state) = shop.settle("report 1007.txt", &reimbursed(14_838)).await;
    assert_eq!((state, shop.state(old).await), (SettlementState::Active, SettlementState::Replaced));
    assert_eq!(shop.total().await, before + 14_738);
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let Changes::Lines(changed) = books.changes(old, new, 10, 100_000).await.unwrap() else {
        unreachable!("there are few lines");
    };
    let told: Vec<(i64, i64)> = changed.iter().map(|line| (line.count, line.amount)).collect();
    assert_eq!(told, [(1, 14_838), (-1, 100)]);
    // Of too many lines the sums of each label are compared.
    let Changes::Labels(labels) = books.changes(old, new, 10, 1).await.unwrap() else {
        unreachable!("there are too many lines");
    };
    assert_eq!(labels.len(), 1);
    assert_eq!((labels[0].lines, labels[0].amount, &labels[0].label), (0, 14_738, &changed[0].label));
    assert_eq!(books.versions(new).await.unwrap().len(), 1);
});

on_both!(without_report_ids_a_person_chooses, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (first, _) = shop.settle("march.txt", &reimbursed(100)).await;
    let (second, state) = shop.settle("march again.txt", &reimbursed(200)).await;
    assert_eq!((state, shop.state(first).await), (SettlementState::Undecided, SettlementState::Active));
    let before = shop.total().await;
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().choose(second, 9).await.unwrap();
    tx.commit().await.unwrap();
    let states = (shop.state(second).await, shop.state(first).await);
    assert_eq!(states, (SettlementState::Active, SettlementState::Replaced));
    assert_eq!(shop.total().await, before + 100);
});

on_both!(a_withdrawn_import_leaves_the_figures_and_the_older_version_returns, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (old, _) = shop.settle("1001.txt", &plan(0, 200)).await;
    let (total, lines) = (shop.total().await, shop.lines().await);
    shop.settle("1007.txt", &plan(0, 300)).await;
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().withdraw(FileId(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(shop.state(old).await, SettlementState::Active);
    assert_eq!((shop.total().await, shop.lines().await), (total, lines));
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert!(books.withdraw(FileId(2)).await.is_err(), "only once");
    assert_eq!(books.settlements(&always()).await.unwrap().len(), 2, "the record stays");
    drop(tx);
    let (again, state) = shop.settle("1007.txt", &plan(0, 300)).await;
    assert_eq!((shop.state(again).await, state), (SettlementState::Active, SettlementState::Active));
});

on_both!(months_and_days_add_up_to_the_whole, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 900)).await;
    shop.settle("1002.txt", &plan(1, 900)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let (from, to) = books.span().await.unwrap().unwrap();
    let filter = Filter::days(from, to);
    let whole = books.statements(&filter).await.unwrap().remove(0);
    let months = books.statements_by_month(&filter).await.unwrap();
    let days = books.statements_by_day(&filter).await.unwrap();
    assert_eq!(months.iter().map(|(month, _)| month.to_string()).collect::<Vec<_>>(), ["2026-09", "2026-10"]);
    for parts in
        [months.iter().map(|(_, part)| part).collect::<Vec<_>>(), days.iter().map(|(_, part)| part).collect()]
    {
        let mut sum = ecom_ledger::statement::Statement::new(Currency::INR);
        for part in parts {
            sum.merge(part).unwrap();
        }
        assert_eq!(sum.accounts, whole.accounts);
        assert_eq!((sum.units, sum.uncosted, sum.refunds), (whole.units, whole.uncosted, whole.refunds));
    }
    let month: Month = "2026-10".parse().unwrap();
    let by_month =
        books.statements(&Filter::days(month.first_day(), month.last_day())).await.unwrap().remove(0);
    assert_eq!(by_month, months[1].1, "whole months come from the smaller rollup");
    let in_part =
        books.statements(&Filter::days(month.first_day(), month.first_day() + 3)).await.unwrap().remove(0);
    let first_days = days.iter().filter(|(day, _)| (month.first_day()..=month.first_day() + 3).contains(day));
    assert_eq!(in_part.units, first_days.map(|(_, part)| part.units).sum::<i64>());
});

fn costs(rows: &[(&str, i32, i64)]) -> CostSheet {
    let cost = |(sku, from, goods): &(&str, i32, i64)| Cost {
        sku: (*sku).to_owned(),
        marketplace: None,
        currency: Currency::INR,
        from: *from,
        to: None,
        parts: [*goods, 50, 0, 0, 0],
    };
    CostSheet::new(rows.iter().map(cost).collect()).unwrap()
}

on_both!(a_cost_changes_the_figures_of_its_product_at_once, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 900)).await;
    let before = shop.statements(&always()).await.remove(0);
    let catalogue = catalogue();
    let all: Vec<(&str, i32, i64)> =
        catalogue.products.iter().map(|product| (product.sku.as_str(), 0, product.cost)).collect();
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().save_costs(&costs(&all[1..])).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let some = shop.statements(&always()).await.remove(0);
    assert!(some.uncosted > 0 && some.uncosted < before.units && some.turnover(Account::Cogs).net() < 0);
    assert_eq!(some.profit().unwrap(), before.profit().unwrap() + some.turnover(Account::Cogs).net());
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().save_costs(&costs(&all[..1])).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(shop.statements(&always()).await.remove(0).uncosted, 0);
    // A second file finds the costs there already, and a cost that begins later counts from its day only.
    shop.settle("1002.txt", &plan(1, 900)).await;
    let whole = shop.statements(&always()).await.remove(0);
    assert_eq!(whole.uncosted, 0);
    let later: Month = "2026-10".parse().unwrap();
    let dearer: Vec<(&str, i32, i64)> =
        all.iter().map(|(sku, _, goods)| (*sku, later.first_day(), goods * 2 + 50)).collect();
    let september = Filter::days(0, later.first_day() - 1);
    let untouched = shop.statements(&september).await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.save_costs(&costs(&dearer)).await.unwrap().unwrap();
    let held = books.costs().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(held.all().count(), all.len() * 2);
    assert_eq!(shop.statements(&september).await, untouched);
    let october = Filter::days(later.first_day(), i32::MAX);
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let doubled = books.statements(&october).await.unwrap().remove(0).turnover(Account::Cogs).net();
    for (sku, from, _) in &dearer {
        books.delete_cost(sku, None, Currency::INR, *from).await.unwrap();
    }
    let single = books.statements(&october).await.unwrap().remove(0).turnover(Account::Cogs).net();
    assert_eq!(doubled, single * 2);
});

on_both!(an_overlapping_cost_is_told_and_changes_nothing, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let ended = Cost { to: Some(100), ..costs(&[("A", 0, 5)]).all().next().unwrap().clone() };
    books.save_costs(&CostSheet::new(vec![ended]).unwrap()).await.unwrap().unwrap();
    let problems = books.save_costs(&costs(&[("A", 50, 6)])).await.unwrap().unwrap_err();
    assert!(problems[0].message.contains("overlaps"), "{problems:?}");
    assert_eq!(books.costs().await.unwrap().all().count(), 1);
});

on_both!(what_nobody_knows_is_listed_with_its_sum, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let mut strange = plan(0, 202);
    let label = ["other-transaction", "other-transaction", "A Fee Nobody Knows"];
    strange.extra = vec![extra(label, -11_800), extra(label, -200)];
    shop.settle("1001.txt", &strange).await;
    let mut tx = world.db.read().await.unwrap();
    let unknown = tx.scoped(shop.tenant).await.unwrap().unclassified(&always()).await.unwrap();
    assert_eq!(unknown.len(), 1);
    assert_eq!((unknown[0].lines, unknown[0].amount), (2, -12_000));
    assert_eq!(unknown[0].label.description, "A Fee Nobody Knows");
});

on_both!(expenses_stand_in_the_statement_of_the_whole_business_only, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 300)).await;
    let month: Month = "2026-09".parse().unwrap();
    let filter = Filter::days(month.first_day(), month.last_day());
    let before = shop.statements(&filter).await.remove(0).profit().unwrap();
    let rent = Expense::once("rent".parse().unwrap(), Currency::INR, 180_000, "2026-01-31".parse().unwrap())
        .unwrap()
        .with_gst(32_400)
        .unwrap()
        .repeated(Repeat::Monthly, None)
        .unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let id = books.add_expense(&rent, 5).await.unwrap();
    assert_eq!(books.expenses().await.unwrap(), [(id, rent)]);
    tx.commit().await.unwrap();
    let after = shop.statements(&filter).await.remove(0);
    assert_eq!((after.profit().unwrap(), after.indirect["rent"]), (before - 180_000, -180_000));
    let part = Filter { seller_account: Some(shop.account), ..filter };
    assert_eq!(shop.statements(&part).await.remove(0).profit().unwrap(), before);
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.delete_expense(id).await.unwrap();
    assert!(books.delete_expense(id).await.is_err());
    assert_eq!(books.statements(&filter).await.unwrap().remove(0).profit().unwrap(), before);
});

on_both!(a_closed_month_stays_as_it_was_and_tells_what_changed, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let owner = world.business("another").await.0;
    shop.settle("1001.txt", &plan(0, 300)).await;
    let month: Month = "2026-09".parse().unwrap();
    let filter = Filter::days(month.first_day(), month.last_day());
    let statement = shop.statements(&filter).await.remove(0);
    let gaps = statement.gaps();
    let close =
        statement.clone().freeze(&gaps, jiff::Timestamp::from_microsecond(world.now()).unwrap()).unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.put_close(month, &close, owner).await.unwrap();
    assert!(matches!(books.put_close(month, &close, owner).await, Err(StoreError::Conflict(_))));
    tx.commit().await.unwrap();
    let mut late = plan(0, 300);
    (late.id, late.extra) =
        (1, vec![extra(["Adjustment", "FBA Inventory Reimbursement", "WAREHOUSE_LOST"], 700)]);
    late.end = late.start + 3 * 86_400;
    shop.settle("1002.txt", &late).await;
    let now = shop.statements(&filter).await.remove(0);
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let held = books.close(month, Currency::INR).await.unwrap().unwrap();
    assert_eq!(held.close.statement.accounts, statement.accounts);
    assert!(held.close.differences(&now).iter().any(|one| one.account == "income:reimbursement"));
    books.reopen(month, Currency::INR, owner, "a late settlement", world.now()).await.unwrap();
    assert!(books.close(month, Currency::INR).await.unwrap().is_none());
    assert!(books.closed_months().await.unwrap().is_empty());
    assert_eq!(
        books.closes().await.unwrap()[0].reopened,
        Some(Reopening { at: world.now(), by: "Asha Rao".into(), reason: "a late settlement".into() })
    );
    assert!(books.reopen(month, Currency::INR, owner, "again", world.now()).await.is_err());
});

on_both!(the_balance_at_amazon_rolls_forward_and_ties, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 400)).await;
    shop.settle("1002.txt", &plan(1, 400)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let (first, last) = books.span().await.unwrap().unwrap();
    let whole = books.balances(None, first, last).await.unwrap().rolls().unwrap()[&Currency::INR];
    // The first settlement opens with nothing, the second ends with this reserve; both totals are paid.
    let totals: i64 = books.settlements(&always()).await.unwrap().iter().map(|one| one.total.unwrap()).sum();
    assert_eq!((whole.opening, whole.paid_out, whole.unexplained), (0, totals, 0));
    assert_eq!((whole.closing, whole.reserve_held, whole.unsettled), (10_000, 10_000, 0));
    for middle in first..last {
        let before = books.balances(Some(shop.account), first, middle).await.unwrap();
        let before = before.rolls().unwrap()[&Currency::INR];
        let after = books.balances(None, middle + 1, last).await.unwrap().rolls().unwrap()[&Currency::INR];
        assert_eq!((before.closing, after.closing), (after.opening, whole.closing));
        assert_eq!(before.posted + after.posted, whole.posted);
        assert_eq!(before.closing, before.reserve_held + before.unsettled);
    }
});

on_both!(the_party_ledger_runs_from_opening_to_closing_whatever_days_it_is_cut_into, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in 0..7 {
        shop.settle(&format!("10{turn:02}.txt"), &plan(turn, 300)).await;
    }
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let (first, last) = books.span().await.unwrap().unwrap();
    // A month, an odd stretch longer than two months, and all there is: days are summed by month where it is long.
    let october: Month = "2026-10".parse().unwrap();
    for (from, to) in [
        (october.first_day(), october.last_day()),
        (first + 3, last - 3),
        (first, last),
        (i32::MIN, i32::MAX),
        (last + 5, last + 9),
    ] {
        let balances = books.balances(None, from, to).await.unwrap();
        let roll = balances.rolls().unwrap()[&Currency::INR];
        let (account, currency, party) = balances.parties().unwrap().remove(0);
        assert_eq!((account, currency), (shop.account, Currency::INR));
        assert_eq!((party.opening, party.closing), (roll.opening, roll.closing), "{from} {to}");
        let moved = |kind| party.entries.iter().filter(move |one| one.kind == kind).map(|one| one.amount);
        assert_eq!(moved(EntryKind::Lines).sum::<i64>(), roll.posted);
        assert_eq!(-moved(EntryKind::PaidOut).sum::<i64>(), roll.paid_out);
        let long = to.saturating_sub(from) > 62;
        assert!(!long || moved(EntryKind::Lines).count() < 40, "{from} {to}");
        // The same by the day rollup alone.
        let (from, to) = (from.max(first - 1), to.min(last + 9));
        let mut days = 0;
        for day in books.statements_by_day(&Filter::days(from, to)).await.unwrap() {
            days += day.1.posted().unwrap();
        }
        assert_eq!(days, roll.posted, "{from} {to}");
    }
    let (_, stranger) = world.business("other-house").await;
    let mut strange = tx.scoped(stranger).await.unwrap();
    assert!(strange.balances(None, first, last).await.unwrap().rolls().unwrap().is_empty());
    assert!(strange.closed_months().await.unwrap().is_empty());
});

on_both!(a_marketplace_is_one_in_whatever_case_it_is_spelled, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let catalogue = catalogue();
    let cost = |sku: &str| Cost {
        marketplace: Some("amazon.in".to_owned()),
        ..costs(&[(sku, 0, 500)]).all().next().unwrap().clone()
    };
    let sheet = catalogue.products.iter().map(|product| cost(&product.sku)).collect();
    let mut tx = world.db.write().await.unwrap();
    let saved = tx.scoped(shop.tenant).await.unwrap().save_costs(&CostSheet::new(sheet).unwrap()).await;
    saved.unwrap().unwrap();
    tx.commit().await.unwrap();
    shop.settle("1001.txt", &plan(0, 300)).await;
    let statement = shop.statements(&always()).await.remove(0);
    assert!(statement.units > 0 && statement.uncosted == 0);
});
