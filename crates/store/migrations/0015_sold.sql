-- Units that were sold, by product: the list of costs reads these columns of all months and nothing else.

create index product_month_sold on product_month (tenant_id, sku, settlement, month, units, uncosted) where units <> 0;
