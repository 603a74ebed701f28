-- Settlements, their lines and rollups. Every table belongs to a tenant: keys begin with tenant_id.
-- After each column: whose data it is / its category / its retention class.

create table seller_account (
    tenant_id integer not null references business (id), -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    name text not null, -- customer/contact/books
    created_at integer not null, -- operator/technical/books
    primary key (tenant_id, id),
    unique (tenant_id, name)
) strict;

create table upload (
    tenant_id integer not null, -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    seller_account integer not null, -- operator/identifier/books
    name text not null, -- customer/technical/books
    spool text not null, -- operator/technical/books
    bytes integer not null, -- derived/technical/books
    uploaded_at integer not null, -- operator/technical/books
    job integer not null, -- operator/identifier/books
    results text not null, -- derived/technical/books
    primary key (tenant_id, id),
    foreign key (tenant_id, seller_account) references seller_account (tenant_id, id)
) strict;

create table file (
    tenant_id integer not null, -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    seller_account integer not null, -- operator/identifier/books
    name text not null, -- customer/technical/books
    format text not null, -- amazon/technical/books
    fingerprint blob not null, -- derived/technical/books
    archive_id blob not null, -- operator/identifier/books
    bytes integer not null, -- derived/technical/books
    lines integer not null, -- derived/technical/books
    encoding text not null, -- amazon/technical/books
    report_id integer, -- amazon/identifier/books
    uploaded_at integer not null, -- operator/technical/books
    state text not null, -- operator/technical/books
    primary key (tenant_id, id),
    foreign key (tenant_id, seller_account) references seller_account (tenant_id, id)
) strict;
create unique index file_fingerprint on file (tenant_id, fingerprint) where state = 'imported';

create table archive_frame (
    tenant_id integer not null, -- operator/identifier/books
    file integer not null, -- operator/identifier/books
    frame integer not null, -- operator/technical/books
    first_line integer not null, -- derived/technical/books
    start integer not null, -- derived/technical/books
    length integer not null, -- derived/technical/books
    primary key (tenant_id, file, frame),
    foreign key (tenant_id, file) references file (tenant_id, id)
) strict;

create table label (
    tenant_id integer not null references business (id), -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    transaction_type text not null, -- amazon/money/books
    amount_type text not null, -- amazon/money/books
    description text not null, -- amazon/money/books
    primary key (tenant_id, id),
    unique (tenant_id, transaction_type, amount_type, description)
) strict;

create table sku (
    tenant_id integer not null references business (id), -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    name text not null, -- customer/product/books
    primary key (tenant_id, id),
    unique (tenant_id, name)
) strict;

create table marketplace (
    tenant_id integer not null references business (id), -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    name text not null, -- amazon/technical/books
    primary key (tenant_id, id),
    unique (tenant_id, name)
) strict;

create table settlement (
    tenant_id integer not null, -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    seller_account integer not null, -- operator/identifier/books
    file integer not null, -- operator/identifier/books
    settlement_id text not null, -- amazon/identifier/books
    format text not null, -- amazon/technical/books
    currency text not null, -- amazon/money/books
    start_at integer, -- amazon/money/books
    end_at integer, -- amazon/money/books
    deposit_at integer, -- amazon/money/books
    total integer, -- amazon/money/books
    sum integer not null, -- derived/money/books
    lines integer not null, -- derived/money/books
    first_day integer, -- derived/money/books
    last_day integer, -- derived/money/books
    previous_reserve integer not null, -- amazon/money/books
    current_reserve integer not null, -- amazon/money/books
    payable integer not null, -- amazon/money/books
    deferred_rows integer not null, -- amazon/money/books
    deferred_amount integer not null, -- amazon/money/books
    state text not null, -- operator/technical/books
    chosen_at integer, -- customer/technical/books
    primary key (tenant_id, id),
    foreign key (tenant_id, seller_account) references seller_account (tenant_id, id),
    foreign key (tenant_id, file) references file (tenant_id, id)
) strict;
create index settlement_file on settlement (tenant_id, file);
create index settlement_days on settlement (tenant_id, state, last_day, first_day);
create index settlement_number on settlement (tenant_id, seller_account, settlement_id);

create table line (
    tenant_id integer not null, -- operator/identifier/books
    settlement integer not null, -- operator/identifier/books
    line integer not null, -- amazon/technical/books
    col integer not null, -- amazon/technical/books
    part integer not null, -- derived/technical/books
    posted_at integer not null, -- amazon/money/books
    day integer not null, -- derived/money/books
    marketplace integer not null, -- amazon/technical/books
    order_id text not null, -- amazon/order/books
    sku integer not null, -- customer/product/books
    quantity integer not null, -- amazon/order/books
    label integer not null, -- amazon/money/books
    account integer not null, -- derived/money/books
    amount integer not null, -- amazon/money/books
    primary key (tenant_id, settlement, line, col, part),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;
create index line_explain on line (tenant_id, settlement, account, sku, day);
create index line_label on line (tenant_id, settlement, label, account);

create table order_run (
    tenant_id integer not null, -- operator/identifier/books
    order_id text not null, -- amazon/order/books
    settlement integer not null, -- operator/identifier/books
    first_line integer not null, -- derived/technical/books
    last_line integer not null, -- derived/technical/books
    primary key (tenant_id, order_id, settlement, first_line),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;

create table statement_day (
    tenant_id integer not null, -- operator/identifier/books
    settlement integer not null, -- operator/identifier/books
    day integer not null, -- derived/money/books
    account integer not null, -- derived/money/books
    marketplace integer not null, -- derived/money/books
    credit integer not null, -- derived/money/books
    debit integer not null, -- derived/money/books
    estimated integer not null, -- derived/money/books
    lines integer not null, -- derived/money/books
    primary key (tenant_id, settlement, day, account, marketplace),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;

create table statement_month (
    tenant_id integer not null, -- operator/identifier/books
    settlement integer not null, -- operator/identifier/books
    month integer not null, -- derived/money/books
    account integer not null, -- derived/money/books
    marketplace integer not null, -- derived/money/books
    credit integer not null, -- derived/money/books
    debit integer not null, -- derived/money/books
    estimated integer not null, -- derived/money/books
    lines integer not null, -- derived/money/books
    primary key (tenant_id, settlement, month, account, marketplace),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;

create table unit_day (
    tenant_id integer not null, -- operator/identifier/books
    settlement integer not null, -- operator/identifier/books
    sku integer not null, -- customer/product/books
    day integer not null, -- derived/money/books
    marketplace integer not null, -- derived/money/books
    month integer not null, -- derived/money/books
    units integer not null, -- derived/order/books
    refunds integer not null, -- derived/order/books
    cost integer, -- derived/money/books
    primary key (tenant_id, settlement, sku, day, marketplace),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;
create index unit_sku on unit_day (tenant_id, sku, settlement);

create table sales_day (
    tenant_id integer not null, -- operator/identifier/books
    settlement integer not null, -- operator/identifier/books
    day integer not null, -- derived/money/books
    marketplace integer not null, -- derived/money/books
    month integer not null, -- derived/money/books
    units integer not null, -- derived/order/books
    refunds integer not null, -- derived/order/books
    uncosted integer not null, -- derived/order/books
    cogs integer not null, -- derived/money/books
    primary key (tenant_id, settlement, day, marketplace),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;

create table product_month (
    tenant_id integer not null, -- operator/identifier/books
    settlement integer not null, -- operator/identifier/books
    sku integer not null, -- customer/product/books
    month integer not null, -- derived/money/books
    marketplace integer not null, -- derived/money/books
    net_sales integer not null, -- derived/money/books
    reimbursements integer not null, -- derived/money/books
    other_income integer not null, -- derived/money/books
    referral integer not null, -- derived/money/books
    closing integer not null, -- derived/money/books
    fulfilment integer not null, -- derived/money/books
    shipping integer not null, -- derived/money/books
    refund_fee integer not null, -- derived/money/books
    other_fees integer not null, -- derived/money/books
    storage integer not null, -- derived/money/books
    services integer not null, -- derived/money/books
    gst_cost integer not null, -- derived/money/books
    advertising integer not null, -- derived/money/books
    deals integer not null, -- derived/money/books
    adjustments integer not null, -- derived/money/books
    finance integer not null, -- derived/money/books
    balance integer not null, -- derived/money/books
    estimated integer not null, -- derived/money/books
    units integer not null, -- derived/order/books
    refunds integer not null, -- derived/order/books
    uncosted integer not null, -- derived/order/books
    cogs integer not null, -- derived/money/books
    primary key (tenant_id, settlement, sku, month, marketplace),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;

create table label_sum (
    tenant_id integer not null, -- operator/identifier/books
    settlement integer not null, -- operator/identifier/books
    label integer not null, -- amazon/money/books
    lines integer not null, -- derived/money/books
    amount integer not null, -- derived/money/books
    unclassified integer not null, -- derived/money/books
    unclassified_amount integer not null, -- derived/money/books
    primary key (tenant_id, settlement, label),
    foreign key (tenant_id, settlement) references settlement (tenant_id, id)
) without rowid, strict;

create table cost (
    tenant_id integer not null, -- operator/identifier/books
    sku integer not null, -- customer/product/books
    marketplace integer not null, -- customer/product/books
    currency text not null, -- customer/money/books
    from_day integer not null, -- customer/money/books
    to_day integer not null, -- customer/money/books
    goods integer not null, -- customer/money/books
    freight integer not null, -- customer/money/books
    duty integer not null, -- customer/money/books
    packing integer not null, -- customer/money/books
    other integer not null, -- customer/money/books
    primary key (tenant_id, sku, marketplace, currency, from_day),
    foreign key (tenant_id, sku) references sku (tenant_id, id)
) strict;

create table expense (
    tenant_id integer not null references business (id), -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    category text not null, -- customer/money/books
    currency text not null, -- customer/money/books
    amount integer not null, -- customer/money/books
    gst integer not null, -- customer/money/books
    every text not null, -- customer/money/books
    from_day integer not null, -- customer/money/books
    to_day integer, -- customer/money/books
    sku integer, -- customer/product/books
    created_at integer not null, -- operator/technical/books
    primary key (tenant_id, id)
) strict;

create table month_close (
    tenant_id integer not null references business (id), -- operator/identifier/books
    id integer not null, -- operator/identifier/books
    month integer not null, -- customer/money/books
    currency text not null, -- customer/money/books
    closed_at integer not null, -- operator/technical/books
    closed_by integer not null, -- operator/identifier/books
    statement text not null, -- derived/money/books
    reopened_at integer, -- operator/technical/books
    reopened_by integer, -- operator/identifier/books
    reason text, -- customer/money/books
    primary key (tenant_id, id)
) strict;
create unique index month_closed on month_close (tenant_id, month, currency) where reopened_at is null;
