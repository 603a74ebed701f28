-- The platform's staff: who is it in which role, which business they may enter, why and until when; the quarterly
-- review of both; what was done for the platform, chained as the log of a business is; passwords of staff.
-- After each column: whose data it is / its category / its retention class.

create table staff (
    id integer primary key, -- operator/identifier/audit
    person integer not null references person (id), -- operator/identifier/audit
    role text not null, -- operator/technical/audit
    since integer not null, -- operator/technical/audit
    made_by integer references person (id), -- operator/identifier/audit
    ended_at integer, -- operator/technical/audit
    ended_by integer references person (id) -- operator/identifier/audit
) strict;
create unique index staff_person on staff (person) where ended_at is null;

create table assignment (
    id integer primary key, -- operator/identifier/audit
    person integer not null references person (id), -- operator/identifier/audit
    tenant integer not null references business (id), -- operator/identifier/audit
    reason text not null, -- operator/technical/audit
    made_by integer not null references person (id), -- operator/identifier/audit
    begins_at integer not null, -- operator/technical/audit
    ends_at integer not null, -- operator/technical/audit
    ended_at integer, -- operator/technical/audit
    ended_by integer references person (id), -- operator/identifier/audit
    used_at integer -- operator/technical/audit
) strict;
create unique index assignment_open on assignment (person, tenant) where ended_at is null;
create index assignment_tenant on assignment (tenant, id);
create index assignment_person on assignment (person, id);
create index assignment_due on assignment (ends_at) where ended_at is null;

create table staff_review (
    quarter integer primary key, -- operator/technical/audit
    begun_at integer not null, -- operator/technical/audit
    reviewed_by integer not null references person (id), -- operator/identifier/audit
    ended_at integer, -- operator/technical/audit
    kept integer not null, -- operator/technical/audit
    ended integer not null -- operator/technical/audit
) strict;

create table staff_review_answer (
    quarter integer not null references staff_review (quarter), -- operator/technical/audit
    kind text not null, -- operator/technical/audit
    subject integer not null, -- operator/identifier/audit
    person integer not null references person (id), -- operator/identifier/audit
    role text not null, -- operator/technical/audit
    tenant integer references business (id), -- operator/identifier/audit
    kept integer not null, -- operator/technical/audit
    answered_by integer not null references person (id), -- operator/identifier/audit
    answered_at integer not null, -- operator/technical/audit
    primary key (quarter, kind, subject)
) strict;

create table platform_audit (
    log integer not null, -- operator/technical/audit
    seq integer not null, -- operator/identifier/audit
    at integer not null, -- operator/technical/audit
    actor text not null, -- operator/technical/audit
    person integer, -- operator/identifier/audit
    action text not null, -- operator/technical/audit
    object text not null, -- operator/identifier/audit
    network text not null, -- person/technical/audit
    link blob not null, -- operator/technical/audit
    primary key (log, seq)
) strict;
create index platform_audit_person on platform_audit (log, person, seq);
create index platform_audit_action on platform_audit (log, action, seq);

create table platform_audit_head (
    log integer not null, -- operator/technical/audit
    seq integer not null, -- operator/identifier/audit
    link blob not null, -- operator/technical/audit
    primary key (log)
) strict;

alter table person add column password_rule text not null default 'customer'; -- operator/technical/account

create table password_history (
    id integer primary key, -- operator/identifier/account
    person integer not null references person (id), -- operator/identifier/account
    password_hash text not null, -- person/secret/account
    set_at integer not null -- operator/technical/account
) strict;
create index password_history_person on password_history (person, id);

create index job_finished on job (state, finished_at, id);
create index job_waiting on job (state, run_at, id);
create index job_kind_finished on job (state, kind, finished_at, id);
create index job_kind_waiting on job (state, kind, run_at, id);
