//! Jobs: claiming, leasing, retrying; importing files.
