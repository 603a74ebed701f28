//! All SQL: migrations, transactions, tenant handles, rollups, archive, jobs.
