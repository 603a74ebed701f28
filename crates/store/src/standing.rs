//! Which of several files feeds a settlement: one source per settlement id.
//!
//! V2 before V1 before XML before date-range; within a format the one a person chose, then the newer report. Without
//! a report id on both nobody can tell: the first stands and a person is asked.

use ecom_ledger::settlement::Format;

/// What becomes of a settlement as one file gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettlementState {
    /// It is in the figures.
    Active,
    /// Its lines do not sum to its total: in no figure.
    Quarantined,
    /// A better source, a newer report or a person's choice stands for it.
    Replaced,
    /// The same settlement in the same format, and nothing tells which is newer: a person must choose.
    Undecided,
    /// Its import was withdrawn.
    Withdrawn,
}

impl SettlementState {
    /// As stored: `active`, `quarantined`, `replaced`, `undecided`, `withdrawn`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Quarantined => "quarantined",
            Self::Replaced => "replaced",
            Self::Undecided => "undecided",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Active, Self::Quarantined, Self::Replaced, Self::Undecided, Self::Withdrawn];
        all.into_iter().find(|state| state.name() == name)
    }
}

/// What the choice depends on. Withdrawn ones are not asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) key: i64,
    pub(crate) format: Format,
    pub(crate) balanced: bool,
    pub(crate) report_id: Option<i64>,
    pub(crate) chosen_at: Option<i64>,
}

/// The state of each candidate, in their order; they are sorted by key, the first import first.
pub(crate) fn decide(candidates: &[Candidate]) -> Vec<SettlementState> {
    let sound = || candidates.iter().filter(|candidate| candidate.balanced);
    let format = sound().map(|candidate| candidate.format).min();
    let peers: Vec<&Candidate> = sound().filter(|candidate| Some(candidate.format) == format).collect();
    let chosen = peers.iter().filter(|peer| peer.chosen_at.is_some()).max_by_key(|peer| peer.chosen_at);
    let told = peers.iter().all(|peer| peer.report_id.is_some());
    let newest = peers.iter().rev().max_by_key(|peer| if told { peer.report_id } else { None });
    let winner = chosen.or(if told { newest } else { peers.first() }).map(|winner| **winner);
    candidates.iter().map(|candidate| state(candidate, winner.as_ref(), chosen.is_some(), told)).collect()
}

fn state(candidate: &Candidate, winner: Option<&Candidate>, chosen: bool, told: bool) -> SettlementState {
    match winner {
        _ if !candidate.balanced => SettlementState::Quarantined,
        Some(winner) if winner.key == candidate.key => SettlementState::Active,
        Some(winner) if winner.format == candidate.format && !chosen => {
            let same = winner.report_id == candidate.report_id;
            if told && !same { SettlementState::Replaced } else { SettlementState::Undecided }
        }
        _ => SettlementState::Replaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SettlementState::{Active, Quarantined, Replaced, Undecided};

    fn candidate(key: i64, format: Format, report_id: Option<i64>) -> Candidate {
        Candidate { key, format, balanced: true, report_id, chosen_at: None }
    }

    #[test]
    fn the_better_format_wins_whatever_its_age() {
        let v1 = candidate(1, Format::V1, Some(9));
        let v2 = candidate(2, Format::V2, Some(5));
        assert_eq!(decide(&[v1, v2]), [Replaced, Active]);
    }

    #[test]
    fn the_newer_report_wins_in_either_order_of_import() {
        let (old, new) = (candidate(1, Format::V2, Some(1001)), candidate(2, Format::V2, Some(1007)));
        assert_eq!(decide(&[old, new]), [Replaced, Active]);
        let (new, old) = (candidate(1, Format::V2, Some(1007)), candidate(2, Format::V2, Some(1001)));
        assert_eq!(decide(&[new, old]), [Active, Replaced]);
    }

    #[test]
    fn without_report_ids_the_first_stands_until_a_person_chooses() {
        let (first, mut second) = (candidate(1, Format::V2, None), candidate(2, Format::V2, Some(7)));
        assert_eq!(decide(&[first, second]), [Active, Undecided]);
        second.chosen_at = Some(1);
        assert_eq!(decide(&[first, second]), [Replaced, Active]);
    }

    #[test]
    fn the_same_report_id_twice_is_undecided() {
        let (first, second) = (candidate(1, Format::V2, Some(7)), candidate(2, Format::V2, Some(7)));
        assert_eq!(decide(&[first, second]), [Active, Undecided]);
    }

    #[test]
    fn a_file_that_does_not_balance_never_stands_for_one_that_does() {
        let mut broken = candidate(2, Format::V2, Some(9));
        broken.balanced = false;
        assert_eq!(decide(&[candidate(1, Format::Xml, None), broken]), [Active, Quarantined]);
        assert_eq!(decide(&[broken]), [Quarantined]);
    }
}
