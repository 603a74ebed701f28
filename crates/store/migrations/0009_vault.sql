-- Sealed values, and which generation of a key may still seal. Category `sealed` means: sealed with the key of the
-- business or person it belongs to, and named in SEALED (src/sealed.rs), so that a rotation seals it anew.
-- After each column: whose data it is / its category / its retention class.

create table key_gate (
    tenant integer primary key, -- operator/identifier/account
    least integer not null -- operator/technical/account
) strict;

create table secret (
    tenant_id integer not null references business (id), -- operator/identifier/account
    kind text not null, -- operator/technical/account
    subject integer not null, -- operator/identifier/account
    value blob not null, -- customer/sealed/account
    written_at integer not null, -- operator/technical/account
    primary key (tenant_id, kind, subject)
) strict;

create table person_secret (
    person integer not null references person (id), -- operator/identifier/account
    kind text not null, -- operator/technical/account
    value blob not null, -- person/sealed/account
    written_at integer not null, -- operator/technical/account
    primary key (person, kind)
) strict;

alter table file add column
    key_generation integer not null default 1; -- operator/technical/books
