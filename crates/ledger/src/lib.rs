//! Money, readers of Amazon's files, taxonomy, accounts, profit statement, costs, checks.
