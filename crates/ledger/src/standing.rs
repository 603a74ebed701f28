//! Which of several files feeds a settlement: one source per settlement id.
//!
//! V2 before V1 before XML before date-range; within a format the one a person chose, then the newer report. Without
//! a report id on both nobody can tell: the first stands and a person is asked. Only date-range files whose days do
//! not overlap feed a settlement together: each holds a part of it.

use crate::settlement::Format;

/// What becomes of a settlement as one file gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is in the figures.
    Active,
    /// Its lines do not sum to its total: in no figure.
    Quarantined,
    /// A better source, a newer report or a person's choice stands for it.
    Replaced,
    /// The same settlement in the same format, and nothing tells which is newer: a person must choose.
    Undecided,
}

/// What the decision depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Kind of file.
    pub format: Format,
    /// Whether its lines sum to its total.
    pub balanced: bool,
    /// Amazon's report id, from the file's name: newer is higher.
    pub report_id: Option<i64>,
    /// When a person chose it, if one did.
    pub chosen_at: Option<i64>,
    /// First and last day of its lines.
    pub days: Option<(i32, i32)>,
}

/// The standing of each candidate for one settlement, in their order; the first given comes first.
pub fn decide(candidates: &[Candidate]) -> Vec<Standing> {
    let Some(best) = candidates.iter().filter(|one| one.balanced).map(|one| one.format).min() else {
        return vec![Standing::Quarantined; candidates.len()];
    };
    let mut order: Vec<usize> = (0..candidates.len())
        .filter(|at| candidates[*at].balanced && candidates[*at].format == best)
        .collect();
    let told = order.iter().all(|at| candidates[*at].report_id.is_some());
    order.sort_by_key(|at| {
        let one = &candidates[*at];
        std::cmp::Reverse((one.chosen_at, if told { one.report_id } else { None }))
    });
    let mut winners: Vec<usize> = Vec::new();
    for at in order {
        let part = best == Format::DateRange
            && winners.iter().all(|held| apart(candidates[*held].days, candidates[at].days));
        if winners.is_empty() || part {
            winners.push(at);
        }
    }
    let state = |at: usize| standing(candidates, &winners, told, at);
    (0..candidates.len()).map(state).collect()
}

fn standing(candidates: &[Candidate], winners: &[usize], told: bool, at: usize) -> Standing {
    let (one, winner) = (&candidates[at], winners.first().map(|first| &candidates[*first]));
    match winner {
        _ if !one.balanced => Standing::Quarantined,
        _ if winners.contains(&at) => Standing::Active,
        Some(winner) if winner.format != one.format || winner.chosen_at.is_some() => Standing::Replaced,
        Some(winner) if told && winner.report_id != one.report_id => Standing::Replaced,
        _ => Standing::Undecided,
    }
}

fn apart(held: Option<(i32, i32)>, days: Option<(i32, i32)>) -> bool {
    matches!((held, days), (Some(held), Some(days)) if held.1 < days.0 || days.1 < held.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Active, Quarantined, Replaced, Undecided};

    fn candidate(format: Format, report_id: Option<i64>) -> Candidate {
        Candidate { format, balanced: true, report_id, chosen_at: None, days: Some((10, 20)) }
    }

    #[test]
    fn the_better_format_wins_whatever_its_age() {
        let (v1, v2) = (candidate(Format::V1, Some(9)), candidate(Format::V2, Some(5)));
        assert_eq!(decide(&[v1, v2]), [Replaced, Active]);
    }

    #[test]
    fn the_newer_report_wins_in_either_order_of_import() {
        let (old, new) = (candidate(Format::V2, Some(1001)), candidate(Format::V2, Some(1007)));
        assert_eq!(decide(&[old, new]), [Replaced, Active]);
        assert_eq!(decide(&[new, old]), [Active, Replaced]);
    }

    #[test]
    fn without_report_ids_the_first_stands_until_a_person_chooses() {
        let (first, mut second) = (candidate(Format::V2, None), candidate(Format::V2, Some(7)));
        assert_eq!(decide(&[first, second]), [Active, Undecided]);
        second.chosen_at = Some(1);
        assert_eq!(decide(&[first, second]), [Replaced, Active]);
    }

    #[test]
    fn the_same_report_id_twice_is_undecided() {
        let one = candidate(Format::V2, Some(7));
        assert_eq!(decide(&[one, one]), [Active, Undecided]);
    }

    #[test]
    fn a_file_that_does_not_balance_never_stands_for_one_that_does() {
        let broken = Candidate { balanced: false, ..candidate(Format::V2, Some(9)) };
        assert_eq!(decide(&[candidate(Format::Xml, None), broken]), [Active, Quarantined]);
        assert_eq!(decide(&[broken]), [Quarantined]);
    }

    #[test]
    fn date_range_files_of_different_days_feed_a_settlement_together() {
        let days = |from, to| Candidate { days: Some((from, to)), ..candidate(Format::DateRange, None) };
        assert_eq!(decide(&[days(1, 9), days(10, 20)]), [Active, Active]);
        assert_eq!(decide(&[days(1, 10), days(10, 20)]), [Active, Undecided]);
        assert_eq!(
            decide(&[days(1, 9), days(10, 20), candidate(Format::V2, None)]),
            [Replaced, Replaced, Active]
        );
    }
}
