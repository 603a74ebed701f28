//! What explains a figure: lines as printed, sums of a product's lines, sales on other days in UTC, files.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Account, Currency, Group,
    cost::{Cost, CostSheet},
    day::{DayCutter, Month},
    settlement::Format,
    stock::{Fate, StockEvent},
};
use ecom_store::{Filter, LineFilter, LineView, PersonId, ProductFilter, SellerAccountId, SkuId};
use ecom_testkit::on_both;
use shop::{Shop, always, plan};

const MICROS_PER_DAY: i64 = 86_400_000_000;

on_both!(lines_as_printed_are_without_derived_pairs_and_sum_to_the_figure_as_printed, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 600)).await;
    let whole = shop.statements(&always()).await.remove(0);
    assert!(whole.is_estimated());
    let printed = whole.clone().as_printed().unwrap();
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    for account in [Account::Advertising, Account::GstInputUnsplit, Account::FeeReferral] {
        let filter = LineFilter { accounts: vec![account], ..LineFilter::of(always()) };
        let sum = |lines: &[LineView]| lines.iter().map(|line| line.amount).sum::<i64>();
        let all = books.lines(&filter, None, 10_000).await.unwrap();
        let some = books.lines(&LineFilter { printed: true, ..filter }, None, 10_000).await.unwrap();
        assert_eq!(sum(&all), whole.turnover(account).net(), "{account:?}");
        assert_eq!(sum(&some), printed.turnover(account).net(), "{account:?}");
        assert!(some.iter().all(|line| !line.estimated));
    }
});

on_both!(lines_of_a_product_sum_to_its_figures, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in 0..3 {
        shop.settle(&format!("10{turn}.txt"), &plan(turn, 900)).await;
    }
    let (_, stranger) = world.business("other-house").await;
    let name = shop::catalogue().products[0].sku.clone();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let cost = Cost {
        sku: name.clone(),
        marketplace: None,
        currency: Currency::INR,
        from: 0,
        to: None,
        parts: [700, 0, 0, 0, 0],
    };
    books.save_costs(&CostSheet::new(vec![cost]).unwrap()).await.unwrap().unwrap();
    let sku = books.sku(&name).await.unwrap().unwrap();
    let (first, last) = books.span().await.unwrap().unwrap();
    let event = StockEvent {
        day: first + 3,
        sold: None,
        sku: name.clone(),
        marketplace: String::new(),
        currency: Currency::INR,
        units: 2,
        fate: Fate::Sellable,
    };
    books.add_stock_events(&[event], PersonId(1), 5).await.unwrap();
    let lines = LineFilter { sku: Some(sku), ..LineFilter::of(always()) };
    let found = books.product_statements(&lines).await.unwrap().unwrap().remove(0);
    let all = books.lines(&lines, None, 10_000).await.unwrap();
    for account in Account::ALL.iter().filter(|account| !matches!(account, Account::Cogs)) {
        let sum: i64 = all.iter().filter(|line| line.account == *account).map(|line| line.amount).sum();
        assert_eq!(found.turnover(*account).net(), sum, "{account:?}");
    }
    let months =
        ProductFilter { text: name, ..ProductFilter::months(Month::of_day(first), Month::of_day(last)) };
    let row = books.products(&months).await.unwrap().rows.remove(0);
    assert_eq!(row.sku, sku);
    assert_eq!((row.profit, row.units, row.returned), (found.profit().unwrap(), found.units, found.returned));
    assert!(found.units > 0 && found.returned == 2 && found.group(Group::Cogs).unwrap() < 0);
    let part = Filter { seller_account: Some(SellerAccountId(9)), ..always() };
    let none = books.product_statements(&LineFilter { filter: part, ..lines.clone() }).await.unwrap();
    assert_eq!(none, Some(Vec::new()));
    let unnamed = books.product_statements(&LineFilter { sku: None, ..lines.clone() }).await.unwrap();
    assert_eq!(unnamed, None);
    let closing = LineFilter { accounts: vec![Account::FeeClosing], ..lines };
    let closing = books.product_statements(&closing).await.unwrap().unwrap().remove(0);
    assert!(closing.turnover(Account::FeeClosing).lines > 0);
    assert_eq!(closing.turnover(Account::FeeReferral).lines, 0);
    let other = LineFilter { sku: Some(SkuId(1)), ..LineFilter::of(always()) };
    let strange = tx.scoped(stranger).await.unwrap().product_statements(&other).await.unwrap();
    assert_eq!(strange, Some(Vec::new()));
});

on_both!(sales_that_change_days_in_utc_are_those_of_the_lines, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in 0..2 {
        shop.settle(&format!("10{turn}.txt"), &plan(turn, 2_000)).await;
    }
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let (first, last) = books.span().await.unwrap().unwrap();
    let all = books.lines(&LineFilter::of(always()), None, 10_000).await.unwrap();
    let sales: Vec<&LineView> = all.iter().filter(|line| line.account.group() == Group::NetSales).collect();
    let cutter = DayCutter::for_currency(Currency::INR);
    let mut changed = 0;
    for (from, to) in
        [(first + 3, first + 3), (first, first + 9), (first + 5, last - 4), (last + 3, last + 9)]
    {
        let found = books.shifted_sales(&Filter::days(from, to)).await.unwrap().unwrap();
        let found = found.get(&Currency::INR).copied().unwrap_or_default();
        let days = from..=to;
        let sum = |utc: bool| -> i64 {
            let within = |line: &&&LineView| -> bool {
                let printed = i32::try_from(line.posted_at.div_euclid(MICROS_PER_DAY)).unwrap();
                assert_eq!(cutter.clone().day(line.posted_at), line.day);
                days.contains(if utc { &printed } else { &line.day })
            };
            sales.iter().filter(within).map(|line| line.amount).sum()
        };
        assert_eq!(found.gained - found.lost, sum(true) - sum(false), "{from} {to}");
        changed += i32::from(found.gained != 0) + i32::from(found.lost != 0);
    }
    assert!(changed > 3, "the made-up seller sells at night, too");
    let (_, stranger) = world.business("other-house").await;
    let strange = tx.scoped(stranger).await.unwrap().shifted_sales(&Filter::days(first, last)).await;
    assert!(strange.unwrap().unwrap().is_empty());
});

on_both!(figures_name_the_files_they_rest_on, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 200)).await;
    shop.settle("1002.txt", &plan(1, 200)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let all = books.source_files(&always()).await.unwrap();
    assert_eq!(all.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["1001.txt", "1002.txt"]);
    assert!(all.iter().all(|file| file.fingerprint.len() == 64 && file.format == Format::V2));
    assert!(all[0].fingerprint != all[1].fingerprint && all[0].lines > 200 && all[0].bytes > 20_000);
    let (first, _) = books.span().await.unwrap().unwrap();
    assert_eq!(books.source_files(&Filter::days(first, first)).await.unwrap().len(), 1);
    assert!(books.source_files(&Filter::days(first - 9, first - 1)).await.unwrap().is_empty());
    let (_, stranger) = world.business("other-house").await;
    assert!(tx.scoped(stranger).await.unwrap().source_files(&always()).await.unwrap().is_empty());
});
