"""Writes operations.json: what the service models say of each operation of IAM, STS and Redshift's services.

Run with: python3 make.py, where botocore is installed.
"""

import json
import pathlib

import botocore.session


SERVICES = ("iam", "sts", "redshift", "redshift-serverless", "redshift-data")


def code_of(shape):
    return shape.metadata.get("error", {}).get("code", shape.name)


def lines_of(session, service):
    model = session.get_service_model(service)
    paged = session.get_paginator_model(service)._paginator_config
    for name in sorted(model.operation_names):
        errors = sorted(code_of(shape) for shape in model.operation_model(name).error_shapes)
        row = {"operation": name, "errors": errors}
        if name in paged:
            row["paged"] = True
        yield json.dumps(row)


if __name__ == "__main__":
    session = botocore.session.get_session()
    parts = [f'  "{service}": [\n    ' + ",\n    ".join(lines_of(session, service)) + "\n  ]" for service in SERVICES]
    target = pathlib.Path(__file__).parent / "operations.json"
    target.write_text("{\n" + ",\n".join(parts) + "\n}\n")
