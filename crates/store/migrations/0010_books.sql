-- How a business posts to its accounting program: names of ledgers, and where turnover comes from in each year.
-- After each column: whose data it is / its category / its retention class.

create table book_ledger (
    tenant_id integer not null references business (id), -- operator/identifier/books
    leg text not null, -- operator/technical/books
    name text not null, -- customer/money/books
    parent text not null, -- customer/money/books
    existing integer not null, -- customer/money/books
    changed_at integer not null, -- operator/technical/books
    changed_by integer not null, -- operator/identifier/books
    primary key (tenant_id, leg)
) strict;

create table book_year (
    tenant_id integer not null references business (id), -- operator/identifier/books
    year integer not null, -- customer/money/books
    sales text not null, -- customer/money/books
    cost_of_goods integer not null, -- customer/money/books
    indirect integer not null, -- customer/money/books
    changed_at integer not null, -- operator/technical/books
    changed_by integer not null, -- operator/identifier/books
    primary key (tenant_id, year)
) strict;
