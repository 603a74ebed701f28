-- Periods a person wants to see on the first page; indexes for what somebody must act on.
-- After each column: whose data it is / its category / its retention class.

create table tile (
    tenant_id integer not null references business (id), -- operator/identifier/account
    person integer not null, -- operator/identifier/account
    period text not null, -- person/technical/account
    created_at integer not null, -- operator/technical/account
    primary key (tenant_id, person, period)
) strict;

create index label_sum_open on label_sum (tenant_id, settlement, unclassified) where unclassified > 0;
create index product_month_open on product_month (tenant_id, settlement, month, uncosted) where uncosted > 0;
