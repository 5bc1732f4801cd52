package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"os/exec"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
)

// Asks for a login, and remembers the passwords.
type issuer struct{ passwords []string }

func (issued *issuer) login(ctx context.Context) (string, string, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", "", err
	}
	told, err := redshift.NewFromConfig(settings).GetClusterCredentials(ctx, &redshift.GetClusterCredentialsInput{
		ClusterIdentifier: aws.String(fact("CLUSTER")),
		DbUser:            aws.String(fact("DB_USER")),
		DbGroups:          []string{fact("DB_GROUP")},
	})
	if err != nil {
		return "", "", err
	}
	issued.passwords = append(issued.passwords, *told.DbPassword)
	return *told.DbUser, *told.DbPassword, nil
}

// A connector of lib/pq whose every connection has a login of its own.
type pqConnector struct {
	issued  *issuer
	options string
}

func (connector pqConnector) Driver() driver.Driver { return &pq.Driver{} }

func (connector pqConnector) Connect(ctx context.Context) (driver.Conn, error) {
	user, password, err := connector.issued.login(ctx)
	if err != nil {
		return nil, err
	}
	made, err := pq.NewConnector(dsnOf(user, password, connector.options))
	if err != nil {
		return nil, err
	}
	return made.Connect(ctx)
}

// The pool of database/sql over three lifetimes of its credentials.
func pool(name, options string) error {
	issued := &issuer{}
	var connector driver.Connector = pqConnector{issued, options}
	if name == "pgx" {
		settings, err := pgx.ParseConfig(dsn("LOGIN", options))
		if err != nil {
			return err
		}
		connector = stdlib.GetConnector(*settings, stdlib.OptionBeforeConnect(func(ctx context.Context, next *pgx.ConnConfig) (err error) {
			next.User, next.Password, err = issued.login(ctx)
			return err
		}))
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxOpenConns(2)
	db.SetConnMaxLifetime(time.Second)
	for life := 1; life <= 4; life++ {
		var count int
		if err := db.QueryRow("select count(*) from example.sales").Scan(&count); err != nil {
			return err
		}
		if count != 300 || len(issued.passwords) < life {
			return fmt.Errorf("life %d: %d rows, %d connections", life, count, len(issued.passwords))
		}
		if life < 4 {
			if err := exec.Command("sh", "-c", fact("CLOCK")+" +900s").Run(); err != nil {
				return err
			}
			// Older than the connection may get, so that the pool makes a new one.
			time.Sleep(1100 * time.Millisecond)
		}
	}
	first, err := sql.Open(drivers[name], dsnOf(fact("LOGIN_USER"), issued.passwords[0], options))
	if err != nil {
		return err
	}
	defer first.Close()
	return refused(first.Ping(), "IAM Authentication token has expired")
}
