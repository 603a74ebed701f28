//! The journal as Tally takes it. Tally's sign is ours: a credit is positive.

use std::collections::BTreeMap;

use ecom_documents::{TallyBank, TallyBook, TallyEntry, TallyLedger, TallyType, TallyVoucher};

use crate::{Error, money::Currency};

use super::{DatedBy, Form, Journal, Kind, Ledger, Leg, Voucher};

/// Spelling of each ledger by its folded name.
type Names = BTreeMap<String, String>;

impl Journal {
    /// Ledgers and vouchers for `ecom_documents::write_tally`, entries of one ledger put together. Rupees only: a
    /// settlement names no rate of exchange.
    pub fn tally(&self, company: Option<&str>) -> Result<TallyBook, Error> {
        if self.currency != Currency::INR {
            return Err(Error::Value(format!(
                "Tally vouchers are in INR and these books are in {}; export them as CSV or XLSX",
                self.currency
            )));
        }
        let ledgers = self.ledgers();
        let names = ledgers.iter().map(|ledger| (ledger.key(), ledger.name.clone())).collect();
        let vouchers = self.vouchers.iter().map(|each| voucher(each, &names));
        let vouchers = vouchers.collect::<Result<Vec<_>, _>>()?;
        let ledgers = ledgers.into_iter().map(|ledger| TallyLedger {
            name: ledger.name,
            group: ledger.group,
            existing: ledger.existing,
        });
        Ok(TallyBook {
            company: company.map(str::to_owned),
            ledgers: ledgers.collect(),
            vouchers: vouchers.into_iter().flatten().collect(),
        })
    }
}

/// None if the entries cancel out ledger by ledger: there is nothing to post.
fn voucher(voucher: &Voucher, names: &Names) -> Result<Option<TallyVoucher>, Error> {
    let sums = voucher.by_ledger()?;
    if sums.is_empty() {
        return Ok(None);
    }
    // Two legs may spell one ledger differently; Tally gets the spelling of the masters.
    let spelled = |ledger: &Ledger| names.get(&ledger.key()).unwrap_or(&ledger.name).clone();
    let party = voucher.entries.iter().find(|entry| entry.leg == Leg::Party);
    let party = party.map(|entry| spelled(&entry.ledger));
    let bank = (voucher.kind == Kind::Payout).then(|| TallyBank {
        utr: voucher.utr.clone(),
        date: (voucher.dated_by == DatedBy::Bank).then_some(voucher.date),
    });
    let entries = sums.into_iter().map(|(ledger, amount)| {
        let ledger = spelled(ledger);
        let bank = bank.clone().filter(|_| party.as_ref() != Some(&ledger));
        TallyEntry { ledger, amount, bank }
    });
    let entries = entries.collect();
    Ok(Some(TallyVoucher {
        id: voucher.id.clone(),
        kind: match voucher.form {
            Form::Journal => TallyType::Journal,
            Form::Receipt => TallyType::Receipt,
            Form::Payment => TallyType::Payment,
        },
        date: voucher.date,
        party,
        reference: voucher.settlement.clone().unwrap_or_else(|| voucher.id.clone()),
        narration: voucher.narration.clone(),
        entries,
    }))
}
