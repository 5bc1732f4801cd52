"""Writes header.json and presigned.json beside this file: requests signed by botocore's own signers."""

import datetime
import json
import pathlib
from urllib.parse import urlsplit

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest, prepare_request_dict
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

ID = "AKIDEXAMPLEAKIDEXAMP"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdzEBYaDP+/=" * 12
FORM = "application/x-www-form-urlencoded; charset=utf-8"
HOST = "localhost:8080"

# title, method, path and query, headers, body, service, region, token
CASES = [
    ("get", "GET", "/", [], "", "iam", "us-east-1", None),
    ("get with an empty query value", "GET", "/?Param1=", [], "", "iam", "us-east-1", None),
    ("get with parameters out of order", "GET", "/?Param2=value2&Param1=value1", [], "", "iam", "us-east-1", None),
    ("get with one name twice, values out of order", "GET", "/?P=b&P=a", [], "", "iam", "us-east-1", None),
    ("get with names where one begins with the other", "GET", "/?Tag-1=x&Tag=y", [], "", "iam", "us-east-1", None),
    ("get with unreserved characters", "GET", "/?-._~09AZaz=-._~09AZaz", [], "", "iam", "us-east-1", None),
    ("get with encoded reserved characters", "GET", "/?p=%2F%20%2B%3D%26%25%3A%2C%2A%21%27%28%29", [], "", "iam", "us-east-1", None),
    ("get with UTF-8", "GET", "/?%E1%88%B4=bar%C3%A9", [], "", "iam", "us-east-1", None),
    ("get of a path", "GET", "/example/", [], "", "redshift", "eu-central-1", None),
    ("get of a path with dots", "GET", "/a/../example/./b", [], "", "redshift", "eu-central-1", None),
    ("get of a path with a double slash", "GET", "//example//b", [], "", "redshift", "eu-central-1", None),
    ("get of a path with an encoded character", "GET", "/exa%20mple/%E1%88%B4", [], "", "redshift", "eu-central-1", None),
    ("get with a header twice", "GET", "/", [["My-Header1", "value2"], ["My-Header1", "value1"], ["My-Header1", "value3"]], "", "sts", "us-east-1", None),
    ("get with spaces in header values", "GET", "/", [["My-Header1", "a   b   c"], ["My-Header2", '"a   b   c"']], "", "sts", "us-east-1", None),
    ("get with headers in upper case and out of order", "GET", "/", [["ZOO", "z"], ["Abc", "a"]], "", "sts", "us-east-1", None),
    ("post of nothing", "POST", "/", [], "", "sts", "us-east-1", None),
    ("post of GetCallerIdentity", "POST", "/", [["Content-Type", FORM]], "Action=GetCallerIdentity&Version=2011-06-15", "sts", "us-east-1", None),
    ("post of GetClusterCredentials", "POST", "/", [["Content-Type", FORM], ["User-Agent", "aws-cli/1.45"]], "Action=GetClusterCredentials&Version=2012-12-01&DbUser=temp_creds_user&DbName=dev&DbGroups.DbGroup.1=example_group&ClusterIdentifier=examplecluster&AutoCreate=true", "redshift", "us-west-2", None),
    ("post with a session token", "POST", "/", [["Content-Type", FORM]], "Action=ListUsers&Version=2010-05-08", "iam", "us-east-1", TOKEN),
    ("post with a body hash", "POST", "/", [["Content-Type", FORM], ["X-Amz-Content-SHA256", "b6359072c78d70ebee1e81adcbab4f01bf2c23245fa365ef83fe8f1f955085e2"]], "Action=ListUsers&Version=2010-05-08", "iam", "us-east-1", None),
    ("post with UTF-8 in the body", "POST", "/", [["Content-Type", FORM]], "Action=TagUser&Version=2010-05-08&Tags.member.1.Key=caf%C3%A9", "iam", "us-east-1", None),
    ("post with parameters in the query and the body", "POST", "/?Action=ListUsers", [["Content-Type", FORM]], "Version=2010-05-08", "iam", "us-east-1", None),
]


def at(day, hour):
    return datetime.datetime(2015, 8, day, hour, 36, 0)


def sign(make_signer, case, now):
    title, method, target, headers, body, service, region, token = case
    botocore.auth.get_current_datetime = lambda *a, **k: now
    request = AWSRequest(method=method, url=f"http://{HOST}{target}", data=body.encode())
    all_headers = HTTPHeaders()
    all_headers["Host"] = HOST
    for name, value in headers:
        all_headers.add_header(name, value)
    request.headers = all_headers
    make_signer(Credentials(ID, SECRET, token), service, region).add_auth(request)
    parts = urlsplit(request.url)
    return {
        "title": title,
        "service": service,
        "region": region,
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sessionToken": token,
        "request": {
            "method": method,
            "path": parts.path,
            "query": parts.query,
            "headers": [[n, v] for n, v in request.headers.items()],
            "body": body if make_signer is botocore.auth.SigV4Auth else "",
        },
    }


def main():
    here = pathlib.Path(__file__).parent
    make_presigner = lambda c, s, r: botocore.auth.SigV4QueryAuth(c, s, r, expires=600)
    get_cases = [c for c in CASES if c[1] == "GET" and "twice, values" not in c[0] and "header" not in c[0]]
    get_cases.append(("GetCallerIdentity", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", [], "", "sts", "us-east-1", None))
    get_cases.append(("with a session token", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", [], "", "sts", "us-east-1", TOKEN))
    for name, cases, signer in (
        ("header.json", CASES, botocore.auth.SigV4Auth),
        ("presigned.json", get_cases, make_presigner),
    ):
        vectors = [sign(signer, case, at(1 + n % 28, n % 24)) for n, case in enumerate(cases)]
        document = {"accessKeyId": ID, "secretAccessKey": SECRET, "botocore": botocore.__version__, "vectors": vectors}
        (here / name).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


main()
