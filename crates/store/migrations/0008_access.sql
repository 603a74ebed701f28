-- Sessions that can be told apart, what is asked beside the password, invitations and other single-use links.
-- After each column: whose data it is / its category / its retention class.

alter table session add column device text not null default ''; -- person/technical/session
alter table session add column network text not null default ''; -- person/technical/session
alter table session add column stage text not null default 'full'; -- operator/technical/session

alter table person add column email_verified_at integer; -- person/technical/account
alter table person add column password_changed_at integer not null default 0; -- person/technical/account

create table person_token (
    token_hash blob primary key, -- person/secret/session
    purpose text not null, -- operator/technical/session
    person integer references person (id), -- operator/identifier/session
    tenant integer references business (id), -- operator/identifier/session
    email text not null, -- person/contact/session
    email_folded text not null, -- person/contact/session
    role text not null, -- customer/technical/session
    made_by integer references person (id), -- operator/identifier/session
    created_at integer not null, -- operator/technical/session
    expires_at integer not null, -- operator/technical/session
    used_at integer -- operator/technical/session
) strict;
create index person_token_tenant on person_token (tenant, purpose);
create index person_token_person on person_token (person, purpose);

create table totp (
    person integer primary key references person (id), -- operator/identifier/account
    made_at integer not null, -- operator/technical/account
    confirmed_at integer, -- operator/technical/account
    last_step integer not null -- person/technical/account
) strict;

create table recovery_code (
    person integer not null references person (id), -- operator/identifier/account
    code_hash blob not null, -- person/secret/account
    used_at integer, -- person/technical/account
    primary key (person, code_hash)
) strict;
