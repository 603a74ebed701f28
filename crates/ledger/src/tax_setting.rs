//! Whether the GST on Amazon's fees is claimed back: a dated setting, for all marketplaces or for one.
//!
//! Where input credit is due, GST on fees is an asset; else it is a cost. The setting is about amounts in rupees:
//! GST exists in India only.

use crate::Error;

/// From a day on: is input credit due?
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaxSetting {
    /// Only for this marketplace, such as `Amazon.in`, in whatever case. It stands before those for all.
    pub marketplace: Option<String>,
    /// First posting day for which it holds; it lasts until the next one for the same marketplace.
    pub from: i32,
    /// Whether input credit is due.
    pub credit: bool,
}

/// What holds for a marketplace on a day, and the days around it for which it stays the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Credit {
    /// Whether input credit is due.
    pub due: bool,
    /// First day for which this holds.
    pub from: i32,
    /// Last day for which this holds.
    pub to: i32,
}

/// The GST on fees of a day and marketplace, as it stands in the books. Signed as everywhere: fees are < 0.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct GstDay {
    /// The marketplace; "" for lines that name none.
    pub marketplace: String,
    /// Posting day.
    pub day: i32,
    /// In `asset:gst_input:*`, what is split off amounts that hold their GST included.
    pub claimed: i64,
    /// In `expense:fee:gst`.
    pub cost: i64,
    /// Inside amounts that hold their GST: what is split off them where input credit is due.
    pub inside: i64,
}

/// The settings of a business.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaxSettings {
    /// Before any setting.
    usual: bool,
    /// In the order of their days.
    list: Vec<TaxSetting>,
}

impl Default for TaxSettings {
    /// Input credit is due.
    fn default() -> Self {
        Self::new(true, [])
    }
}

impl TaxSettings {
    /// Settings, and what holds before the first of them. Of those for the same marketplace and day the last holds.
    pub fn new(usual: bool, settings: impl IntoIterator<Item = TaxSetting>) -> Self {
        let mut list: Vec<TaxSetting> = settings.into_iter().collect();
        list.sort_by_key(|setting| setting.from);
        Self { usual, list }
    }

    /// These settings and one more.
    #[must_use]
    pub fn with(&self, setting: TaxSetting) -> Self {
        Self::new(self.usual, self.list.iter().cloned().chain([setting]))
    }

    /// These settings without one.
    #[must_use]
    pub fn without(&self, setting: &TaxSetting) -> Self {
        Self::new(self.usual, self.list.iter().filter(|one| *one != setting).cloned())
    }

    /// Whether input credit is due where no setting says otherwise.
    pub fn usual(&self) -> bool {
        self.usual
    }

    /// Whether there are any: then it depends on marketplace and day.
    pub fn is_dated(&self) -> bool {
        !self.list.is_empty()
    }

    /// What holds for lines of a marketplace, "" for those that name none, on a day.
    pub fn at(&self, marketplace: &str, day: i32) -> Credit {
        let own = self.step(day, |setting| {
            setting.marketplace.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(marketplace))
        });
        if let Step { due: Some(due), from, to } = own {
            return Credit { due, from, to };
        }
        let general = self.step(day, |setting| setting.marketplace.is_none());
        Credit { due: general.due.unwrap_or(self.usual), from: general.from, to: general.to.min(own.to) }
    }

    /// What profit gains (> 0) or loses on a day if these settings are replaced by others.
    ///
    /// # Errors
    /// Only if a sum is too large.
    pub fn change(&self, by: &Self, day: &GstDay) -> Result<i64, Error> {
        let due = |settings: &Self| settings.at(&day.marketplace, day.day).due;
        match (due(self), due(by)) {
            (true, false) => Ok(day.claimed),
            (false, true) => {
                day.cost.checked_add(day.inside).and_then(i64::checked_neg).ok_or(Error::Overflow)
            }
            _ => Ok(0),
        }
    }

    fn step(&self, day: i32, concerns: impl Fn(&TaxSetting) -> bool) -> Step {
        let mut step = Step { due: None, from: i32::MIN, to: i32::MAX };
        for setting in self.list.iter().filter(|setting| concerns(setting)) {
            if setting.from > day {
                step.to = setting.from - 1;
                break;
            }
            (step.due, step.from) = (Some(setting.credit), setting.from);
        }
        step
    }
}

/// What the settings of one kind say; nothing before the first.
struct Step {
    due: Option<bool>,
    from: i32,
    to: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(marketplace: Option<&str>, from: i32, credit: bool) -> TaxSetting {
        TaxSetting { marketplace: marketplace.map(str::to_owned), from, credit }
    }

    fn told(settings: &TaxSettings, marketplace: &str, day: i32) -> (bool, i32, i32) {
        let Credit { due, from, to } = settings.at(marketplace, day);
        (due, from, to)
    }

    #[test]
    fn without_settings_the_usual_holds_always() {
        assert_eq!(told(&TaxSettings::default(), "Amazon.in", 7), (true, i32::MIN, i32::MAX));
        assert!(!TaxSettings::new(false, []).at("", 7).due && !TaxSettings::default().is_dated());
    }

    #[test]
    fn a_setting_holds_from_its_day_until_the_next() {
        let settings = TaxSettings::new(true, [setting(None, 200, true), setting(None, 100, false)]);
        assert_eq!(told(&settings, "Amazon.in", 99), (true, i32::MIN, 99));
        assert_eq!(told(&settings, "", 100), (false, 100, 199));
        assert_eq!(told(&settings, "Amazon.in", 5000), (true, 200, i32::MAX));
    }

    #[test]
    fn one_for_a_marketplace_stands_before_those_for_all() {
        let list =
            [setting(None, 100, false), setting(Some("amazon.in"), 150, true), setting(None, 300, false)];
        let settings = TaxSettings::new(true, list);
        assert_eq!(told(&settings, "Amazon.in", 120), (false, 100, 149));
        assert_eq!(told(&settings, "Amazon.in", 301), (true, 150, i32::MAX));
        assert_eq!(told(&settings, "Amazon.ae", 301), (false, 300, i32::MAX));
        assert_eq!(told(&settings, "", 151), (false, 100, 299), "a line that names no marketplace");
    }

    #[test]
    fn a_setting_is_added_and_taken_away_again() {
        let one = setting(Some("Amazon.in"), 5, false);
        let more = TaxSettings::default().with(one.clone());
        assert!(more.is_dated() && !more.at("Amazon.in", 5).due);
        assert_eq!(more.without(&one), TaxSettings::default());
    }

    #[test]
    fn a_change_moves_profit_by_the_gst_of_the_days_it_concerns() {
        let (yes, no) = (TaxSettings::default(), TaxSettings::new(true, [setting(None, 100, false)]));
        let day = |day| GstDay { marketplace: "Amazon.in".into(), day, claimed: -18, cost: -7, inside: -11 };
        assert_eq!((yes.change(&no, &day(99)), yes.change(&no, &day(100))), (Ok(0), Ok(-18)));
        assert_eq!((no.change(&yes, &day(99)), no.change(&yes, &day(100))), (Ok(0), Ok(18)));
        let edge = GstDay { cost: i64::MIN, ..day(100) };
        assert_eq!(no.change(&yes, &edge), Err(Error::Overflow));
    }

    #[test]
    fn of_two_for_a_day_the_last_holds() {
        let settings = TaxSettings::new(false, [setting(None, 7, true), setting(None, 7, false)]);
        assert!(!settings.at("", 7).due);
    }
}
