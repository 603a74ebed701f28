//! Figures of products: they sum to the statement, whatever they are sorted, filtered and cut by.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use std::collections::BTreeSet;

use ecom_ledger::{
    Currency, Group,
    cost::{Cost, CostSheet},
    day::Month,
    stock::{Fate, StockEvent},
};
use ecom_store::{
    Filter, PersonId, ProductColumn, ProductFilter, ProductKind, ProductRow, Scoped, SkuId, TenantId, Tx,
};
use ecom_testkit::{World, on_both};
use shop::{Shop, catalogue, extra, plan};

fn months() -> ProductFilter {
    ProductFilter::months("2026-09".parse().unwrap(), "2026-10".parse().unwrap())
}

/// Two fortnights, costs of all products but two, and units that came back and were lost.
async fn stocked(world: &World) -> Shop {
    let shop = Shop::new(world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 700)).await;
    shop.settle("1002.txt", &plan(1, 700)).await;
    let catalogue = catalogue();
    let costs = catalogue.products.iter().skip(2).map(|product| Cost {
        sku: product.sku.clone(),
        marketplace: None,
        currency: Currency::INR,
        from: 0,
        to: None,
        parts: [product.cost, 0, 0, 0, 0],
    });
    let sheet = CostSheet::new(costs.collect()).unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.save_costs(&sheet).await.unwrap().unwrap();
    let october: Month = "2026-10".parse().unwrap();
    let event = |at: usize, fate, units| StockEvent {
        day: october.first_day() + 3,
        sold: None,
        sku: catalogue.products[at].sku.clone(),
        marketplace: "amazon.in".into(),
        currency: Currency::INR,
        units,
        fate,
    };
    let events = [event(3, Fate::Sellable, 1), event(4, Fate::Lost, 2), event(0, Fate::Damaged, 1)];
    books.add_stock_events(&events, PersonId(1), 5).await.unwrap();
    tx.commit().await.unwrap();
    shop
}

/// All rows of a filter, page by page.
async fn all(books: &mut Scoped<'_>, filter: &ProductFilter) -> Vec<ProductRow> {
    let mut rows = Vec::new();
    loop {
        let next =
            ProductFilter { page: i64::try_from(rows.len()).unwrap() / filter.size + 1, ..filter.clone() };
        let page = books.products(&next).await.unwrap();
        rows.extend(page.rows);
        if i64::try_from(rows.len()).unwrap() >= page.total {
            return rows;
        }
    }
}

on_both!(products_sum_to_the_statement_group_by_group, |world| async move {
    let shop = stocked(&world).await;
    let filter = months();
    let whole = shop.statements(&Filter::days(filter.from.first_day(), filter.to.last_day())).await.remove(0);
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let rows = all(&mut books, &filter).await;
    for group in Group::ALL {
        let sum: i64 = rows.iter().map(|row| row.group(group)).sum();
        assert_eq!(sum, whole.group(group).unwrap(), "{}", group.title());
    }
    assert!(whole.group(Group::InventoryLoss).unwrap() < 0 && whole.group(Group::Cogs).unwrap() < 0);
    let sum = |value: fn(&ProductRow) -> i64| rows.iter().map(value).sum::<i64>();
    assert_eq!(sum(|row| row.profit), whole.profit().unwrap());
    assert_eq!((sum(|row| row.units), sum(|row| row.uncosted)), (whole.units, whole.uncosted));
    assert_eq!(Some(sum(|row| row.refunds)), whole.refunds);
    assert_eq!((sum(|row| row.returned), sum(|row| row.unvalued)), (whole.returned, whole.unvalued));
    assert_eq!((whole.returned, whole.unvalued), (1, 1));
    let together = ProductRow::whole(&whole).unwrap();
    for column in ProductColumn::all().filter(|column| *column != ProductColumn::FeesPerUnit) {
        if let (Some(value), true) =
            (together.value(column), rows.iter().all(|row| row.value(column).is_some()))
        {
            assert_eq!(value, rows.iter().filter_map(|row| row.value(column)).sum::<i64>(), "{column:?}");
        }
    }
    assert!(together.estimated != 0 && !together.cost_known() && together.margin_bp.is_none());
    let loose = rows.iter().find(|row| row.sku == SkuId(0)).unwrap();
    assert!(loose.name.is_empty() && loose.group(Group::Balance) != 0);
    // One month alone, and one marketplace, are parts of it too.
    let october = ProductFilter { from: filter.to, ..filter.clone() };
    let part = books.statements(&Filter::days(filter.to.first_day(), filter.to.last_day())).await.unwrap();
    let rows = all(&mut books, &october).await;
    assert_eq!(rows.iter().map(|row| row.profit).sum::<i64>(), part[0].profit().unwrap());
    let (place, _) = books.marketplaces().await.unwrap()[0].clone();
    let at_place =
        Filter { marketplace: Some(place), ..Filter::days(filter.from.first_day(), filter.to.last_day()) };
    let part = books.statements(&at_place).await.unwrap();
    let rows = all(&mut books, &ProductFilter { marketplace: Some(place), ..filter.clone() }).await;
    assert_eq!(rows.iter().map(|row| row.profit).sum::<i64>(), part[0].profit().unwrap());
    // Stock events are of no account at Amazon.
    let account = Some(shop.account);
    let rows = all(&mut books, &ProductFilter { seller_account: account, ..filter.clone() }).await;
    assert_eq!(rows.iter().map(|row| row.group(Group::InventoryLoss)).sum::<i64>(), 0);
});

on_both!(every_column_sorts_both_ways_with_the_unknown_last, |world| async move {
    let shop = stocked(&world).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let count = all(&mut books, &months()).await.len();
    for column in ProductColumn::all() {
        for descending in [false, true] {
            let filter = ProductFilter { sort: column, descending, size: 7, ..months() };
            let rows = all(&mut books, &filter).await;
            let skus: BTreeSet<SkuId> = rows.iter().map(|row| row.sku).collect();
            assert_eq!((skus.len(), rows.len()), (count, count), "{column:?}");
            let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
            if column == ProductColumn::Sku {
                assert!(names[count - 1].is_empty(), "the lines without a product come last");
                assert_eq!(names[..count - 1].is_sorted(), !descending);
                continue;
            }
            let values: Vec<Option<i64>> = rows.iter().map(|row| row.value(column)).collect();
            let known: Vec<i64> = values.iter().copied().map_while(|value| value).collect();
            assert!(values[known.len()..].iter().all(Option::is_none), "{column:?} {values:?}");
            let fits = |pair: &[i64]| if descending { pair[0] >= pair[1] } else { pair[0] <= pair[1] };
            assert!(known.windows(2).all(fits), "{column:?} {known:?}");
        }
    }
});

type Fits = fn(&ProductRow) -> bool;

on_both!(products_are_found_by_text_and_by_unknown_cost, |world| async move {
    let shop = stocked(&world).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let rows = all(&mut books, &months()).await;
    let sample = rows.iter().find(|row| row.sku != SkuId(0)).unwrap();
    let part: String = sample.name.chars().take(sample.name.len() - 1).collect::<String>().to_lowercase();
    let wanted = rows.iter().filter(|row| row.name.to_lowercase().contains(&part)).count();
    let by_text = ProductFilter { text: format!(" {part} "), ..months() };
    assert_eq!(books.products(&by_text).await.unwrap().total, i64::try_from(wanted).unwrap());
    for nothing in ["%", "_", "' or 1 = 1 --", "no such product"] {
        let none = ProductFilter { text: nothing.into(), ..months() };
        assert_eq!(books.products(&none).await.unwrap().total, 0, "{nothing}");
    }
    let uncosted = all(&mut books, &ProductFilter { kind: Some(ProductKind::Uncosted), ..months() }).await;
    let expected: BTreeSet<SkuId> = rows.iter().filter(|row| !row.cost_known()).map(|row| row.sku).collect();
    assert_eq!(uncosted.iter().map(|row| row.sku).collect::<BTreeSet<_>>(), expected);
    assert!(!expected.is_empty());
    assert!(uncosted.iter().all(|row| row.margin_bp.is_none() && row.break_even_bp.is_none()));
    let kinds: [(ProductKind, Fits); 2] =
        [(ProductKind::Loss, |row| row.profit < 0), (ProductKind::Unsold, |row| row.units == 0)];
    for (kind, fits) in kinds {
        let found = all(&mut books, &ProductFilter { kind: Some(kind), ..months() }).await;
        let expected = rows.iter().filter(|row| fits(row)).count();
        assert!(found.len() == expected && found.iter().all(fits) && expected > 0, "{kind:?}");
    }
});

on_both!(a_page_out_of_range_gives_the_nearest, |world| async move {
    let shop = stocked(&world).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let at = |page, size| ProductFilter { page, size, ..months() };
    let last = books.products(&at(i64::MAX, 7)).await.unwrap();
    assert_eq!((last.page, last.size), (last.pages(), 7));
    assert_eq!(i64::try_from(last.rows.len()).unwrap(), last.total - (last.pages() - 1) * 7);
    for page in [0, -5, i64::MIN] {
        assert_eq!(books.products(&at(page, 7)).await.unwrap(), books.products(&at(1, 7)).await.unwrap());
    }
    assert_eq!(books.products(&at(1, i64::MAX)).await.unwrap().size, ecom_store::MOST_PAGE);
    assert_eq!(books.products(&at(1, 0)).await.unwrap().rows.len(), 1);
    let empty = ProductFilter { page: 9, text: "no such product".into(), ..months() };
    let none = books.products(&empty).await.unwrap();
    assert_eq!((none.page, none.total, none.pages()), (1, 0, 1));
});

on_both!(a_product_stands_alone_as_it_stands_in_the_list, |world| async move {
    let shop = stocked(&world).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    for row in all(&mut books, &months()).await {
        let narrow =
            ProductFilter { text: "no such product".into(), kind: Some(ProductKind::Loss), ..months() };
        assert_eq!(books.product_total(row.sku, &narrow).await.unwrap(), [row]);
    }
    assert!(books.product_total(SkuId(i64::MAX), &months()).await.unwrap().is_empty());
});

on_both!(a_products_history_and_the_trends_add_up, |world| async move {
    let shop = stocked(&world).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let wide = ProductFilter { from: Month(0), to: Month(9999 * 12), size: 9, ..months() };
    let rows = books.products(&wide).await.unwrap().rows;
    for row in &rows {
        let history = books.product(row.sku, &wide).await.unwrap().unwrap();
        assert_eq!(history.name, row.name);
        assert_eq!(history.months.iter().map(|(_, month)| month.profit).sum::<i64>(), row.profit);
        assert_eq!(history.days.iter().map(|day| day.units).sum::<i64>(), row.units);
        assert_eq!(history.days.iter().map(|day| day.refunds).sum::<i64>(), row.refunds);
        assert!(history.days.windows(2).all(|pair| pair[0].day < pair[1].day));
    }
    let trend = books.trend(&wide).await.unwrap();
    let names: Vec<String> = trend.months.iter().map(Month::to_string).collect();
    assert_eq!(names, ["2026-09", "2026-10"]);
    assert_eq!(trend.page.rows.iter().map(|row| row.whole.clone()).collect::<Vec<_>>(), rows);
    for row in &trend.page.rows {
        assert_eq!(row.cells.iter().flatten().map(|month| month.profit).sum::<i64>(), row.whole.profit);
        assert_eq!(row.cells.iter().flatten().map(|month| month.units).sum::<i64>(), row.whole.units);
    }
    assert_eq!((trend.page.page, trend.page.size), (1, 9));
    assert!(trend.page.total > 9, "the page says how many products there are");
    let weeks = books.weeks(&wide).await.unwrap();
    assert!(weeks.weeks.iter().all(|day| (day + 3) % 7 == 0) && weeks.weeks.len() > 4);
    assert_eq!(weeks.page.total, trend.page.total);
    for row in &weeks.page.rows {
        assert_eq!(row.units.len(), weeks.weeks.len());
        assert_eq!(row.units.iter().sum::<i64>(), row.whole.units);
        assert_eq!(row.refunds.iter().sum::<i64>(), row.whole.refunds);
    }
    let early = ProductFilter { from: Month(0), to: Month(1), ..months() };
    assert!(books.trend(&early).await.unwrap().months.is_empty());
});

on_both!(the_best_and_the_worst_are_named_once, |world| async move {
    let shop = stocked(&world).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let by_profit = ProductFilter { sort: ProductColumn::Profit, size: 200, ..months() };
    let mut rows = all(&mut books, &by_profit).await;
    rows.retain(|row| row.sku != SkuId(0));
    let (best, worst) = books.best_and_worst(&months(), 3).await.unwrap();
    assert_eq!(best, rows[..3]);
    rows.reverse();
    assert_eq!(
        worst.iter().map(|row| row.profit).collect::<Vec<_>>(),
        rows[..3].iter().map(|row| row.profit).collect::<Vec<_>>()
    );
    let (best, worst) = books.best_and_worst(&months(), 200).await.unwrap();
    assert_eq!((best.len(), worst.len()), (rows.len(), 0));
    // What came back and was lost counts, and an account at Amazon has none of it.
    let lossy = rows.iter().find(|row| row.group(Group::InventoryLoss) < 0).unwrap();
    assert_eq!(best.iter().find(|row| row.sku == lossy.sku), Some(lossy));
    let of_account = ProductFilter { seller_account: Some(shop.account), ..months() };
    let (best, _) = books.best_and_worst(&of_account, 200).await.unwrap();
    assert!(best.iter().all(|row| row.group(Group::InventoryLoss) == 0));
    let (best, worst) = books
        .best_and_worst(&ProductFilter { currency: Currency::parse("USD").ok(), ..months() }, 3)
        .await
        .unwrap();
    assert!(best.is_empty() && worst.is_empty());
});

on_both!(shares_are_exact_and_unknown_without_their_whole, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let label = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    let line = |text: &str, amount| ecom_simulator::Extra { label: label(text), sku: "CUP".into(), amount };
    let lines = vec![
        line("Order|ItemPrice|Principal", 30_000),
        line("Order|ItemFees|Commission", -3_001),
        line("ServiceFee|Cost of Advertising|Base amount", -1_500),
        extra(["other-transaction", "other-transaction", "A Fee Nobody Knows"], -7),
    ];
    let rows = u64::try_from(lines.len()).unwrap() + 1;
    shop.settle("1001.txt", &ecom_simulator::Plan { extra: lines, ..plan(0, rows) }).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let cup = books.products(&ProductFilter { text: "cup".into(), ..months() }).await.unwrap().rows.remove(0);
    assert_eq!((cup.profit, cup.fees, cup.units), (25_499, -3_001, 0));
    assert_eq!((cup.margin_bp, cup.break_even_bp, cup.roi_bp), (Some(8_500), Some(9_000), None));
    assert_eq!((cup.fees_per_unit, cup.refund_share_bp), (None, None));
});

on_both!(another_business_sees_no_product, |world| async move {
    stocked(&world).await;
    let stranger = Shop::new(&world, "saree-works").await;
    let mut tx: Tx = world.db.read().await.unwrap();
    for tenant in [stranger.tenant, TenantId(4711)] {
        let mut books = tx.scoped(tenant).await.unwrap();
        assert_eq!(books.products(&months()).await.unwrap().total, 0);
        assert_eq!(books.product(SkuId(1), &months()).await.unwrap(), None);
        assert!(books.product_total(SkuId(1), &months()).await.unwrap().is_empty());
        let nothing = books.product(SkuId(0), &months()).await.unwrap().unwrap();
        assert!(nothing.months.is_empty() && nothing.days.is_empty());
        assert!(books.trend(&months()).await.unwrap().page.rows.is_empty());
        assert!(books.weeks(&months()).await.unwrap().page.rows.is_empty());
        let (best, worst) = books.best_and_worst(&months(), 5).await.unwrap();
        assert!(best.is_empty() && worst.is_empty());
    }
});

on_both!(currencies_come_with_the_most_lines_first_and_stay_apart, |world| async move {
    let shop = stocked(&world).await;
    let rupees = String::from_utf8(shop::file(&plan(2, 90))).unwrap();
    let dollars = rupees.replace("\tINR\t", "\tUSD\t").replace("Amazon.in", "Amazon.com");
    shop.import("1003.txt", dollars.into_bytes()).await;
    let stranger = Shop::new(&world, "saree-works").await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let usd = Currency::parse("USD").unwrap();
    assert_eq!(books.currencies().await.unwrap(), [Currency::INR, usd]);
    let filter = ProductFilter { to: "2026-11".parse().unwrap(), ..months() };
    let (best, worst) = books.best_and_worst(&filter, 100).await.unwrap();
    for currency in [Currency::INR, usd] {
        let one = ProductFilter { currency: Some(currency), ..filter.clone() };
        let mut rows = all(&mut books, &one).await;
        rows.retain(|row| row.sku != SkuId(0));
        let named = best.iter().chain(&worst).filter(|row| row.currency == currency).count();
        assert!(named == rows.len() && rows.iter().all(|row| row.currency == currency), "{currency}");
    }
    let mut books = tx.scoped(stranger.tenant).await.unwrap();
    assert!(books.currencies().await.unwrap().is_empty());
});
