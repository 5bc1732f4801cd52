"""redshift_connector with iam=True: it gets the credentials itself."""

import datetime
import os

import redshift_connector
from scenario import FACTS, check, refused, run

IAM = dict(
    iam=True,
    host="localhost",
    port=FACTS["port"],
    database=FACTS["database"],
    db_user=FACTS["dbUser"],
    cluster_identifier=FACTS["cluster"],
    region=FACTS["region"],
    access_key_id=FACTS["accessKeyId"],
    secret_access_key=FACTS["secretAccessKey"],
    endpoint_url=FACTS["endpoint"],
    # The driver remembers passwords by its own clock, and other clients have moved the server's.
    iam_disable_cache=True,
)


def connect(**more):
    options = {**IAM, **more}
    return redshift_connector.connect(**{name: value for name, value in options.items() if value is not None})


def rows(sql, parameters=(), **more):
    with connect(**more) as connection:
        cursor = connection.cursor()
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def host():
    check(rows("select current_database()") == ([FACTS["database"]],), "another database")


def documented():
    [string] = FACTS["strings"]
    with eval(string, {"redshift_connector": redshift_connector, "ENDPOINT": FACTS["endpoint"]}) as connection:
        cursor = connection.cursor()
        cursor.execute("select 1")
        check(cursor.fetchall() == ([1],), "no answer")


def describe():
    check(rows("select 1", host=None, port=None) == ([1],), "no answer")


def iam():
    [[user]] = rows("select current_user", group_federation=True, db_user=None)
    check(user == "IAM:RootIdentity", user)
    serverless = dict(is_serverless=True, serverless_work_group="default", cluster_identifier=None, db_user=None)
    [[user]] = rows("select current_user", **serverless)
    check(user == "IAM:RootIdentity", user)


def groups():
    new = dict(db_user=FACTS["newUser"], auto_create=True)
    refused(lambda: rows("select count(*) from example.sales", **new), "permission denied")
    [[count]] = rows("select count(*) from example.sales", **new, db_groups=[FACTS["dbGroup"]])
    check(count == 300, count)
    refused(lambda: rows("select count(*) from example.sales", **new), "permission denied")


def expired():
    login = dict(iam=False, user=FACTS["expired"]["user"], password=FACTS["expired"]["password"], ssl=True)
    for name in ("db_user", "cluster_identifier", "region", "access_key_id", "secret_access_key", "endpoint_url"):
        login[name] = None
    refused(lambda: connect(**login), "IAM Authentication token has expired", "It expired at")


def database():
    refused(lambda: connect(database="nowhere"), 'database "nowhere" does not exist')


def verify():
    check(rows("select 1", sslmode="verify-full") == ([1],), "no answer")
    present = os.environ["SSL_CERT_FILE"]
    os.environ["SSL_CERT_FILE"] = FACTS["otherCaFile"]
    try:
        refused(lambda: connect(sslmode="verify-full"), "CERTIFICATE_VERIFY_FAILED")
    finally:
        os.environ["SSL_CERT_FILE"] = present


def prepared():
    values = [(1, "text", True, datetime.date(2026, 3, 1), 1.5)]
    with connect() as connection:
        cursor = connection.cursor()
        cursor.execute("create temp table typed (n int, t text, b boolean, d date, f float8)")
        cursor.executemany("insert into typed values (%s, %s, %s, %s, %s)", values * 3)
        cursor.execute("select * from typed")
        found = cursor.fetchall()
    check(found == tuple(list(value) for value in values * 3), found)


run(
    {
        "documented": documented,
        "host": host,
        "describe": describe,
        "iam": iam,
        "groups": groups,
        "expired": expired,
        "database": database,
        "verify": verify,
        "prepared": prepared,
    }
)
