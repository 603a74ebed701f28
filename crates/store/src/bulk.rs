//! Many rows at once: multi-row `VALUES` on SQLite, `unnest` of arrays on PostgreSQL (its `COPY` is refused under
//! row-level security). Row by row through an async driver would be fifty times slower.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, query};

use crate::{error::Result, tx::Tx};

/// Rows of one SQLite statement. Plain `?` placeholders: numbered ones are looked up one by one and far slower.
const SQLITE_ROWS: usize = 500;

/// The values of one column.
pub(crate) enum Column {
    Int(Vec<i64>),
    Text(Vec<String>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Int(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    fn array(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint[]",
            Self::Text(_) => "text[]",
        }
    }
}

/// Inserts rows given column by column. `table` and the names are the program's own text. After an error the transaction
/// must not be committed: some of the rows may be in.
pub(crate) async fn insert(tx: &mut Tx, table: &str, columns: &[(&str, Column)]) -> Result<()> {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    debug_assert!(columns.iter().all(|(_, column)| column.len() == rows));
    if rows == 0 {
        return Ok(());
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    match tx {
        Tx::Sqlite(tx) => {
            // `or fail`: SQLite need not be able to undo the statement alone. After an error nobody goes on.
            let head = format!("insert or fail into {table} ({names}) ");
            let full = sqlite_text(&head, columns.len(), SQLITE_ROWS);
            for start in (0..rows).step_by(SQLITE_ROWS) {
                let end = rows.min(start + SQLITE_ROWS);
                let last =
                    (end - start < SQLITE_ROWS).then(|| sqlite_text(&head, columns.len(), end - start));
                let mut statement = query(AssertSqlSafe(last.as_deref().unwrap_or(&full)));
                for row in start..end {
                    for (_, column) in columns {
                        statement = match column {
                            Column::Int(values) => statement.bind(values[row]),
                            Column::Text(values) => statement.bind(values[row].as_str()),
                        };
                    }
                }
                statement.execute(&mut **tx).await?;
            }
        }
        Tx::Postgres(tx) => {
            let text = postgres_text(&format!("insert into {table} ({names}) "), columns);
            let mut statement = query(AssertSqlSafe(text.as_str()));
            for (_, column) in columns {
                statement = match column {
                    Column::Int(values) => statement.bind(values),
                    Column::Text(values) => statement.bind(values),
                };
            }
            statement.execute(&mut **tx).await?;
        }
    }
    Ok(())
}

fn sqlite_text(head: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    let mut text = String::with_capacity(head.len() + rows * (row.len() + 1) + 8);
    text.push_str(head);
    text.push_str("values ");
    for index in 0..rows {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&row);
    }
    text
}

fn postgres_text(head: &str, columns: &[(&str, Column)]) -> String {
    let mut text = format!("{head}select * from unnest(");
    for (index, (_, column)) in columns.iter().enumerate() {
        let _ = write!(text, "{}${}::{}", if index > 0 { ", " } else { "" }, index + 1, column.array());
    }
    text.push(')');
    text
}
