//! Indian tax facts: GSTIN, PAN, States, financial year, dated rates, rupee formats.
