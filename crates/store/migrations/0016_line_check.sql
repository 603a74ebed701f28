-- SQLite looks for the settlement of lines when their transaction ends, not after each statement: else it would keep,
-- for every statement, a copy of each page that it touches (docs/decisions/sqlite.md). PostgreSQL stays as it is.

-- only SQLite
-- As https://sqlite.org/lang_altertable.html says under "Making Other Kinds Of Table Schema Changes": what is stored
-- does not change.
pragma writable_schema = on;
update sqlite_master
set sql = replace(sql, 'references settlement (tenant_id, id)', 'references settlement (tenant_id, id) deferrable initially deferred')
where type = 'table' and name in ('line', 'order_run');
pragma writable_schema = reset;
