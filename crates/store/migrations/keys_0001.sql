-- The key database: wrapped tenant keys, apart from the data, so that destroying a key outlives every backup.
-- After each column: whose data it is / its category / its retention class.

create table root_check (
    id integer primary key, -- operator/identifier/key
    value blob not null -- operator/secret/key
) strict;

create table tenant_key (
    tenant integer primary key, -- operator/identifier/key
    wrapped blob not null, -- operator/secret/key
    created_at integer not null -- operator/technical/key
) strict;
