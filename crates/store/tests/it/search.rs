//! Search of lines: what is found is what a reading of all lines finds, in the order asked, page by page.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use std::collections::BTreeSet;

use ecom_ledger::{Account, taxonomy::Label};
use ecom_simulator::{Extra, Plan};
use ecom_store::{
    Filter, LabelId, LineCount, LineFilter, LineOrder, LineSearch, LineSort, LineView, MOST_SORTED, Scoped,
    Search, SkuId, accounts_named,
};
use ecom_testkit::on_both;
use shop::{Shop, always, extra, plan};

/// All pages of a search, with the count and the order that they tell.
async fn pages(
    books: &mut Scoped<'_>,
    search: &LineSearch,
    (sort, descending): (LineSort, bool),
    most: usize,
) -> (Vec<LineView>, LineCount, LineOrder) {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let found = books.search_lines(search, sort, descending, after, most).await.unwrap();
        let Search::Found(page) = found else { panic!("{search:?} is told to be narrowed") };
        assert!(page.lines.len() <= most);
        lines.extend(page.lines);
        match page.next {
            // Through its text, as in an address.
            Some(next) => after = Some(next.to_string().parse().unwrap()),
            None => return (lines, page.count, page.order),
        }
    }
}

async fn every_line(books: &mut Scoped<'_>) -> Vec<LineView> {
    let all = LineFilter::of(always());
    books.lines(&all, None, usize::MAX >> 1).await.unwrap()
}

fn key(line: &LineView) -> (i64, i64, i64, i64) {
    let text = line.cursor.to_string();
    let parts: Vec<i64> = text.split('.').map(|part| part.parse().unwrap()).collect();
    (parts[0], parts[4], parts[5], parts[6])
}

fn matches(search: &LineSearch, line: &LineView, sku: &str, label: Option<&Label>) -> bool {
    (search.filter.from..=search.filter.to).contains(&line.day)
        && search.filter.settlement.is_none_or(|key| key == line.settlement)
        && search.order_id.as_ref().is_none_or(|order| *order == line.order_id)
        && search.sku.is_none_or(|_| line.sku == sku)
        && label.is_none_or(|label| *label == line.label)
        && (search.accounts.is_empty() || search.accounts.contains(&line.account))
}

on_both!(each_filter_finds_what_a_reading_of_all_lines_finds_in_each_order, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (first, _) = shop.settle("1001.txt", &plan(0, 700)).await;
    shop.settle("1002.txt", &plan(1, 500)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let all = every_line(&mut books).await;
    assert!(all.iter().any(|line| line.estimated), "derived lines are found too");
    let sample =
        all.iter().find(|line| !line.order_id.is_empty() && line.account == Account::FeeReferral).unwrap();
    let (sku, label, day) = (books.sku(&sample.sku).await.unwrap(), sample.label.clone(), sample.day);
    let label_id = books.label_id(&label).await.unwrap();
    let fees = accounts_named("expense:fee:");
    let base = || LineSearch::of(always());
    let short = Filter::days(day, day + 2);
    let (first_day, last_day) = books.span().await.unwrap().unwrap();
    let long = Filter::days(first_day + 1, last_day - 1);
    let places = books.marketplaces().await.unwrap();
    let (place, place_name) = places.iter().find(|(_, name)| *name == sample.marketplace).unwrap();
    let placed = Filter { marketplace: Some(*place), ..always() };
    let searches = [
        base(),
        LineSearch { order_id: Some(sample.order_id.clone()), ..base() },
        LineSearch { order_id: Some(sample.order_id.clone()), accounts: fees.clone(), ..base() },
        LineSearch { sku, ..base() },
        LineSearch { sku: Some(SkuId(0)), ..base() },
        LineSearch { label: label_id, ..base() },
        LineSearch { label: label_id, accounts: fees.clone(), ..base() },
        LineSearch { label: label_id, accounts: vec![Account::Advertising], ..base() },
        LineSearch { label: label_id, sku, ..base() },
        LineSearch { label: label_id, ..LineSearch::of(short) },
        LineSearch { label: label_id, ..LineSearch::of(long) },
        LineSearch { label: label_id, accounts: vec![Account::Advertising], ..LineSearch::of(short) },
        LineSearch { label: label_id, ..LineSearch::of(placed) },
        LineSearch { accounts: fees.clone(), ..LineSearch::of(placed) },
        LineSearch::of(placed),
        LineSearch { accounts: fees.clone(), ..base() },
        LineSearch { accounts: vec![Account::GstInputUnsplit], ..base() },
        LineSearch { accounts: fees, sku, ..LineSearch::of(short) },
        LineSearch::of(short),
        LineSearch::of(Filter::settlement(first)),
        LineSearch { label: label_id, sku, order_id: Some(sample.order_id.clone()), ..LineSearch::of(short) },
    ];
    for search in &searches {
        let wanted_label = search.label.map(|_| &label);
        let sku = if search.sku == Some(SkuId(0)) { "" } else { &sample.sku };
        let mut expected: Vec<&LineView> =
            all.iter().filter(|line| matches(search, line, sku, wanted_label)).collect();
        expected.retain(|line| search.filter.marketplace.is_none() || line.marketplace == *place_name);
        let none = search.accounts == [Account::Advertising];
        assert_eq!(expected.is_empty(), none, "{search:?}");
        for sort in [LineSort::Line, LineSort::Day, LineSort::Amount] {
            let by = |line: &LineView| match sort {
                LineSort::Line => 0,
                LineSort::Day => i64::from(line.day),
                LineSort::Amount => line.amount,
            };
            expected.sort_by_key(|line| (by(line), key(line)));
            for descending in [false, true] {
                let (mut found, count, order) = pages(&mut books, search, (sort, descending), 71).await;
                if descending {
                    found.reverse();
                }
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{search:?} {sort:?} {descending}");
                assert_eq!((count, order), (LineCount::Exact(expected.len()), LineOrder::AsAsked));
            }
        }
    }
});

on_both!(too_many_lines_are_paged_without_sorting_and_other_orders_say_to_narrow, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let named = ["ServiceFee", "other-transaction", "Subscription Fee"];
    let many = |amount| Extra { sku: "CUP".into(), ..extra(named, amount) };
    let count = i64::try_from(MOST_SORTED).unwrap() + 40;
    let lines: Vec<Extra> = (0..count).map(|at| many(at % 7 - 3)).collect();
    let rows = u64::try_from(count).unwrap() + 300;
    let (big, _) = shop.settle("1001.txt", &Plan { extra: lines, ..plan(0, rows) }).await;
    shop.settle("1002.txt", &plan(1, 300)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let all = every_line(&mut books).await;
    let label = Label::new(named[0], named[1], named[2]);
    let label_id = books.label_id(&label).await.unwrap();
    let cup = books.sku("CUP").await.unwrap();
    let (from, to) = books.span().await.unwrap().unwrap();
    let searches = [
        (LineSearch::of(always()), LineOrder::AsAsked),
        (LineSearch::of(Filter::settlement(big)), LineOrder::AsAsked),
        (LineSearch::of(Filter::days(from + 1, to)), LineOrder::ByAccount),
        (LineSearch { label: label_id, ..LineSearch::of(always()) }, LineOrder::ByAccount),
        (LineSearch { sku: cup, ..LineSearch::of(always()) }, LineOrder::ByAccount),
        (LineSearch { sku: cup, label: label_id, ..LineSearch::of(always()) }, LineOrder::ByAccount),
        (
            LineSearch { accounts: accounts_named("expense"), ..LineSearch::of(always()) },
            LineOrder::ByAccount,
        ),
    ];
    for (search, expected_order) in &searches {
        let wanted_label = search.label.map(|_| &label);
        let expected: BTreeSet<_> =
            all.iter().filter(|line| matches(search, line, "CUP", wanted_label)).map(key).collect();
        assert!(expected.len() > MOST_SORTED, "{search:?}");
        let (found, count, order) = pages(&mut books, search, (LineSort::Line, false), 500).await;
        assert_eq!((count, order), (LineCount::More, *expected_order), "{search:?}");
        assert_eq!(found.len(), expected.len(), "no line twice: {search:?}");
        assert_eq!(found.iter().map(key).collect::<BTreeSet<_>>(), expected, "{search:?}");
        if order == LineOrder::AsAsked {
            assert!(found.iter().map(key).is_sorted(), "{search:?}");
        } else {
            assert!(
                found.iter().map(|line| (line.settlement, line.account.code())).is_sorted(),
                "{search:?}"
            );
        }
        for (sort, descending) in [(LineSort::Line, true), (LineSort::Day, false), (LineSort::Amount, true)] {
            let found = books.search_lines(search, sort, descending, None, 50).await.unwrap();
            assert_eq!(found, Search::Narrow, "{search:?} {sort:?}");
        }
    }
    let few = LineSearch { sku: cup, accounts: vec![Account::Advertising], ..LineSearch::of(always()) };
    assert_eq!(pages(&mut books, &few, (LineSort::Line, false), 50).await.1, LineCount::Exact(0));
});

on_both!(replaced_settlements_are_found_only_when_asked_for, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (old, _) = shop.settle("report 1001.txt", &plan(0, 200)).await;
    let (new, _) = shop.settle("report 1007.txt", &plan(0, 300)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let asked = (LineSort::Line, false);
    let (active, ..) = pages(&mut books, &LineSearch::of(always()), asked, 400).await;
    assert!(active.iter().all(|line| line.settlement == new));
    let (old_lines, ..) = pages(&mut books, &LineSearch::of(Filter::settlement(old)), asked, 400).await;
    assert!(old_lines.len() >= 200 && old_lines.iter().all(|line| line.settlement == old));
    let order = active.iter().find(|line| !line.order_id.is_empty()).unwrap().order_id.clone();
    let by_order = LineSearch { order_id: Some(order), ..LineSearch::of(always()) };
    assert!(pages(&mut books, &by_order, asked, 400).await.0.iter().all(|line| line.settlement == new));
});

on_both!(nothing_is_found_of_another_business_or_of_what_is_not_there, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (key, _) = shop.settle("1001.txt", &plan(0, 200)).await;
    let stranger = Shop::new(&world, "saree-works").await;
    let mut tx = world.db.read().await.unwrap();
    let base = || LineSearch::of(always());
    let order = every_line(&mut tx.scoped(shop.tenant).await.unwrap()).await.remove(0).order_id;
    let nothing = [
        LineSearch { order_id: Some("402-0000000-0000000".into()), ..base() },
        LineSearch { order_id: Some("' or 1 = 1 --".into()), ..base() },
        LineSearch { sku: Some(SkuId(4711)), ..base() },
        LineSearch { label: Some(LabelId(4711)), ..base() },
        LineSearch::of(Filter::days(0, 1)),
    ];
    let theirs = [
        base(),
        LineSearch { order_id: Some(order), ..base() },
        LineSearch { sku: Some(SkuId(1)), ..base() },
        LineSearch { label: Some(LabelId(1)), ..base() },
        LineSearch::of(Filter::settlement(key)),
    ];
    let asked = nothing.iter().map(|search| (shop.tenant, search));
    for (tenant, search) in asked.chain(theirs.iter().map(|search| (stranger.tenant, search))) {
        let mut books = tx.scoped(tenant).await.unwrap();
        let (lines, count, _) = pages(&mut books, search, (LineSort::Line, false), 50).await;
        assert_eq!((lines.len(), count), (0, LineCount::Exact(0)), "{search:?}");
    }
});

on_both!(the_beginning_of_an_order_or_a_sku_and_a_part_of_a_label_lead_to_them, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 300)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let all = every_line(&mut books).await;
    let orders: BTreeSet<&str> =
        all.iter().map(|line| &*line.order_id).filter(|order| !order.is_empty()).collect();
    let skus: BTreeSet<&str> = all.iter().map(|line| &*line.sku).filter(|sku| !sku.is_empty()).collect();
    assert_eq!(books.orders_beginning("", 1_000).await.unwrap(), orders.iter().copied().collect::<Vec<_>>());
    assert_eq!(books.skus_beginning("", 1_000).await.unwrap(), skus.iter().copied().collect::<Vec<_>>());
    let one = orders.iter().nth(3).unwrap();
    assert_eq!(books.orders_beginning(one, 5).await.unwrap(), [*one]);
    let begins: Vec<&str> = orders.iter().copied().filter(|order| order.starts_with(&one[..6])).collect();
    assert_eq!(books.orders_beginning(&one[..6], 1_000).await.unwrap(), begins);
    assert_eq!(books.orders_beginning("4", 3).await.unwrap().len(), 3);
    for nothing in ["%", "_", "x'; --", "\u{10FFFF}"] {
        assert!(books.orders_beginning(nothing, 5).await.unwrap().is_empty(), "{nothing}");
        assert!(books.skus_beginning(nothing, 5).await.unwrap().is_empty(), "{nothing}");
    }
    let fees = books.labels_holding("itemfees").await.unwrap();
    assert!(fees.len() > 1 && fees.iter().all(|(_, label)| label.amount_type == "ItemFees"));
    let whole = books.labels_holding("Order · ItemPrice · Principal").await.unwrap();
    assert_eq!(whole.len(), 1);
    assert_eq!(books.label_id(&whole[0].1).await.unwrap(), Some(whole[0].0));
    let stranger = Shop::new(&world, "saree-works").await;
    let mut books = tx.scoped(stranger.tenant).await.unwrap();
    assert!(books.orders_beginning("", 5).await.unwrap().is_empty());
    assert!(books.skus_beginning("", 5).await.unwrap().is_empty());
    assert!(books.labels_holding("").await.unwrap().is_empty());
});

on_both!(a_page_after_the_place_before_a_line_begins_with_it, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 200)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let all = LineFilter { filter: always(), accounts: Vec::new(), sku: None, printed: false };
    for line in every_line(&mut books).await {
        let page = books.lines(&all, Some(line.cursor.before()), 1).await.unwrap();
        assert_eq!(page, [line]);
    }
});
