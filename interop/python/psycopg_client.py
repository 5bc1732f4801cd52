"""psycopg 3, which is libpq: a temporary login like any other."""

import datetime

import boto3
import psycopg
from psycopg_pool import ConnectionPool
from scenario import FACTS, check, move_clock, refused, repeated, run


def connect(login="login", **more):
    options = dict(
        host="localhost",
        port=FACTS["port"],
        dbname=FACTS["database"],
        sslmode="verify-full",
        sslrootcert=FACTS["caFile"],
        **FACTS[login],
    )
    return psycopg.connect(**{**options, **more})


def value(sql, login="login", **more):
    with connect(login, **more) as connection:
        return connection.execute(sql).fetchone()[0]


def host():
    check(value("select current_database()") == FACTS["database"], "another database")


def documented():
    [string] = FACTS["strings"]
    names = {"psycopg": psycopg, "U": FACTS["login"]["user"], "P": FACTS["login"]["password"]}
    with eval(string, names) as connection:
        check(connection.execute("select 1").fetchone() == (1,), "no answer")


def groups():
    check(value("select count(*) from example.sales", "newLogin") == 300, "another count")
    check(value("select keyshift.session_user_name()::text", "newLogin") == FACTS["newUser"], "another user")


def expired():
    refused(lambda: connect("expired"), "IAM Authentication token has expired", "It expired at", "the time here is")


def database():
    refused(lambda: connect("otherDatabase"), "IAM authentication failed", f'not for the database "{FACTS["database"]}"')


def plain():
    refused(lambda: connect(sslmode="disable"), "must use TLS", "sslmode=verify-full")
    # libpq tries again without TLS and shows only the second refusal, which repeats the first reason.
    refused(lambda: connect("expired", sslmode="prefer"), "IAM Authentication token has expired")


def verify():
    check(value("select ssl from pg_stat_ssl limit 1") is not None, "no answer")
    refused(lambda: connect(sslrootcert=FACTS["otherCaFile"]), "certificate verify failed")


def cancel():
    with connect() as connection, repeated(connection.cancel):
        refused(lambda: connection.execute("select pg_sleep(30)"), "canceling statement")


def prepared():
    typed = (1, "text", True, datetime.date(2026, 3, 1), 1.5, [1, 2], b"\0\1")
    with connect() as connection:
        for _ in range(8):
            found = connection.execute(
                "select %s::int, %s::text, %s::bool, %s::date, %s::float8, %s::int[], %s::bytea", typed
            ).fetchone()
            check(tuple(found) == typed, found)


def copy():
    rows = [(n, f"line {n}\n\t\\", None if n % 2 else 1.5) for n in range(1000)]
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("create temp table copied (n int, t text, f float8)")
        with cursor.copy("copy copied from stdin") as stream:
            for row in rows:
                stream.write_row(row)
        with cursor.copy("copy (select * from copied order by n) to stdout") as stream:
            stream.set_types(["int4", "text", "float8"])
            check(list(stream.rows()) == rows, "other rows")


def pool():
    redshift = boto3.client("redshift")
    issued = []

    def login():
        credentials = redshift.get_cluster_credentials(
            ClusterIdentifier=FACTS["cluster"], DbUser=FACTS["dbUser"], DbGroups=[FACTS["dbGroup"]]
        )
        issued.append({"user": credentials["DbUser"], "password": credentials["DbPassword"]})
        where = {name: FACTS[name] for name in ("host", "port")}
        return {**where, **issued[-1], "dbname": FACTS["database"], "sslmode": "verify-full", "sslrootcert": FACTS["caFile"]}

    seen = []
    with ConnectionPool(kwargs=login, min_size=1, max_size=2) as connections:
        for life in range(4):
            with connections.connection() as connection:
                count = connection.execute("select count(*) from example.sales").fetchone()[0]
                check(count == 300, count)
                # Held, so that no later one can have its place in memory.
                check(all(connection is not other for other in seen), "the connection of an earlier life")
                seen.append(connection)
            if life < 3:
                move_clock("+900s")
                connections.drain()
    check(len({login["password"] for login in issued}) >= 4, f"{len(issued)} passwords")
    refused(lambda: connect(**issued[0]), "IAM Authentication token has expired")


run(
    {
        "documented": documented,
        "host": host,
        "groups": groups,
        "expired": expired,
        "database": database,
        "plain": plain,
        "verify": verify,
        "cancel": cancel,
        "prepared": prepared,
        "copy": copy,
        "pool": pool,
    }
)
