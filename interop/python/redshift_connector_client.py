"""redshift_connector with iam=True: it gets the credentials itself."""

import datetime

import redshift_connector
from scenario import FACTS, assumed_role, check, environment, refused, run

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


def token():
    with assumed_role():
        keys = dict(access_key_id=None, secret_access_key=None)
        [[user]] = rows("select current_user", group_federation=True, db_user=None, **keys)
        check(user == FACTS["session"]["dbUser"], user)
    session = FACTS["session"]
    keys = dict(
        access_key_id=session["accessKeyId"],
        secret_access_key=session["secretAccessKey"],
        session_token=session["sessionToken"],
    )
    check(rows("select 1", **keys) == ([1],), "no answer")
    refused(lambda: rows("select 1", **{**keys, "session_token": "spoiled" + session["sessionToken"]}), "InvalidClientTokenId")


def given(login):
    """Options for a login that something else has asked for."""
    names = ("db_user", "cluster_identifier", "region", "access_key_id", "secret_access_key", "endpoint_url")
    return dict(iam=False, user=FACTS[login]["user"], password=FACTS[login]["password"], **{name: None for name in names})


def expired():
    refused(lambda: connect(**given("expired"), ssl=True), "IAM Authentication token has expired", "It expired at")


def plain():
    refused(lambda: connect(**given("login"), ssl=False), "must use TLS")


def database():
    refused(lambda: connect(database="nowhere"), 'database "nowhere" does not exist')


def verify():
    check(rows("select 1", sslmode="verify-full") == ([1],), "no answer")
    with environment(SSL_CERT_FILE=FACTS["otherCaFile"]):
        refused(lambda: connect(sslmode="verify-full"), "CERTIFICATE_VERIFY_FAILED")


def prepared():
    values = [(1, "text", True, datetime.date(2026, 3, 1), 1.5)]
    with connect() as connection:
        cursor = connection.cursor()
        cursor.execute("create temp table typed (n int, t text, b boolean, d date, f float8)")
        cursor.executemany("insert into typed values (%s, %s, %s, %s, %s)", values * 3)
        cursor.execute("select * from typed")
        found = cursor.fetchall()
    check(found == tuple(list(value) for value in values * 3), found)


def metadata():
    with connect(db_groups=[FACTS["dbGroup"]]) as connection:
        cursor = connection.cursor()
        check("example" in [row[0] for row in cursor.get_schemas()], "no schema")
        tables = [row[2] for row in cursor.get_tables(schema_pattern="example", types=["TABLE"])]
        check("sales" in tables, tables)
        columns = {row[3]: row[5] for row in cursor.get_columns(schema_pattern="example", tablename_pattern="sales")}
        check(columns.get("amount") == "numeric", columns)
        cursor.get_primary_keys(schema="example", table="sales")
        cursor.get_procedures(schema_pattern="example")


run(
    {
        "documented": documented,
        "host": host,
        "describe": describe,
        "iam": iam,
        "token": token,
        "groups": groups,
        "expired": expired,
        "database": database,
        "plain": plain,
        "verify": verify,
        "metadata": metadata,
        "prepared": prepared,
    }
)
