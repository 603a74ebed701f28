-- Several generations of each key: rotation adds one, and the older ones go when nothing needs them any more.
-- A destroyed business leaves its number, so that its key is never made anew.
-- After each column: whose data it is / its category / its retention class.

create table root_generation (
    generation integer primary key, -- operator/technical/key
    proof blob not null, -- operator/secret/key
    created_at integer, -- operator/technical/key
    retired_at integer -- operator/technical/key
) strict;
insert into root_generation (generation, proof) select id, value from root_check;
drop table root_check;

create table tenant_generation (
    tenant integer not null, -- operator/identifier/key
    generation integer not null, -- operator/technical/key
    wrapped blob not null, -- operator/secret/key
    created_at integer not null, -- operator/technical/key
    primary key (tenant, generation)
) strict;
insert into tenant_generation (tenant, generation, wrapped, created_at)
    select tenant, 1, wrapped, created_at from tenant_key;
drop table tenant_key;

create table destroyed_tenant (
    tenant integer primary key, -- operator/identifier/key
    marked_at integer not null, -- operator/technical/key
    done_at integer -- operator/technical/key
) strict;
