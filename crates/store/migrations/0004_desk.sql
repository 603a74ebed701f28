-- What people add to the settlements: own rules of labels, what the bank says, units that came back or were lost.
-- After each column: whose data it is / its category / its retention class.

create table label_rule (
    tenant_id integer not null, -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    label integer not null, -- amazon/money/books
    credit integer not null, -- customer/money/books
    debit integer not null, -- customer/money/books
    gst text not null, -- customer/tax/books
    from_day integer not null, -- customer/money/books
    made_at integer not null, -- operator/technical/books
    made_by integer not null, -- operator/identifier/books
    undone_at integer, -- operator/technical/books
    undone_by integer, -- operator/identifier/books
    primary key (tenant_id, id),
    foreign key (tenant_id, label) references label (tenant_id, id)
) strict;
create unique index label_rule_stands on label_rule (tenant_id, label, from_day) where undone_at is null;

create table payout (
    tenant_id integer not null, -- operator/identifier/books
    seller_account integer not null, -- operator/identifier/books
    settlement_id text not null, -- amazon/identifier/books
    utr text, -- customer/money/books
    bank_day integer, -- customer/money/books
    entered_at integer not null, -- operator/technical/books
    entered_by integer not null, -- operator/identifier/books
    primary key (tenant_id, seller_account, settlement_id),
    foreign key (tenant_id, seller_account) references seller_account (tenant_id, id)
) strict;

create table stock_event (
    tenant_id integer not null, -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    sku integer not null, -- customer/product/books
    marketplace integer not null, -- customer/product/books
    currency text not null, -- customer/money/books
    day integer not null, -- customer/product/books
    month integer not null, -- derived/product/books
    sold_day integer not null, -- customer/order/books
    units integer not null, -- customer/product/books
    fate text not null, -- customer/product/books
    cost integer, -- derived/money/books
    entered_at integer not null, -- operator/technical/books
    entered_by integer not null, -- operator/identifier/books
    primary key (tenant_id, id),
    foreign key (tenant_id, sku) references sku (tenant_id, id)
) strict;
create index stock_event_day on stock_event (tenant_id, day);
create index stock_event_sku on stock_event (tenant_id, sku);
