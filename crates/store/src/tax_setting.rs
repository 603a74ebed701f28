//! Whether GST on fees is claimed back: a tenant's dated settings, who made and undid them, what a change comes to.
//!
//! Files read later follow the settings that stand. Lines that are there already follow by a job, settlement by
//! settlement ([`Scoped::repost_gst`]), which is enqueued with the change.

pub(crate) mod forecast;

use ecom_ledger::{
    Currency, Error,
    tax_setting::{TaxSetting, TaxSettings},
};

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{MarketplaceId, PersonId, SettlementKey, TaxSettingId},
    job::{JobView, NewJob},
    tx::{Scoped, exec, fetch_all, fetch_one, fetch_optional},
};

/// The kind of the job that posts settlements anew after a change; its payload is the setting's id.
pub const TAX_SETTING_JOB: &str = "tax_setting";
/// Settlements are posted one by one, and a try goes on where the last one stopped: many may be needed.
const MOST_ATTEMPTS: i64 = 20;

/// What a person says about GST on fees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TaxChoice {
    /// Only for this marketplace; 0 for all.
    pub marketplace: MarketplaceId,
    /// First posting day for which it holds. `i32::MIN`: always.
    pub from: i32,
    /// Whether input credit is due.
    pub credit: bool,
}

/// A setting as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaxSettingView {
    /// Id.
    pub id: TaxSettingId,
    /// The marketplace's number; 0 for all.
    pub marketplace: MarketplaceId,
    /// What it says.
    pub setting: TaxSetting,
    /// When it was made.
    pub made_at: i64,
    /// Name of who made it.
    pub made_by: String,
    /// When and by whom it was undone, if it was.
    pub undone: Option<(i64, String)>,
}

type Row = (i64, i64, Option<String>, i64, i64, i64, Option<String>, Option<i64>, Option<String>);

impl Scoped<'_> {
    /// Adds a setting, and the job by which lines follow it. One of the same marketplace that begins on the same day
    /// or later must be undone first: a new one never hides behind it.
    pub async fn add_tax_setting(
        &mut self,
        choice: TaxChoice,
        by: PersonId,
        now: i64,
    ) -> Result<TaxSettingId> {
        self.lock().await?;
        let known = self.marketplaces().await?;
        if choice.marketplace.0 != 0 && !known.iter().any(|(id, _)| *id == choice.marketplace) {
            return Err(StoreError::Missing("marketplace"));
        }
        let all = self.tax_setting_list().await?;
        let later = |other: &TaxSettingView| {
            other.undone.is_none()
                && other.marketplace == choice.marketplace
                && other.setting.from >= choice.from
        };
        if all.iter().any(later) {
            return Err(StoreError::Conflict(
                "a setting for this marketplace begins on that day or later; undo it first".to_owned(),
            ));
        }
        let id = TaxSettingId(self.next_id("tax_setting").await?);
        exec!(
            self.tx,
            "insert into tax_setting (tenant_id, id, marketplace, from_day, credit, made_at, made_by)
             values ($1, $2, $3, $4, $5, $6, $7)",
            self.tenant.0,
            id.0,
            choice.marketplace.0,
            i64::from(choice.from),
            i64::from(choice.credit),
            now,
            by.0,
        )?;
        self.enqueue_tax_setting(id, now).await?;
        Ok(id)
    }

    /// Undoes a setting, with the job by which lines follow: from now on it is as if it had never been made. The
    /// record stays.
    pub async fn undo_tax_setting(&mut self, id: TaxSettingId, by: PersonId, now: i64) -> Result<()> {
        self.lock().await?;
        let undone = exec!(
            self.tx,
            "update tax_setting set undone_at = $3, undone_by = $4
             where tenant_id = $1 and id = $2 and undone_at is null",
            self.tenant.0,
            id.0,
            now,
            by.0,
        )?;
        if undone == 0 {
            return Err(StoreError::Missing("setting"));
        }
        expect_one("tax_setting", undone)?;
        self.enqueue_tax_setting(id, now).await
    }

    /// Enqueues the job of a setting once more, after it was given up. Missing setting: `StoreError::Missing`.
    pub async fn follow_tax_setting_again(&mut self, id: TaxSettingId, now: i64) -> Result<()> {
        self.lock().await?;
        self.gst_settlements(id).await?;
        let jobs = self.tax_setting_jobs().await?;
        match jobs.into_iter().find(|(setting, _)| *setting == id) {
            Some((_, job)) if job.state == "failed" => self.enqueue_tax_setting(id, now).await,
            _ => Err(StoreError::Conflict("posting anew was not given up".to_owned())),
        }
    }

    /// The newest job of each setting that has one: how far its lines are.
    pub async fn tax_setting_jobs(&mut self) -> Result<Vec<(TaxSettingId, JobView)>> {
        let jobs = self.tx.platform().newest_jobs(self.tenant, TAX_SETTING_JOB).await?;
        Ok(jobs.into_iter().filter_map(|job| Some((job.payload.parse().ok()?, job))).collect())
    }

    /// Each change has a job of its own: one that runs already may have passed settlements that this one concerns.
    async fn enqueue_tax_setting(&mut self, id: TaxSettingId, now: i64) -> Result<()> {
        let payload = id.to_string();
        let job = NewJob {
            tenant: Some(self.tenant),
            kind: TAX_SETTING_JOB,
            payload: &payload,
            dedupe: None,
            run_at: now,
            most_attempts: MOST_ATTEMPTS,
        };
        self.tx.platform().enqueue(&job, now).await.map(drop)
    }

    /// All settings, those undone too, the newest first.
    pub async fn tax_setting_list(&mut self) -> Result<Vec<TaxSettingView>> {
        let rows = fetch_all!(
            Row,
            self.tx,
            "select t.id, t.marketplace, m.name, t.from_day, t.credit, t.made_at, p.name, t.undone_at, u.name
             from tax_setting t
             left join marketplace m on m.tenant_id = t.tenant_id and m.id = t.marketplace
             left join person p on p.id = t.made_by left join person u on u.id = t.undone_by
             where t.tenant_id = $1 order by t.id desc",
            self.tenant.0,
        )?;
        rows.into_iter().map(view).collect()
    }

    /// The settings by which this tenant's files are read.
    pub async fn tax_settings(&mut self) -> Result<TaxSettings> {
        let (usual,) =
            fetch_one!((i64,), self.tx, "select input_credit from business where id = $1", self.tenant.0,)?;
        let all = self.tax_setting_list().await?;
        let standing = all.into_iter().rev().filter(|one| one.undone.is_none());
        Ok(TaxSettings::new(usual != 0, standing.map(|one| one.setting)))
    }

    /// Marketplaces with lines in rupees, by name: those for which GST matters.
    pub async fn gst_marketplaces(&mut self) -> Result<Vec<(MarketplaceId, String)>> {
        let rows = fetch_all!(
            (i64, String),
            self.tx,
            "select distinct m.id, m.name from settlement s
             join statement_month d on d.tenant_id = s.tenant_id and d.settlement = s.id
             join marketplace m on m.tenant_id = s.tenant_id and m.id = d.marketplace
             where s.tenant_id = $1 and s.currency = $2 order by m.name",
            self.tenant.0,
            Currency::INR.code(),
        )?;
        Ok(rows.into_iter().map(|(id, name)| (MarketplaceId(id), name)).collect())
    }

    /// How many settlements, with how many lines, a setting from a day on would concern.
    pub async fn count_gst_settlements(&mut self, from: i32) -> Result<(i64, i64)> {
        let found = self.settlements_with_gst(i64::from(from)).await?;
        let lines = found.iter().try_fold(0_i64, |all, (_, lines)| all.checked_add(*lines));
        Ok((i64::try_from(found.len()).unwrap_or(i64::MAX), lines.ok_or(Error::Overflow)?))
    }

    /// Settlements that a setting concerns, made or undone, with their lines, in the order of their keys: those to
    /// [`Self::repost_gst`].
    pub async fn gst_settlements(&mut self, id: TaxSettingId) -> Result<Vec<(SettlementKey, i64)>> {
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "select from_day from tax_setting where tenant_id = $1 and id = $2",
            self.tenant.0,
            id.0,
        )?;
        let (from,) = row.ok_or(StoreError::Missing("setting"))?;
        self.settlements_with_gst(from).await
    }

    async fn settlements_with_gst(&mut self, from: i64) -> Result<Vec<(SettlementKey, i64)>> {
        let rows = fetch_all!(
            (i64, i64),
            self.tx,
            "select id, lines from settlement
             where tenant_id = $1 and currency = $2 and state <> 'withdrawn' and last_day >= $3 order by id",
            self.tenant.0,
            Currency::INR.code(),
            from,
        )?;
        Ok(rows.into_iter().map(|(key, lines)| (SettlementKey(key), lines)).collect())
    }
}

fn view(
    (id, marketplace, name, from, credit, made_at, made_by, undone_at, undone_by): Row,
) -> Result<TaxSettingView> {
    let from = i32::try_from(from).map_err(|_| StoreError::Corrupt("tax_setting"))?;
    Ok(TaxSettingView {
        id: TaxSettingId(id),
        marketplace: MarketplaceId(marketplace),
        setting: TaxSetting { marketplace: name, from, credit: credit != 0 },
        made_at,
        made_by: made_by.unwrap_or_default(),
        undone: undone_at.map(|at| (at, undone_by.unwrap_or_default())),
    })
}
