"""boto3: the API as it comes, with nothing set but AWS_ENDPOINT_URL."""

import subprocess
import sys
import time

import boto3
from botocore.exceptions import ClientError, SSLError
from scenario import FACTS, assumed_role, check, environment, run

CLUSTER = FACTS["cluster"]


def code_of(work):
    try:
        work()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return None


def api():
    redshift = boto3.client("redshift")
    [cluster] = redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"]
    check(cluster["Endpoint"] == {"Address": FACTS["host"], "Port": FACTS["port"]}, cluster["Endpoint"])
    credentials = redshift.get_cluster_credentials(
        ClusterIdentifier=CLUSTER, DbUser=FACTS["dbUser"], DbName=FACTS["database"], AutoCreate=True, DbGroups=[]
    )
    check(credentials["DbUser"] == f"IAMA:{FACTS['dbUser']}", credentials["DbUser"])
    check(credentials["Expiration"].tzinfo is not None, "the expiration has no time zone")
    for work, expected in (
        (lambda: redshift.describe_clusters(ClusterIdentifier="nowhere"), ("ClusterNotFound", 404)),
        (
            lambda: redshift.get_cluster_credentials(ClusterIdentifier=CLUSTER, DbUser="a/b"),
            ("InvalidParameterValue", 400),
        ),
        (
            lambda: redshift.describe_custom_domain_associations(CustomDomainName=FACTS["host"]),
            ("CustomDomainAssociationNotFoundFault", 404),
        ),
    ):
        check(code_of(work) == expected, f"{code_of(work)} is not {expected}")
    check(boto3.client("sts").get_caller_identity()["Account"] == FACTS["accountId"], "another account")


def iam():
    own = boto3.client("redshift").get_cluster_credentials_with_iam(ClusterIdentifier=CLUSTER)
    check(own["DbUser"] == "IAM:RootIdentity", own["DbUser"])
    serverless = boto3.client("redshift-serverless")
    workgroup = serverless.get_workgroup(workgroupName="default")["workgroup"]
    check(workgroup["endpoint"]["port"] == FACTS["port"], workgroup["endpoint"])
    credentials = serverless.get_credentials(workgroupName="default", dbName=FACTS["database"])
    check(credentials["dbUser"] == "IAM:RootIdentity", credentials["dbUser"])
    check(credentials["expiration"].year >= 2024, credentials["expiration"])
    missing = code_of(lambda: serverless.get_workgroup(workgroupName="nowhere"))
    check(missing == ("ResourceNotFoundException", 400), missing)


def data():
    client = boto3.client("redshift-data")

    def ended(sql, **more):
        at = client.execute_statement(Database=FACTS["database"], Sql=sql, **more)
        while (told := client.describe_statement(Id=at["Id"]))["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
            time.sleep(0.05)
        return told

    as_user = dict(ClusterIdentifier=CLUSTER, DbUser=FACTS["dbUser"])
    typed = ended("select :n::int as n, null as nothing", Parameters=[dict(name="n", value="7")], **as_user)
    pages = client.get_paginator("get_statement_result").paginate(Id=typed["Id"])
    rows = [row for page in pages for row in page["Records"]]
    check(rows == [[{"longValue": 7}, {"isNull": True}]], rows)
    denied = ended("select count(*) from example.sales", **as_user)
    check(denied["Status"] == "FAILED" and "permission denied" in denied["Error"], denied)
    own = ended("select current_user::text", WorkgroupName="default")
    check(client.get_statement_result(Id=own["Id"])["Records"] == [[{"stringValue": "IAM:RootIdentity"}]], own)
    missing = code_of(lambda: client.describe_statement(Id="70662acc-f334-46f8-b953-3a9546796d7a"))
    check(missing == ("ResourceNotFoundException", 400), missing)


def token():
    with assumed_role():
        session = boto3.Session()
        caller = session.client("sts").get_caller_identity()
        check(caller["Arn"].endswith(":assumed-role/interop_role/interop"), caller["Arn"])
        own = session.client("redshift").get_cluster_credentials_with_iam(ClusterIdentifier=CLUSTER)
        check(own["DbUser"] == FACTS["session"]["dbUser"], own["DbUser"])
    # Without its token the key is nobody's.
    with assumed_role(), environment(AWS_SESSION_TOKEN=""):
        found = code_of(lambda: boto3.Session().client("sts").get_caller_identity())
        check(found == ("InvalidClientTokenId", 403), found)


def documented():
    _http, _https, code = FACTS["strings"]
    program = f'{code}\nprint(credentials["DbUser"])'
    command = ["bash", "shell/documented.sh", sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True)
    check(found.stdout.split() == [f"IAM:{FACTS['dbUser']}:{FACTS['dbGroup']}"] * 2, found)


def verify():
    def describe(authority):
        with environment(AWS_ENDPOINT_URL=FACTS["endpointTls"], AWS_CA_BUNDLE=authority):
            return boto3.Session().client("redshift").describe_clusters()["Clusters"]

    check(len(describe(FACTS["caFile"])) >= 1, "no cluster")
    try:
        describe(FACTS["otherCaFile"])
    except SSLError:
        return
    check(False, "another authority is trusted")


run({"documented": documented, "api": api, "iam": iam, "data": data, "token": token, "verify": verify})
