-- Whether GST on Amazon's fees is claimed back: what holds by itself, and dated settings.
-- After each column: whose data it is / its category / its retention class.

-- Until now input credit was taken for granted; businesses that are there keep it until somebody says otherwise.
alter table business add column
    input_credit integer not null default 1; -- customer/tax/account

create table tax_setting (
    tenant_id integer not null references business (id), -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    marketplace integer not null, -- amazon/technical/books
    from_day integer not null, -- customer/tax/books
    credit integer not null, -- customer/tax/books
    made_at integer not null, -- operator/technical/books
    made_by integer not null, -- operator/identifier/books
    undone_at integer, -- operator/technical/books
    undone_by integer, -- operator/identifier/books
    primary key (tenant_id, id)
) strict;
create unique index tax_setting_stands on tax_setting (tenant_id, marketplace, from_day) where undone_at is null;
