//! A cost sheet before it is taken over: its good rows beside what is wrong with the others.
//!
//! Every row is either a cost or a problem; the costs together fit beside those that stand.

use std::collections::BTreeSet;

use super::{Cost, CostProblem, CostSheet, Header, fold};

/// A sheet as far as it can be read: to be looked at before it is taken over.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Costs, each with the row of the sheet.
    pub costs: Vec<(u32, Cost)>,
    /// What is wrong with the other rows, in their order.
    pub problems: Vec<CostProblem>,
}

impl Draft {
    /// Reads numbered rows of cells, the header first. Only a header that makes no sense is an error.
    pub fn read(rows: &[(u32, Vec<String>)]) -> Result<Self, Vec<CostProblem>> {
        let mut header = Header::read(rows)?;
        header.day_first = rows.iter().skip(1).any(|(_, row)| header.shows_day_first(row));
        let mut draft = Self::default();
        for (number, row) in rows.iter().skip(1) {
            if row.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            match header.cost(row) {
                Ok(cost) => draft.costs.push((*number, cost)),
                Err((column, message)) => draft.refuse(*number, column, message),
            }
        }
        Ok(draft)
    }

    /// Takes out rows that overlap each other or a cost that stands. One of the same product, marketplace, currency
    /// and first day as a standing cost takes its place.
    #[must_use]
    pub fn beside(mut self, standing: &CostSheet) -> Self {
        let all = standing.all().map(|cost| (0, cost.clone())).chain(self.costs).collect();
        let placed = CostSheet::place(all, &mut self.problems);
        self.costs = placed.into_values().flatten().filter(|(row, _)| *row > 0).collect();
        self.costs.sort_by_key(|(row, _)| *row);
        self.problems.sort_by_key(|problem| problem.row);
        self
    }

    /// Takes out rows that name a marketplace which is none of these.
    #[must_use]
    pub fn at_marketplaces(mut self, known: &[String]) -> Self {
        let folded: BTreeSet<String> = known.iter().map(|name| fold(name)).collect();
        for (row, cost) in std::mem::take(&mut self.costs) {
            match &cost.marketplace {
                Some(name) if !folded.contains(&fold(name)) => {
                    let known = if known.is_empty() { "none so far".to_owned() } else { known.join(", ") };
                    let message = format!(
                        "`{name}` is no marketplace of your files ({known}); leave the cell empty to mean all"
                    );
                    self.refuse(row, "marketplace", message);
                }
                _ => self.costs.push((row, cost)),
            }
        }
        self.problems.sort_by_key(|problem| problem.row);
        self
    }

    /// The costs as they are; call it after [`Self::beside`].
    pub fn sheet(&self) -> CostSheet {
        CostSheet::place(self.costs.clone(), &mut Vec::new()).into()
    }

    fn refuse(&mut self, row: u32, column: &str, message: String) {
        self.problems.push(CostProblem { row, column: Some(column.to_owned()), message });
    }
}
