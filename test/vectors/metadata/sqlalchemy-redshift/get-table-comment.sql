
            SELECT d.description
            FROM pg_catalog.pg_description d
            JOIN pg_catalog.pg_class c ON c.oid = d.objoid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE d.objsubid = 0
              AND c.relname = 'customers'
              AND n.nspname = 'shop'
        