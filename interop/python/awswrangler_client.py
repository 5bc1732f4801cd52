"""awswrangler: connects by redshift_connector with temporary credentials that it asks for."""

import awswrangler as wr
import boto3
from scenario import FACTS, check, refused, run


def connect(**more):
    return wr.redshift.connect_temp(
        cluster_identifier=FACTS["cluster"],
        user=FACTS["dbUser"],
        database=FACTS["database"],
        boto3_session=boto3.Session(region_name=FACTS["region"]),
        **more,
    )


def host():
    with connect() as connection:
        frame = wr.redshift.read_sql_query("select 1 as one, 'a' as letter", con=connection)
    check(frame.to_dict("records") == [{"one": 1, "letter": "a"}], frame)


def documented():
    [string] = FACTS["strings"]
    with eval(string, {"wr": wr, "session": boto3.Session(region_name=FACTS["region"])}) as connection:
        frame = wr.redshift.read_sql_query("select count(*) as n from example.sales", con=connection)
    check(int(frame["n"][0]) == 300, frame)


def groups():
    def count(**more):
        with connect(**more) as connection:
            frame = wr.redshift.read_sql_query("select count(*) as n from example.sales", con=connection)
        return int(frame["n"][0])

    refused(count, "permission denied")
    check(count(db_groups=[FACTS["dbGroup"]]) == 300, "another count")


run({"documented": documented, "host": host, "groups": groups})
