-- Browsers that a person has signed in with, so that they can be told of one they have not. What stands here is a hash
-- of a random cookie and the person: it tells nobody apart without the cookie, and opens nothing.
-- After each column: whose data it is / its category / its retention class.

create table person_device (
    person integer not null references person (id), -- operator/identifier/session
    device_hash blob not null, -- person/technical/session
    first_at integer not null, -- person/technical/session
    last_at integer not null, -- person/technical/session
    primary key (person, device_hash)
) strict;
