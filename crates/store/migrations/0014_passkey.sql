-- Passkeys: keys that people's devices hold, asked for beside the password.
-- After each column: whose data it is / its category / its retention class.

create table passkey (
    person integer not null references person (id), -- operator/identifier/account
    id_hash blob not null, -- person/technical/account
    handle blob not null, -- operator/identifier/account
    name text not null, -- person/technical/account
    held text not null, -- person/technical/account
    created_at integer not null, -- person/technical/account
    last_used_at integer, -- person/technical/account
    primary key (person, id_hash)
) strict;
create unique index passkey_id on passkey (id_hash);

-- What a session's browser was asked, to check the answer; empty when nothing is asked.
alter table session add column challenge text not null default ''; -- operator/secret/session
alter table session add column challenge_name text not null default ''; -- person/technical/session
alter table session add column challenge_until integer not null default 0; -- operator/technical/session
