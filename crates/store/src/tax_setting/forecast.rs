//! The GST on fees as it stands, to tell what a change of the tax settings comes to before it is made.

use std::collections::BTreeMap;

use ecom_ledger::{
    Account, Class, Currency, Error, Minor,
    settlement::Options,
    tax_setting::GstDay,
    taxonomy::{Gst, Label, Taxonomy},
};
use sqlx::AssertSqlSafe;

use crate::{
    error::{Result, StoreError},
    repost::GST_INSIDE,
    tx::{Scoped, fetch_all},
};

/// What is told of GST on fees before a setting changes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GstForecast {
    /// By day and marketplace.
    pub days: Vec<GstDay>,
    /// Whether GST inside amounts is told line by line; else by settlement, on its last day and of no marketplace.
    pub exact: bool,
}

impl Scoped<'_> {
    /// The GST on fees by day and marketplace, from a day on: to tell what a change comes to before it is made.
    /// With `inside` also what would be split off amounts that hold their GST: from up to so many lines; of more from
    /// their sums by settlement.
    pub async fn gst_forecast(
        &mut self,
        from: i32,
        inside: Option<i64>,
        options: &Options,
    ) -> Result<GstForecast> {
        let rows = fetch_all!(
            (i64, i64, i64, i64),
            self.tx,
            "select d.day, d.marketplace, d.account, cast(sum(d.credit + d.debit) as bigint)
             from settlement s join statement_day d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.currency = $2 and s.state = 'active' and s.last_day >= $3 and d.day >= $3
             group by d.day, d.marketplace, d.account",
            self.tenant.0,
            Currency::INR.code(),
            i64::from(from),
        )?;
        let mut days = Days::default();
        for (day, marketplace, account, amount) in rows {
            let account = Account::from_code(account).ok_or(StoreError::Corrupt("statement_day"))?;
            let held = days.at(day, marketplace)?;
            match account {
                Account::FeeGst => add(&mut held.cost, amount)?,
                account if account.class() == Class::GstInput => add(&mut held.claimed, amount)?,
                _ => {}
            }
        }
        let exact = match inside {
            Some(most) => self.add_inside(from, options, most, &mut days).await?,
            None => true,
        };
        let names: BTreeMap<i64, String> =
            self.marketplaces().await?.into_iter().map(|(id, name)| (id.0, name)).collect();
        Ok(GstForecast { days: days.named(&names), exact })
    }

    /// Adds GST inside amounts; false where there are more lines than `most`, and sums stand for them.
    async fn add_inside(&mut self, from: i32, options: &Options, most: i64, days: &mut Days) -> Result<bool> {
        let taxonomy = self.taxonomy(&options.taxonomy).await?;
        let labels: BTreeMap<i64, Label> = self.labels().await?.into_iter().collect();
        let wanted: Vec<String> = labels
            .iter()
            .filter(|(_, label)| ever(&taxonomy, label, from))
            .map(|(id, _)| id.to_string())
            .collect();
        if wanted.is_empty() {
            return Ok(true);
        }
        let wanted = wanted.join(", ");
        let sums = self.inside_sums(from, &wanted).await?;
        if sums.iter().fold(0_i64, |all, (.., lines, _)| all.saturating_add(*lines)) > most {
            for (day, label, _, amount) in sums {
                let inside = Minor(amount).part(18, 118)?.0;
                days.add_inside(&taxonomy, labels.get(&label), (day, 0), inside, amount)?;
            }
            return Ok(false);
        }
        let text = format!(
            "select l.day, l.marketplace, l.label, cast(sum({GST_INSIDE}) as bigint), cast(sum(l.amount) as bigint)
             from settlement s join line l on l.tenant_id = s.tenant_id and l.settlement = s.id
             where s.tenant_id = $1 and s.currency = $2 and s.state = 'active' and s.last_day >= $3
               and l.label in ({wanted}) and l.part = 0 and l.day >= $3
             group by l.day, l.marketplace, l.label"
        );
        let rows = fetch_all!(
            (i64, i64, i64, i64, i64),
            self.tx,
            AssertSqlSafe(text.as_str()),
            self.tenant.0,
            Currency::INR.code(),
            i64::from(from),
        )?;
        for (day, marketplace, label, inside, amount) in rows {
            days.add_inside(&taxonomy, labels.get(&label), (day, marketplace), inside, amount)?;
        }
        Ok(true)
    }

    /// Last day, label, lines and sum of some labels in each settlement that goes on after a day.
    async fn inside_sums(&mut self, from: i32, labels: &str) -> Result<Vec<(i64, i64, i64, i64)>> {
        let text = format!(
            "select s.last_day, d.label, d.lines, d.amount
             from settlement s join label_sum d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.currency = $2 and s.state = 'active' and s.last_day >= $3
               and d.label in ({labels})"
        );
        fetch_all!(
            (i64, i64, i64, i64),
            self.tx,
            AssertSqlSafe(text.as_str()),
            self.tenant.0,
            Currency::INR.code(),
            i64::from(from),
        )
    }
}

/// Whether amounts under a label ever hold GST, or stand in its account by a rule, from a day on.
fn ever(taxonomy: &Taxonomy, label: &Label, from: i32) -> bool {
    let mut day = from;
    loop {
        let verdict = taxonomy.verdict(label, day);
        if verdict.gst == Gst::Included
            || verdict.debit == Account::FeeGst
            || verdict.credit == Account::FeeGst
        {
            return true;
        }
        let Some(next) = verdict.to.checked_add(1) else { return false };
        day = next;
    }
}

/// Sums by day and marketplace, whose names are told last.
#[derive(Default)]
struct Days(BTreeMap<(i32, i64), GstDay>);

impl Days {
    fn at(&mut self, day: i64, marketplace: i64) -> Result<&mut GstDay> {
        let day = i32::try_from(day).map_err(|_| StoreError::Corrupt("statement_day"))?;
        Ok(self.0.entry((day, marketplace)).or_insert_with(|| GstDay { day, ..GstDay::default() }))
    }

    /// Adds the GST inside an amount under a label.
    fn add_inside(
        &mut self,
        taxonomy: &Taxonomy,
        label: Option<&Label>,
        (day, marketplace): (i64, i64),
        inside: i64,
        amount: i64,
    ) -> Result<()> {
        let held = self.at(day, marketplace)?;
        let verdict = taxonomy.verdict(label.ok_or(StoreError::Corrupt("line"))?, held.day);
        if verdict.gst == Gst::Included {
            add(&mut held.inside, inside)?;
        }
        // What a rule puts there by itself is a cost under any setting.
        if verdict.account(amount) == Account::FeeGst {
            add(&mut held.cost, amount.checked_neg().ok_or(Error::Overflow)?)?;
        }
        Ok(())
    }

    fn named(self, names: &BTreeMap<i64, String>) -> Vec<GstDay> {
        let name = |marketplace| names.get(&marketplace).cloned().unwrap_or_default();
        self.0.into_iter().map(|((_, at), day)| GstDay { marketplace: name(at), ..day }).collect()
    }
}

fn add(held: &mut i64, amount: i64) -> Result<()> {
    *held = held.checked_add(amount).ok_or(Error::Overflow)?;
    Ok(())
}
