"""SQLAlchemy with sqlalchemy-redshift: a pool whose connections ask for their password as they are opened."""

from urllib.parse import quote

import boto3
import sqlalchemy as sa
from scenario import FACTS, check, move_clock, run
from sqlalchemy.engine import URL

OPTIONS = {"sslmode": "verify-full", "sslrootcert": FACTS["caFile"]}


def engine(**more):
    url = URL.create(
        "redshift+psycopg2",
        username=FACTS["login"]["user"],
        password=FACTS["login"]["password"],
        host="localhost",
        port=FACTS["port"],
        database=FACTS["database"],
        query=OPTIONS,
    )
    return sa.create_engine(url, **more)


def host():
    with engine().connect() as connection:
        check(connection.scalar(sa.text("select current_database()")) == FACTS["database"], "another database")


def documented():
    url, listener = FACTS["strings"]
    login = FACTS["login"]
    url = url.replace("IAM%3Au:PW", f"{quote(login['user'])}:{login['password']}")
    with sa.create_engine(url).connect() as connection:
        check(connection.scalar(sa.text("select 1")) == 1, "no answer")
    pooled = sa.create_engine(url)
    exec(listener, {"sa": sa, "engine": pooled, "redshift": boto3.client("redshift")})
    with pooled.connect() as connection:
        check(connection.scalar(sa.text("select count(*) from example.sales")) == 300, "another count")


def prepared():
    with engine().connect() as connection:
        found = connection.execute(
            sa.text("select region, count(*) from example.sales where region = :region group by 1"), {"region": "north"}
        ).one()
        check(found == ("north", 75), found)


def pool():
    pooled = engine(pool_size=1, max_overflow=0, pool_recycle=1, pool_pre_ping=True)
    redshift = boto3.client("redshift")

    @sa.event.listens_for(pooled, "do_connect")
    def fresh_password(_dialect, _record, _arguments, parameters):
        credentials = redshift.get_cluster_credentials(
            ClusterIdentifier=FACTS["cluster"], DbUser=FACTS["dbUser"], DbGroups=[FACTS["dbGroup"]]
        )
        parameters["user"] = credentials["DbUser"]
        parameters["password"] = credentials["DbPassword"]

    for _ in range(3):
        with pooled.connect() as connection:
            check(connection.scalar(sa.text("select count(*) from example.sales")) == 300, "another count")
        move_clock("+900s")
        pooled.dispose()
    with pooled.connect() as connection:
        check(connection.scalar(sa.text("select 1")) == 1, "no answer")


run({"documented": documented, "host": host, "prepared": prepared, "pool": pool})
