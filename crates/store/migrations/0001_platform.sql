-- Platform tables: they belong to no tenant. One text for both engines; src/migrate.rs says how it is translated.
-- After each column: whose data it is / its category / its retention class.

create table business (
    id integer primary key, -- operator/identifier/account
    name text not null, -- customer/contact/account
    billing_state text not null, -- customer/tax/account
    gstin text, -- customer/tax/account
    created_at integer not null, -- operator/technical/account
    state text not null -- operator/technical/account
) strict;

create table person (
    id integer primary key, -- operator/identifier/account
    name text not null, -- person/contact/account
    email text not null, -- person/contact/account
    email_folded text not null unique, -- person/contact/account
    phone text not null, -- person/contact/account
    password_hash text not null, -- person/secret/account
    created_at integer not null -- operator/technical/account
) strict;

create table membership (
    person integer not null references person (id), -- operator/identifier/account
    tenant integer not null references business (id), -- operator/identifier/account
    role text not null, -- customer/technical/account
    created_at integer not null, -- operator/technical/account
    primary key (person, tenant)
) strict;

create table session (
    id_hash blob primary key, -- person/secret/session
    person integer not null references person (id), -- operator/identifier/session
    tenant integer references business (id), -- operator/identifier/session
    created_at integer not null, -- person/technical/session
    last_seen integer not null -- person/technical/session
) strict;
create index session_person on session (person);

create table login_failure (
    key_hash blob primary key, -- person/technical/session
    failures integer not null, -- person/technical/session
    last_at integer not null -- person/technical/session
) strict;

create table job (
    id integer primary key, -- operator/identifier/job
    tenant integer references business (id), -- operator/identifier/job
    kind text not null, -- operator/technical/job
    payload text not null, -- operator/technical/job
    dedupe text, -- operator/technical/job
    state text not null, -- operator/technical/job
    run_at integer not null, -- operator/technical/job
    attempts integer not null, -- operator/technical/job
    most_attempts integer not null, -- operator/technical/job
    leased_until integer, -- operator/technical/job
    lease integer not null, -- operator/technical/job
    progress_done integer not null, -- operator/technical/job
    progress_total integer not null, -- operator/technical/job
    outcome text, -- operator/technical/job
    created_at integer not null, -- operator/technical/job
    finished_at integer -- operator/technical/job
) strict;
create index job_due on job (state, run_at);
create index job_tenant on job (tenant, id);
create unique index job_dedupe on job (dedupe) where state in ('queued', 'running');
