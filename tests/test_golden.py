# SPDX-License-Identifier: Apache-2.0
"""The golden records as fastavro reads and writes them. tests/golden/NAME.bin is a framed value, NAME.json what it
holds: times in microseconds, fixed in hexadecimal. `tests/python tests/test_golden.py --update` writes the bytes anew
from the JSON; what is committed is the contract."""
import copy
import glob
import io
import json
import os
import sys

import fastavro

SOURCE = os.environ.get("SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
IDS = {"TransactionEvent": 1, "FreezeRecommendation": 2, "OrderRecord": 3, "FraudSignal": 4, "ShadowScore": 5}


def plain(schema):
    """The schema without its logical types, so that times stay whole numbers."""
    if isinstance(schema, list):
        return [plain(branch) for branch in schema]
    if isinstance(schema, dict):
        return {key: plain(value) for key, value in schema.items() if key != "logicalType"}
    return schema


def load_schema(name):
    with open(f"{SOURCE}/schemas/{name}.avsc", encoding="utf-8") as file:
        return fastavro.parse_schema(plain(json.load(file)))


def convert(value, function, fixed=("previous_hash", "last_hash")):
    """The value with every fixed field passed through the function."""
    if isinstance(value, list):
        return [convert(item, function) for item in value]
    if isinstance(value, dict):
        return {k: function(v) if k in fixed else convert(v, function) for k, v in value.items()}
    return value


def encode(name, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, load_schema(name), convert(copy.deepcopy(value), bytes.fromhex))
    return b"\0" + IDS[name].to_bytes(4, "big") + out.getvalue()


def check(name, value, data):
    assert data[:5] == b"\0" + IDS[name].to_bytes(4, "big"), "another frame"
    body = io.BytesIO(data[5:])
    read = convert(fastavro.schemaless_reader(body, load_schema(name), None), bytes.hex)
    assert body.read() == b"", "bytes are left over"
    assert read == value, "fastavro reads other values"
    assert encode(name, value) == data, "fastavro writes other bytes"


def main():
    update = sys.argv[1:] == ["--update"]
    paths = sorted(glob.glob(f"{SOURCE}/tests/golden/*.json"))
    seen = set()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            golden = json.load(file)
        if update:
            with open(path.replace(".json", ".bin"), "wb") as file:
                file.write(encode(golden["schema"], golden["value"]))
        with open(path.replace(".json", ".bin"), "rb") as file:
            data = file.read()
        try:
            check(golden["schema"], golden["value"], data)
        except AssertionError as error:
            sys.exit(f"{path}: {error}")
        seen.add(golden["schema"])
        if golden["schema"] == "FreezeRecommendation":
            seen.add(golden["value"]["state"])
    missing = set(IDS) | {"ISSUED", "AMENDED", "WITHDRAWN", "EXPIRED"}
    assert not missing - seen, f"no golden record of {missing - seen}"
    print(f"{len(paths)} golden records")


main()
