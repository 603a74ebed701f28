-- Lanes, so that a mail never waits behind an import; when a job began; schedules.
-- After each column: whose data it is / its category / its retention class.

alter table job add column lane text not null default 'heavy'; -- operator/technical/job
alter table job add column started_at integer; -- operator/technical/job
create index job_lane on job (state, lane, run_at);

create table schedule (
    name text primary key, -- operator/technical/job
    tenant integer references business (id), -- operator/identifier/job
    kind text not null, -- operator/technical/job
    payload text not null, -- operator/technical/job
    every integer not null, -- operator/technical/job
    next_at integer not null -- operator/technical/job
) strict;
