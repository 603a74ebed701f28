-- Who did what, chained by hashes. Entries hold ids and addresses of objects, never
-- names, and are only ever added: src/audit.rs.
-- After each column: whose data it is / its category / its retention class.

create table audit (
    tenant_id integer not null references business (id), -- operator/identifier/audit
    seq integer not null, -- operator/identifier/audit
    at integer not null, -- operator/technical/audit
    actor text not null, -- operator/technical/audit
    person integer, -- operator/identifier/audit
    action text not null, -- operator/technical/audit
    object text not null, -- operator/identifier/audit
    network text not null, -- person/technical/audit
    link blob not null, -- operator/technical/audit
    primary key (tenant_id, seq)
) strict;
create index audit_person on audit (tenant_id, person, seq);
create index audit_action on audit (tenant_id, action, seq);

create table audit_head (
    tenant_id integer not null references business (id), -- operator/identifier/audit
    seq integer not null, -- operator/identifier/audit
    link blob not null, -- operator/technical/audit
    primary key (tenant_id)
) strict;
