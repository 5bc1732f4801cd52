"""SQLAlchemy with sqlalchemy-redshift: a pool whose connections ask for their password as they are opened."""

import datetime
import io
import time
from urllib.parse import quote

import boto3
import sqlalchemy as sa
from scenario import FACTS, assumed_role, check, move_clock, refused, repeated, run
from sqlalchemy.engine import URL

OPTIONS = {"sslmode": "verify-full", "sslrootcert": FACTS["caFile"]}


def engine(login="login", options=OPTIONS, **more):
    url = URL.create(
        "redshift+psycopg2",
        username=FACTS[login]["user"],
        password=FACTS[login]["password"],
        host="localhost",
        port=FACTS["port"],
        database=FACTS["database"],
        query=options,
    )
    return sa.create_engine(url, **more)


def scalar(sql, *where, **more):
    with engine(*where, **more).connect() as connection:
        return connection.scalar(sa.text(sql))


def by_driver(host=None, **more):
    """An engine on redshift_connector, which asks for its credentials itself."""
    url = URL.create("redshift+redshift_connector", database=FACTS["database"])
    options = dict(
        iam=True,
        host=host,
        port=FACTS["port"] if host else None,
        database=FACTS["database"],
        cluster_identifier=FACTS["cluster"],
        region=FACTS["region"],
        iam_disable_cache=True,
    )
    given = {name: value for name, value in {**options, **more}.items() if value is not None}
    return sa.create_engine(url, connect_args=given)


def answer(made):
    with made.connect() as connection:
        return connection.scalar(sa.text("select current_user"))


def host():
    check(scalar("select current_database()") == FACTS["database"], "another database")


def describe():
    check(answer(by_driver(db_user=FACTS["dbUser"])) == FACTS["dbUser"], "another user")


def iam():
    check(answer(by_driver("localhost", group_federation=True)) == "IAM:RootIdentity", "another user")


def token():
    with assumed_role():
        found = answer(by_driver("localhost", group_federation=True))
    check(found == FACTS["session"]["dbUser"], found)


def groups():
    check(scalar("select count(*) from example.sales", "newLogin") == 300, "another count")
    refused(lambda: scalar("select count(*) from example.sales", "plainLogin"), "permission denied")


def expired():
    refused(lambda: scalar("select 1", "expired"), "IAM Authentication token has expired", "It expired at")


def database():
    refused(lambda: scalar("select 1", "otherDatabase"), "not for the database")


def plain():
    refused(lambda: scalar("select 1", "login", {"sslmode": "disable"}), "must use TLS")


def verify():
    other = {**OPTIONS, "sslrootcert": FACTS["otherCaFile"]}
    refused(lambda: scalar("select 1", "login", other), "certificate verify failed")


def metadata():
    inspector = sa.inspect(engine())
    check("example" in inspector.get_schema_names(), inspector.get_schema_names())
    check("sales" in inspector.get_table_names(schema="example"), inspector.get_table_names(schema="example"))
    table = sa.Table("sales", sa.MetaData(), schema="example", autoload_with=engine())
    check(isinstance(table.c.amount.type, sa.Numeric), repr(table.c.amount.type))


def cancel():
    with engine().connect() as connection, repeated(connection.connection.dbapi_connection.cancel):
        refused(lambda: connection.execute(sa.text("select pg_sleep(30)")), "canceling statement")


def copy():
    lines = "".join(f"{n}\tline {n}\n" for n in range(1000))
    with engine().connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("create temp table copied (n int, t text)")
        cursor.copy_expert("copy copied from stdin", io.StringIO(lines))
        found = io.StringIO()
        cursor.copy_expert("copy (select * from copied order by n) to stdout", found)
    check(found.getvalue() == lines, found.getvalue()[:100])


def documented():
    url, listener, by_connector = FACTS["strings"]
    login = FACTS["login"]
    url = url.replace("IAM%3Au:PW", f"{quote(login['user'])}:{login['password']}")
    with sa.create_engine(url).connect() as connection:
        check(connection.scalar(sa.text("select 1")) == 1, "no answer")
    check(answer(eval(by_connector, {"sa": sa})) == FACTS["dbUser"], "another user")
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
        typed = {"n": 1, "t": "text", "b": True, "d": datetime.date(2026, 3, 1), "f": 1.5}
        row = connection.execute(sa.text("select :n + 0, :t || '', :b and true, :d + 0, :f + 0.0"), typed).one()
        check(tuple(row) == (1, "text", True, datetime.date(2026, 3, 1), 1.5), row)


def pool():
    pooled = engine(pool_size=2, max_overflow=0, pool_recycle=1, pool_pre_ping=True)
    redshift = boto3.client("redshift")
    issued = []

    @sa.event.listens_for(pooled, "do_connect")
    def fresh_password(_dialect, _record, _arguments, parameters):
        credentials = redshift.get_cluster_credentials(
            ClusterIdentifier=FACTS["cluster"], DbUser=FACTS["dbUser"], DbGroups=[FACTS["dbGroup"]]
        )
        parameters["user"] = credentials["DbUser"]
        parameters["password"] = credentials["DbPassword"]
        issued.append(credentials["DbPassword"])

    seen = []
    for life in range(4):
        with pooled.connect() as connection:
            check(connection.scalar(sa.text("select count(*) from example.sales")) == 300, "another count")
            made = connection.connection.dbapi_connection
            check(all(made is not other for other in seen), "the connection of an earlier life")
            seen.append(made)
        if life < 3:
            move_clock("+900s")
            # Older than pool_recycle, by this machine's clock: the pool itself makes a new connection.
            time.sleep(1.1)
    check(len(set(issued)) == 4, f"{len(issued)} passwords")
    url = pooled.url.set(username=f"IAM:{FACTS['dbUser']}:{FACTS['dbGroup']}", password=issued[0])
    refused(lambda: sa.create_engine(url).connect(), "IAM Authentication token has expired")


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
        "cancel": cancel,
        "prepared": prepared,
        "copy": copy,
        "pool": pool,
    }
)
