package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
)

var drivers = map[string]string{"lib/pq": "postgres", "pgx": "pgx"}

func dsn(login, more string) string { return dsnOf(fact(login+"_USER"), fact(login+"_PASSWORD"), more) }

func dsnOf(user, password, more string) string {
	return fmt.Sprintf("host=localhost port=%s dbname=%s user=%s password=%s %s", fact("PORT"), fact("DATABASE"), user,
		password, more)
}

// lib/pq and pgx, through database/sql.
func sqlClient(name string) {
	driver := drivers[name]
	verified := "sslmode=verify-full sslrootcert=" + fact("CA_FILE")
	value := func(login, options, query string) (string, error) {
		db, err := sql.Open(driver, dsn(login, options))
		if err != nil {
			return "", err
		}
		defer db.Close()
		var text string
		err = db.QueryRow(query).Scan(&text)
		return text, err
	}
	answers := func(login, query, expected string) error {
		found, err := value(login, verified, query)
		if err != nil {
			return err
		}
		return equal(found, expected)
	}
	fails := func(login, options string, words ...string) error {
		_, err := value(login, options, "select 1")
		return refused(err, words...)
	}
	scenario("documented", func() error {
		// Without groups, as the string's user name says.
		db, err := sql.Open(driver, strings.Replace(fact("STRINGS_0"), "password=…", "password="+fact("PLAIN_LOGIN_PASSWORD"), 1))
		if err != nil {
			return err
		}
		defer db.Close()
		return db.Ping()
	})
	scenario("host", func() error { return answers("LOGIN", "select current_database()", fact("DATABASE")) })
	scenario("groups", func() error { return answers("NEW_LOGIN", "select count(*) from example.sales", "300") })
	scenario("expired", func() error { return fails("EXPIRED", verified, "IAM Authentication token has expired") })
	scenario("database", func() error { return fails("OTHER_DATABASE", verified, "IAM authentication failed") })
	scenario("plain", func() error { return fails("LOGIN", "sslmode=disable", "must use TLS") })
	scenario("verify", func() error {
		return fails("LOGIN", "sslmode=verify-full sslrootcert="+fact("OTHER_CA_FILE"), "certificate")
	})
	scenario("cancel", func() error {
		db, err := sql.Open(driver, dsn("LOGIN", verified))
		if err != nil {
			return err
		}
		defer db.Close()
		if err := db.Ping(); err != nil {
			return err
		}
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		start := time.Now()
		_, err = db.ExecContext(ctx, "select pg_sleep(30)")
		if err == nil || time.Since(start) > 10*time.Second {
			return fmt.Errorf("it was not cancelled: %v", err)
		}
		// The server has let go of it too.
		var running int
		for tries := 0; tries < 200; tries++ {
			err = db.QueryRow("select count(*) from pg_stat_activity where state = 'active' and query like 'select pg_sleep(30)%'").Scan(&running)
			if err != nil || running == 0 {
				return err
			}
			time.Sleep(100 * time.Millisecond)
		}
		return fmt.Errorf("it still runs on the server")
	})
	scenario("prepared", func() error {
		db, err := sql.Open(driver, dsn("LOGIN", verified))
		if err != nil {
			return err
		}
		defer db.Close()
		statement, err := db.Prepare("select $1::int + 1, $2::text, $3::bool, $4::timestamptz, $5::float8")
		if err != nil {
			return err
		}
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for n := 0; n < 8; n++ {
			var sum int
			var text string
			var yes bool
			var when time.Time
			var ratio float64
			if err := statement.QueryRow(n, "text", true, at, 1.5).Scan(&sum, &text, &yes, &when, &ratio); err != nil {
				return err
			}
			if sum != n+1 || text != "text" || !yes || !when.Equal(at) || ratio != 1.5 {
				return fmt.Errorf("%d %s %t %s %f", sum, text, yes, when, ratio)
			}
		}
		return nil
	})
	scenario("copy", func() error { return copies[name](dsn("LOGIN", verified)) })
	scenario("pool", func() error { return pool(name, verified) })
}
