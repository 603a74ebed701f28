-- SQLite looks for the settlement of lines when their transaction ends, not after each statement: else it would keep,
-- for every statement, a copy of each page that it touches (docs/decisions/sqlite.md). PostgreSQL stays as it is.

-- only SQLite
-- After https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes": what is stored does not
-- change. Its step about the schema's version is left out: other connections here only read, or end with the migration.
pragma writable_schema = on;
update sqlite_master
set sql = replace(sql, 'references settlement (tenant_id, id)', 'references settlement (tenant_id, id) deferrable initially deferred')
where type = 'table' and name in ('line', 'order_run');
pragma writable_schema = reset;
