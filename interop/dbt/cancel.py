"""Interrupts dbt while its statement runs: dbt must end the statement, from another session of the same user."""

import json
import os
import signal
import subprocess
import sys
import time

import redshift_connector

FACTS = json.loads(os.environ["INTEROP"])
WAIT_SECONDS_MAX = 180
RUNNING = "select count(*) from pg_stat_activity where state = 'active' and query like '%select pg_sleep(600)%' and pid <> pg_backend_pid()"

options = dict(
    iam=True,
    host="localhost",
    port=FACTS["port"],
    database=FACTS["database"],
    db_user="awsuser",
    cluster_identifier=FACTS["cluster"],
    region=FACTS["region"],
    endpoint_url=FACTS["endpoint"],
    iam_disable_cache=True,
)
with redshift_connector.connect(**options) as connection:
    connection.autocommit = True
    cursor = connection.cursor()

    def wait_for(count):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while cursor.execute(RUNNING).fetchone()[0] != count:
            if time.monotonic() > deadline:
                sys.exit(f"there are not {count} statements")
            time.sleep(0.1)

    command = [sys.argv[1], "show", "--inline", "select pg_sleep(600) as n"]
    dbt = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for(1)
        dbt.send_signal(signal.SIGINT)
        output, _ = dbt.communicate(timeout=WAIT_SECONDS_MAX)
        wait_for(0)
    finally:
        dbt.kill()
if "CANCEL" not in output:
    sys.exit(output)
