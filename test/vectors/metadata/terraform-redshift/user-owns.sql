SELECT owner.ddl
			FROM (
			      -- Functions owned by the user
			      SELECT pgu.usesysid,
			      'alter function ' || QUOTE_IDENT(nc.nspname) || '.' ||textin (regprocedureout (pproc.oid::regprocedure)) || ' owner to ' || $2
			      FROM pg_proc pproc,pg_user pgu,pg_namespace nc
			      WHERE pproc.pronamespace = nc.oid
			      AND   pproc.proowner = pgu.usesysid
			  UNION ALL
			      -- Databases owned by the user
			      SELECT pgu.usesysid,
			      'alter database ' || QUOTE_IDENT(pgd.datname) || ' owner to ' || $2
			      FROM pg_database pgd,
				   pg_user pgu
			      WHERE pgd.datdba = pgu.usesysid
			  UNION ALL
			      -- Schemas owned by the user
			      SELECT pgu.usesysid,
			      'alter schema '|| QUOTE_IDENT(pgn.nspname) ||' owner to ' || $2
			      FROM pg_namespace pgn,
				   pg_user pgu
			      WHERE pgn.nspowner = pgu.usesysid
			  UNION ALL
			      -- Tables or Views owned by the user
			      SELECT pgu.usesysid,
			      'alter table ' || QUOTE_IDENT(nc.nspname) || '.' || QUOTE_IDENT(pgc.relname) || ' owner to ' || $2
			      FROM pg_class pgc,
				   pg_user pgu,
				   pg_namespace nc
			      WHERE pgc.relnamespace = nc.oid
			      AND   pgc.relkind IN ('r','v')
			      AND   pgu.usesysid = pgc.relowner
			      AND   nc.nspname NOT ILIKE 'pg\_temp\_%'
			)
			OWNER("userid", "ddl")
			WHERE owner.userid = $1;
