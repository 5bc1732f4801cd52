"""awswrangler: connects by redshift_connector with temporary credentials that it asks for."""

import datetime

import awswrangler as wr
import boto3
import pandas as pd
from scenario import FACTS, assumed_role, check, environment, refused, run


def connect(user=FACTS["dbUser"], **more):
    return wr.redshift.connect_temp(
        cluster_identifier=FACTS["cluster"],
        user=user,
        database=FACTS["database"],
        boto3_session=boto3.Session(region_name=FACTS["region"]),
        **more,
    )


def describe():
    with connect() as connection:
        frame = wr.redshift.read_sql_query("select 1 as one, 'a' as letter", con=connection)
    check(frame.to_dict("records") == [{"one": 1, "letter": "a"}], frame)


def documented():
    string, data_string = FACTS["strings"]
    names = {"wr": wr, "session": boto3.Session(region_name=FACTS["region"])}
    told = wr.data_api.redshift.read_sql_query("select current_user::text as me", con=eval(data_string, names))
    check(told["me"][0] == FACTS["dbUser"], told)
    with eval(string, names) as connection:
        frame = wr.redshift.read_sql_query("select count(*) as n from example.sales", con=connection)
    check(int(frame["n"][0]) == 300, frame)


def groups():
    def count(**more):
        with connect(**more) as connection:
            frame = wr.redshift.read_sql_query("select count(*) as n from example.sales", con=connection)
        return int(frame["n"][0])

    refused(count, "permission denied")
    check(count(db_groups=[FACTS["dbGroup"]]) == 300, "another count")


def iam():
    """Only its calls of the Data API may leave the database user out."""
    connection = wr.data_api.redshift.connect(
        workgroup_name="default", database=FACTS["database"], boto3_session=boto3.Session()
    )
    frame = wr.data_api.redshift.read_sql_query("select current_user::text as me", con=connection)
    check(frame["me"][0] == "IAM:RootIdentity", frame)


def data():
    connection = wr.data_api.redshift.connect(
        cluster_id=FACTS["cluster"], database=FACTS["database"], db_user=FACTS["dbUser"], boto3_session=boto3.Session()
    )
    frame = wr.data_api.redshift.read_sql_query(
        "select :n::int as n, 'a' as letter", con=connection, parameters=[dict(name="n", value="7")]
    )
    check(frame.to_dict("records") == [{"n": 7, "letter": "a"}], frame)
    refused(
        lambda: wr.data_api.redshift.read_sql_query("select count(*) from example.sales", con=connection), "permission denied"
    )


def token():
    with assumed_role(), connect() as connection:
        frame = wr.redshift.read_sql_query("select current_user as me", con=connection)
    check(frame["me"][0] == FACTS["dbUser"], frame)


def database():
    options = dict(cluster_identifier=FACTS["cluster"], user=FACTS["dbUser"], database="nowhere")
    session = boto3.Session(region_name=FACTS["region"])
    refused(
        lambda: wr.redshift.connect_temp(**options, boto3_session=session),
        'database "nowhere" does not exist',
    )


def plain():
    refused(lambda: connect(ssl=False), "must use TLS")


def verify():
    with environment(SSL_CERT_FILE=FACTS["otherCaFile"]):
        refused(connect, "CERTIFICATE_VERIFY_FAILED")


def prepared():
    rows = [(1, "text", 1.5, datetime.date(2026, 3, 1)), (2, None, -0.5, datetime.date(2026, 3, 2))]
    frame = pd.DataFrame(rows, columns=["n", "t", "f", "d"])
    with connect() as connection:
        with connection.cursor() as cursor:
            cursor.execute("create temp table typed (n int, t text, f float8, d date)")
            cursor.executemany("insert into typed values (%s, %s, %s, %s)", [list(row) for row in rows])
        found = wr.redshift.read_sql_query("select * from typed order by n", con=connection)
    check(found["f"].tolist() == frame["f"].tolist() and found["d"].tolist() == frame["d"].tolist(), found)
    check(found["t"][0] == "text" and found["t"].isna()[1], found)


def metadata():
    """Appends rows with a new column: for that it asks which tables there are, and which columns the table has."""
    with connect("awsuser") as connection:
        with connection.cursor() as cursor:
            cursor.execute("create schema wrangled")
            cursor.execute("create table wrangled.rows (n int)")
        frame = pd.DataFrame([(1, "new")], columns=["n", "t"])
        wr.redshift.to_sql(
            frame, con=connection, table="rows", schema="wrangled", add_new_columns=True, use_column_names=True
        )
        found = wr.redshift.read_sql_table("rows", con=connection, schema="wrangled")
        check(found.to_dict("records") == [{"n": 1, "t": "new"}], found)


run(
    {
        "documented": documented,
        "describe": describe,
        "iam": iam,
        "data": data,
        "token": token,
        "groups": groups,
        "database": database,
        "plain": plain,
        "verify": verify,
        "prepared": prepared,
        "metadata": metadata,
    }
)
