-- What was sent to whom, what people are told on their pages, and what they agreed to get.
-- After each column: whose data it is / its category / its retention class.

create table message (
    id integer primary key, -- operator/identifier/communication
    tenant integer references business (id), -- operator/identifier/communication
    person integer references person (id), -- operator/identifier/communication
    cause text not null unique, -- operator/technical/communication
    purpose text not null, -- operator/technical/communication
    channel text not null, -- operator/technical/communication
    template text not null, -- operator/technical/communication
    recipient text not null, -- person/contact/communication
    recipient_name text not null, -- person/contact/communication
    subject text not null, -- customer/contact/communication
    arguments text not null, -- customer/contact/communication
    secret text, -- person/secret/session
    state text not null, -- operator/technical/communication
    fault text, -- operator/technical/communication
    attempts integer not null, -- operator/technical/communication
    message_id text, -- operator/identifier/communication
    written_at integer not null, -- operator/technical/communication
    expires_at integer not null, -- operator/technical/communication
    tried_at integer, -- operator/technical/communication
    ended_at integer -- operator/technical/communication
) strict;
create index message_tenant on message (tenant, id);
create index message_person on message (person, id);
create index message_queued on message (expires_at) where state = 'queued';
create index message_failed on message (ended_at) where state = 'failed';

create table consent (
    id integer primary key, -- operator/identifier/consent
    person integer not null references person (id), -- operator/identifier/consent
    tenant integer not null references business (id), -- operator/identifier/consent
    purpose text not null, -- person/technical/consent
    channel text not null, -- person/technical/consent
    given integer not null, -- person/technical/consent
    wording text not null, -- operator/technical/consent
    way text not null, -- person/technical/consent
    at integer not null -- person/technical/consent
) strict;
create index consent_person on consent (person, tenant, purpose, channel, id);
create index consent_purpose on consent (purpose, channel, tenant, person, id);

create table notice (
    tenant_id integer not null references business (id), -- operator/identifier/communication
    id integer not null, -- operator/identifier/communication
    person integer not null, -- operator/identifier/communication
    cause text not null, -- operator/technical/communication
    kind text not null, -- operator/technical/communication
    arguments text not null, -- customer/contact/communication
    created_at integer not null, -- operator/technical/communication
    read_at integer, -- person/technical/communication
    primary key (tenant_id, id),
    unique (tenant_id, person, cause)
) strict;
create index notice_person on notice (tenant_id, person, id);
create index notice_unread on notice (tenant_id, person) where read_at is null;
