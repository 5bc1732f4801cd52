"""Runs steps through boto3 or through the AWS CLI's own code, and says what was not as expected.

Reads {"client": "boto3" | "cli", "url", "steps", "values", "clockSeconds"} from standard input and writes
{"failures", "ran", "clockSeconds"}. Everything that the clients would pass over in silence is a failure: an
element of an answer that no parser reads, a value of the wrong form, a warning, a line on standard error.
"""

import base64
import contextlib
import hashlib
import hmac
import io
import json
import logging
import os
import re
import struct
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import warnings
import xml.etree.ElementTree as ElementTree

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.parsers
import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError

# Of errors that every operation may give. Source: the API references, "Common errors".
COMMON_STATUS = {
    "AccessDenied": 403,
    "AccessDeniedException": 400,
    "InvalidParameterCombination": 400,
    "InvalidParameterValue": 400,
    "UnsupportedOperation": 400,
    "ValidationError": 400,
    "ValidationException": 400,
}
# Not in the model, and what drivers look for.
DRIVERS_STATUS = {"CustomDomainAssociationNotFoundFault": 404}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TIMESTAMP_OF_MS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
KEYSHIFT_VERSION = "2026-11-22"


# Where AWS itself gives what its model forbids, as its reference shows in examples.
AGAINST_MODEL = [
    # The root user's id is that of the account.
    re.compile(r"GetUser\.User\.UserId=\d{12}"),
    # MD5 as ssh-keygen prints it has 47 characters, the model says 48.
    re.compile(r".*SSHPublicKey\.Fingerprint=[0-9a-f]{2}(:[0-9a-f]{2}){15}"),
    # Of policies that the call brings.
    re.compile(r"Simulate\w+Policy\.EvaluationResults\.\d+\.MatchedStatements\.\d+\.SourcePolicyType=IAM Policy"),
]


class Problem(Exception):
    pass


# Values: `$name` is what was kept, `$code:seed:n` the one-time code of so many steps from now.
class Values:
    def __init__(self, kept, clock_seconds):
        self.kept = dict(kept)
        self.clock_seconds = clock_seconds

    def of(self, value):
        if isinstance(value, str) and value.startswith("$"):
            code = re.fullmatch(r"\$code:(\w+):(-?\d+)", value)
            return self.code(code[1], int(code[2])) if code else self.kept[value[1:]]
        if isinstance(value, list):
            return [self.of(one) for one in value]
        if isinstance(value, dict):
            return {key: self.of(one) for key, one in value.items()}
        return value

    def code(self, seed, steps):
        text = self.kept[seed]
        key = base64.b32decode(text + "=" * (-len(text) % 8))
        counter = int(time.time() + self.clock_seconds) // 30 + steps
        digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
        start = digest[-1] & 15
        return str((struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000).zfill(6)

    def keep(self, step, output):
        for name, path in step.get("keep", {}).items():
            self.kept[name] = plain(at(output, path))

    def caller(self, name):
        kept = self.kept
        return kept[f"{name}.id"], kept[f"{name}.secret"], kept.get(f"{name}.token")


def at(value, path):
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def plain(value):
    return value.decode() if isinstance(value, bytes) else value


# An expectation: members that are asserted, texts that may be `$kept` or `~pattern`, documents as objects.
def compare(expected, actual, values, path="output"):
    actual = plain(actual)
    if isinstance(expected, dict) and isinstance(actual, str):
        actual = json.loads(urllib.parse.unquote(actual))
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            raise Problem(f"{path} is {actual!r}")
        for key, one in expected.items():
            if key not in actual:
                raise Problem(f"{path} has no {key}")
            compare(one, actual[key], values, f"{path}.{key}")
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            raise Problem(f"{path} is {actual!r}")
        for index, one in enumerate(expected):
            compare(one, actual[index], values, f"{path}.{index}")
    elif isinstance(expected, str) and expected.startswith("~"):
        if not re.fullmatch(expected[1:], str(actual), re.S):
            raise Problem(f"{path} is {actual!r}, not {expected}")
    elif values.of(expected) != actual:
        raise Problem(f"{path} is {actual!r}, not {values.of(expected)!r}")


# What is in an answer, element by element, against the shape that the model has for it.
def local(element):
    return element.tag.rpartition("}")[2]


def check_element(shape, element, path):
    """Counts the scalars below an element. Throws Problem for what no parser would read as it is meant."""
    if shape.type_name == "structure":
        return check_structure(shape, element, path)
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child) != item:
                raise Problem(f"{path} holds <{local(child)}>, not <{item}>")
        return sum(check_element(shape.member, child, f"{path}.{n}") for n, child in enumerate(element))
    if shape.type_name == "map":
        return check_map(shape, element, path)
    if len(element):
        raise Problem(f"{path} holds elements")
    check_scalar(shape, element.text or "", path)
    return 1


def check_map(shape, element, path):
    for entry in element:
        if local(entry) != "entry" or [local(part) for part in entry] != ["key", "value"]:
            raise Problem(f"{path} holds <{local(entry)}>, not a key and a value")
        check_scalar(shape.key, entry[0].text or "", f"{path}.key")
        check_scalar(shape.value, entry[1].text or "", f"{path}.{entry[0].text}")
    return len(element)


def check_structure(shape, element, path):
    members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    found, scalars = set(), 0
    for child in element:
        name, member = members.get(local(child), (None, None))
        if member is None:
            raise Problem(f"{path} holds <{local(child)}>, which no client reads")
        if name in found:
            raise Problem(f"{path} holds <{name}> twice")
        found.add(name)
        scalars += check_element(member, child, f"{path}.{name}")
    for name in shape.required_members:
        if name not in found:
            raise Problem(f"{path} lacks {name}, which the model requires")
    if (element.text or "").strip():
        raise Problem(f"{path} holds text")
    return scalars


def check_scalar(shape, text, path):
    kind, metadata = shape.type_name, shape.metadata
    if kind == "boolean" and text not in ("true", "false"):
        raise Problem(f"{path} is {text!r}, not a boolean")
    if kind in ("integer", "long"):
        int(text)
    if kind == "timestamp" and not TIMESTAMP.fullmatch(text):
        raise Problem(f"{path} is {text!r}, not a time")
    if kind == "blob":
        base64.b64decode(text, validate=True)
    if kind != "string":
        return
    if any(known.fullmatch(f"{path}={text}") for known in AGAINST_MODEL):
        return
    if "enum" in metadata and text not in metadata["enum"]:
        raise Problem(f"{path} is {text!r}, not one of {metadata['enum']}")
    if not metadata.get("min", 0) <= len(text) <= metadata.get("max", len(text)):
        raise Problem(f"{path} has {len(text)} characters")


def check_json(shape, value, path):
    """The same for an answer in JSON, which has types of its own."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            raise Problem(f"{path} is {value!r}, not an object")
        for name, one in value.items():
            if name not in shape.members:
                raise Problem(f"{path} holds {name}, which no client reads")
            check_json(shape.members[name], one, f"{path}.{name}")
        for name in shape.required_members:
            if name not in value:
                raise Problem(f"{path} lacks {name}, which the model requires")
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            raise Problem(f"{path} has the members {list(value)}, and not one")
    elif kind == "list":
        if not isinstance(value, list):
            raise Problem(f"{path} is {value!r}, not a list")
        for n, one in enumerate(value):
            check_json(shape.member, one, f"{path}.{n}")
    elif kind == "map":
        for key, one in value.items():
            check_json(shape.value, one, f"{path}.{key}")
    elif kind == "boolean" and not isinstance(value, bool):
        raise Problem(f"{path} is {value!r}, not a boolean")
    elif kind in ("integer", "long") and (isinstance(value, bool) or not isinstance(value, int)):
        raise Problem(f"{path} is {value!r}, not a whole number")
    elif kind == "timestamp" and shape.serialization.get("timestampFormat") == "iso8601":
        if not TIMESTAMP_OF_MS.fullmatch(value):
            raise Problem(f"{path} is {value!r}, not a time")
    elif kind in ("float", "double", "timestamp") and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise Problem(f"{path} is {value!r}, not a number")
    elif kind == "blob":
        base64.b64decode(value, validate=True)
    elif kind in ("string", "character"):
        if not isinstance(value, str):
            raise Problem(f"{path} is {value!r}, not a text")
        check_scalar(shape, value, path)


def leaves(value):
    if isinstance(value, dict):
        return sum(leaves(one) for one in value.values())
    if isinstance(value, list):
        return sum(leaves(one) for one in value)
    return 1


class Watcher:
    """Looks at the bytes of every answer before the client's parser does."""

    def __init__(self):
        self.problems = []
        self.parser = botocore.parsers.create_parser("query")

    def __call__(self, operation_model, response_dict, **_):
        try:
            self.look(operation_model, response_dict)
        except Exception as error:
            self.problems.append(f"{type(error).__name__}: {error}")

    def look(self, model, response):
        if model.service_model.metadata["protocol"] == "json":
            return self.look_at_json(model, response)
        root = ElementTree.fromstring(response["body"])
        namespace = root.tag.rpartition("}")[0][1:]
        if namespace != model.service_model.metadata["xmlNamespace"]:
            raise Problem(f"the namespace is {namespace}")
        if response["status_code"] >= 300:
            return self.look_at_error(model, root, response["status_code"])
        parts = {local(child): child for child in root}
        wrapper = f"{model.name}Result"
        shape = model.output_shape
        wanted = {"ResponseMetadata"} | ({wrapper} if shape is not None else set())
        if local(root) != f"{model.name}Response" or set(parts) != wanted or len(root) != len(wanted):
            raise Problem(f"<{local(root)}> holds {[local(child) for child in root]}")
        if [local(child) for child in parts["ResponseMetadata"]] != ["RequestId"]:
            raise Problem("ResponseMetadata is not a RequestId")
        if shape is None:
            return
        scalars = check_structure(shape, parts[wrapper], model.name)
        parsed = self.parser.parse(response, shape)
        del parsed["ResponseMetadata"]
        if leaves(parsed) != scalars:
            raise Problem(f"the parser read {leaves(parsed)} values of {scalars}")

    def look_at_error(self, model, root, status):
        if local(root) != "ErrorResponse" or [local(child) for child in root] != ["Error", "RequestId"]:
            raise Problem(f"<{local(root)}> holds {[local(child) for child in root]}")
        if [local(child) for child in root[0]] != ["Type", "Code", "Message"] or root[0][0].text != "Sender":
            raise Problem("the error is not Type, Code and Message of the sender")
        documented = {}
        for shape in model.error_shapes:
            error = shape.metadata.get("error", {})
            documented[error.get("code", shape.name)] = error.get("httpStatusCode", 400)
        code = root[0][1].text
        common = {**COMMON_STATUS, **(DRIVERS_STATUS if model.service_model.service_name == "redshift" else {})}
        if status != documented.get(code, common.get(code)):
            raise Problem(f"{code} has the status {status}")

    def look_at_json(self, model, response):
        kind = response["headers"]["content-type"]
        if kind != "application/x-amz-json-1.1" or "x-amzn-requestid" not in response["headers"]:
            raise Problem(f"the answer is {kind}, with the headers {dict(response['headers'])}")
        body, status = json.loads(response["body"]), response["status_code"]
        if status < 300:
            return check_json(model.output_shape, body, model.name)
        code = body.pop("__type")
        shapes = {shape.name: shape for shape in model.error_shapes}
        if status != (shapes[code].metadata.get("error", {}).get("httpStatusCode", 400) if code in shapes else COMMON_STATUS.get(code)):
            raise Problem(f"{code} has the status {status}")
        if code in shapes:
            members = {name.lower(): name for name in shapes[code].members}
            check_json(shapes[code], {members.get(name.lower(), name): one for name, one in body.items()}, code)

    def take(self):
        problems, self.problems = self.problems, []
        return problems


class Boto3:
    def __init__(self, values, url, watcher):
        import boto3

        self.session_of = boto3.Session
        self.values, self.url, self.watcher = values, url, watcher
        self.clients = {}

    def client(self, step):
        service = step.get("service", "iam")
        key = (service, self.values.caller(step.get("as", "root")))
        if key not in self.clients:
            identity, secret, token = key[1]
            session = self.session_of(identity, secret, token, region_name=os.environ["AWS_REGION"])
            client = session.client(service, endpoint_url=self.url)
            client.meta.events.register(f"before-parse.{service}", self.watcher)
            self.clients[key] = client
        return self.clients[key]

    def shown(self, output):
        return output

    def sizes(self, step):
        return not step.get("unsized")

    def call(self, step):
        client = self.client(step)
        try:
            return getattr(client, xform_name(step["operation"]))(**self.values.of(step.get("input", {}))), None
        except ClientError as error:
            return None, (error.response["Error"]["Code"], error.response["Error"]["Message"])

    def pages(self, step, size):
        client, name = self.client(step), xform_name(step["operation"])
        given = self.values.of(step.get("input", {}))
        if client.can_paginate(name):
            sized = {} if step.get("unsized") else {"PageSize": size}
            yield from client.get_paginator(name).paginate(**given, PaginationConfig=sized)
            return
        yield from by_marker(lambda more: getattr(client, name)(**given, **more), size, step)


def by_marker(ask, size, step):
    sized = {} if step.get("unsized") else {"MaxItems": size}
    page = ask(sized)
    while True:
        yield page
        if not page.get("IsTruncated"):
            return
        page = ask({**sized, "Marker": page["Marker"]})


class Cli:
    """The AWS CLI's own code, with its arguments and what it prints, called in a loop instead of started each time."""

    def __init__(self, values, url, watcher):
        from awscli.clidriver import create_clidriver

        self.create, self.values, self.url, self.watcher = create_clidriver, values, url, watcher
        self.drivers = {}

    def driver(self, step):
        caller = self.values.caller(step.get("as", "root"))
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        for name, value in zip(names, caller):
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        if caller not in self.drivers:
            driver = self.create()
            for service in ("iam", "sts", "redshift", "redshift-serverless", "redshift-data"):
                driver.session.register(f"before-parse.{service}", self.watcher)
            # Half of a call's time would go into making the same client once more.
            driver.session.create_client = remembering(driver.session.create_client)
            self.drivers[caller] = driver
        return self.drivers[caller]

    def run(self, step, arguments):
        service = step.get("service", "iam")
        command = [service, xform_name(step["operation"], "-"), *arguments]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = self.driver(step).main([*command, "--endpoint-url", self.url, "--output", "json"])
        return code, out.getvalue(), err.getvalue()

    def sizes(self, step):
        # Of several lists in one answer, --max-items counts the first and drops the others where it goes on.
        return len(step["paged"]) == 1 and not step.get("unsized")

    def shown(self, output):
        # The CLI turns the pages itself, and does not say whether there are more.
        return {key: value for key, value in output.items() if key != "IsTruncated"}

    def call(self, step):
        seed_file = None
        arguments = self.arguments(step)
        if step["operation"] == "CreateVirtualMFADevice":
            # The CLI writes the seed to a file instead of printing it.
            seed_file = os.path.join(tempfile.mkdtemp(), "seed")
            arguments += ["--outfile", seed_file, "--bootstrap-method", "Base32StringSeed"]
        code, out, err = self.run(step, arguments)
        if code != 0:
            return None, self.error(step, code, out, err)
        if err:
            raise Problem(f"standard error has {err!r}")
        output = json.loads(out) if out else {}
        if seed_file is not None:
            with open(seed_file) as file:
                output["VirtualMFADevice"]["Base32StringSeed"] = file.read()
        return output, None

    def error(self, step, code, out, err):
        form = rf"\nAn error occurred \(([\w.]+)\) when calling the {step['operation']} operation: (.*)\n"
        found = re.fullmatch(form, err, re.S)
        if found is None or out:
            raise Problem(f"the CLI ended with {code}: {err} {out}")
        return found[1], found[2]

    def arguments(self, step):
        return [part for name, value in self.values.of(step.get("input", {})).items() for part in argument(name, value)]

    def pages(self, step, size):
        paged = ["--page-size", str(size), *(["--max-items", str(size)] if self.sizes(step) else [])]
        token = []
        if step.get("byMarker"):
            yield from by_marker(lambda more: self.page(step, more), size, step)
            return
        while True:
            code, out, err = self.run(step, [*self.arguments(step), *paged, *token])
            if code != 0 or err:
                raise Problem(f"the CLI ended with {code}: {err}")
            page = json.loads(out)
            yield page
            if "NextToken" not in page:
                return
            token = ["--starting-token", page["NextToken"]]

    def page(self, step, more):
        output, error = self.call({**step, "input": {**step.get("input", {}), **more}})
        if error is not None:
            raise Problem(f"a page is refused: {error}")
        return output


def remembering(make):
    made = {}

    def find(*args, **kwargs):
        key = repr((args, sorted(kwargs.items())))
        if key not in made:
            made[key] = make(*args, **kwargs)
        return made[key]

    return find


def argument(name, value):
    option = "--" + xform_name(name, "-")
    if isinstance(value, bool):
        return [option if value else option.replace("--", "--no-", 1)]
    if isinstance(value, (list, dict)):
        return [option, json.dumps(value)]
    return [f"{option}={value}"]


def move_clock(url, values, seconds):
    body = urllib.parse.urlencode({"Action": "MoveClock", "Version": KEYSHIFT_VERSION, "BySeconds": seconds})
    request = botocore.awsrequest.AWSRequest(
        "POST", url, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body
    )
    credentials = botocore.credentials.Credentials(*values.caller("root"))
    botocore.auth.SigV4Auth(credentials, "keyshift", os.environ["AWS_REGION"]).add_auth(request)
    try:
        urllib.request.urlopen(urllib.request.Request(url, body.encode(), dict(request.headers))).read()
    except urllib.error.HTTPError as error:
        raise Problem(error.read().decode()) from error
    values.clock_seconds += seconds


def entries(page, lists):
    return [f"{name}:{one[key] if key else one}" for name, key in lists.items() for one in list_of(page, name)]


def list_of(page, path):
    *outer, name = path.split(".")
    for part in outer:
        page = page.get(part, {})
    return page.get(name, [])


def walk_pages(client, step):
    lists, size = step["paged"], step.get("size", 2)
    whole = [entry for page in client.pages(step, step.get("whole", 1000)) for entry in entries(page, lists)]
    pages = [entries(page, lists) for page in client.pages(step, size)]
    if any(len(page) > size for page in pages) and client.sizes(step):
        raise Problem(f"pages of {size} have {[len(page) for page in pages]} entries")
    if len(whole) < step["least"] or len(set(whole)) < len(whole):
        raise Problem(f"the whole list is {whole}")
    # The last page of the CLI may be empty of what was asked for; the order is that of the whole list.
    found = [entry for page in pages for entry in page]
    if sorted(found) != sorted(whole):
        raise Problem(f"the pages hold {found} of {whole}")


def run_step(client, step, url, values):
    if "clock" in step:
        move_clock(url, values, step["clock"])
        return
    if "paged" in step:
        walk_pages(client, step)
        return
    output, error = client.call(step)
    if "until" in step:
        output, error = wait_until(client, step, output, error, values)
    if "error" not in step:
        if error is not None:
            raise Problem(f"is refused: {error}")
        compare(client.shown(step.get("output", {})), output, values)
        values.keep(step, output)
        return
    if error is None:
        raise Problem(f"is not refused: {output}")
    compare(step["error"], error[0], values, "code")
    compare(step.get("message", "~.+"), error[1], values, "message")


UNTIL_SECONDS_MAX = 60


def wait_until(client, step, output, error, values):
    deadline = time.monotonic() + UNTIL_SECONDS_MAX
    while True:
        try:
            if error is None:
                compare(step["until"], output, values)
            return output, error
        except Problem:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
        output, error = client.call(step)


def main():
    given = json.load(sys.stdin)
    warnings.simplefilter("error")
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    values = Values(given["values"], given["clockSeconds"])
    watcher = Watcher()
    client = {"boto3": Boto3, "cli": Cli}[given["client"]](values, given["url"], watcher)
    failures = []
    for number, step in enumerate(given["steps"]):
        name = f"{number} {step.get('operation', 'clock')} {json.dumps(step.get('input', {}))[:300]}"
        try:
            run_step(client, step, given["url"], values)
        except Exception as error:
            failures.append(f"{name}: {type(error).__name__} {error}")
        failures += [f"{name}: {problem}" for problem in watcher.take()]
        if said.getvalue():
            failures.append(f"{name}: warns {said.getvalue()}")
            said.seek(0)
            said.truncate()
    json.dump({"failures": failures, "ran": len(given["steps"]), "clockSeconds": values.clock_seconds}, sys.stdout)


if __name__ == "__main__":
    main()
