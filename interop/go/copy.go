package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/lib/pq"
)

// COPY as each driver does it: pgx both ways, lib/pq only in.
var copies = map[string]func(dsn string) error{"lib/pq": copyByPq, "pgx": copyByPgx}

const copiedRows = 1000

func copyByPgx(dsn string) error {
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, "create temp table copied (n int, t text)"); err != nil {
		return err
	}
	var lines strings.Builder
	for n := 0; n < copiedRows; n++ {
		fmt.Fprintf(&lines, "%d\tline %d\n", n, n)
	}
	if _, err := connection.PgConn().CopyFrom(ctx, strings.NewReader(lines.String()), "copy copied from stdin"); err != nil {
		return err
	}
	var out bytes.Buffer
	if _, err := connection.PgConn().CopyTo(ctx, &out, "copy (select * from copied order by n) to stdout"); err != nil {
		return err
	}
	if out.String() != lines.String() {
		return fmt.Errorf("other lines: %d bytes", out.Len())
	}
	return nil
}

func copyByPq(dsn string) error {
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	transaction, err := db.Begin()
	if err != nil {
		return err
	}
	defer transaction.Rollback()
	if _, err := transaction.Exec("create temp table copied (n int, t text)"); err != nil {
		return err
	}
	statement, err := transaction.Prepare(pq.CopyIn("copied", "n", "t"))
	if err != nil {
		return err
	}
	for n := 0; n < copiedRows; n++ {
		if _, err := statement.Exec(n, fmt.Sprintf("line %d", n)); err != nil {
			return err
		}
	}
	if _, err := statement.Exec(); err != nil {
		return err
	}
	if err := statement.Close(); err != nil {
		return err
	}
	var count, sum int
	if err := transaction.QueryRow("select count(*), sum(n) from copied where t = 'line ' || n").Scan(&count, &sum); err != nil {
		return err
	}
	return equal(fmt.Sprint(count, sum), fmt.Sprint(copiedRows, copiedRows*(copiedRows-1)/2))
}
