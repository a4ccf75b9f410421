# SPDX-License-Identifier: Apache-2.0
"""Schema resolution: random writers' schemas, read by the decode plan (tests/tool_decode) and by fastavro with the
shipped TransactionEvent as the reader's schema. Both must give equal columns, or both refuse the record.

Known and wanted differences, made up for here:
* Aliases. The specification looks at the reader's aliases; the plan also takes a writer's field whose own aliases name
  a column, because it is the writer who renames. fastavro gets the same pair as an alias of the reader's field.
* timestamp-millis. By the specification a long is a long; the plan scales by the logical type. Logical types are taken
  out of what fastavro sees, and its milliseconds are multiplied.
* Decimals for amounts. Bytes do not resolve to a long; the plan converts them. Not tried here (test_plan_avro_c.c).
* Names of types. Resolution compares them, the plan does not; the writers here use the contract's names.
* A union with a branch that resolves to nothing. fastavro fails when a record has that branch, the plan refuses the
  schema. Not tried here (test_schema.c).
"""
import copy
import io
import json
import os
import random
import subprocess
import sys

import fastavro

SEED, SCHEMAS, RECORDS = 20260101, 300, 8
SOURCE, BUILD = os.environ["SOURCE_DIR"], os.environ["BUILD_DIR"]
with open(f"{SOURCE}/schemas/TransactionEvent.avsc", encoding="utf-8") as contract_file:
    CONTRACT = json.load(contract_file)
PARTY = next(f for f in CONTRACT["fields"] if f["name"] == "payer")["type"]
WORDS = ["a", "TESTKZKA", "счёт", "Қазақ", "😀", "", "x" * 40]


def plain(schema):
    """Without logical types."""
    if isinstance(schema, list):
        return [plain(branch) for branch in schema]
    if isinstance(schema, dict):
        return {key: plain(value) for key, value in schema.items() if key != "logicalType"}
    return schema


class Writer:
    """An evolved schema, the reader's aliases that go with it, and random records."""

    def __init__(self, rng):
        self.rng, self.count = rng, 0
        self.millis, self.aliases, self.obligatory = set(), {}, set()
        party = self.record(PARTY, "Party", "party")
        root = []
        for field in CONTRACT["fields"]:
            if field["name"] == "payer":
                root.append({"name": "payer", "type": party})
            elif field["name"] == "payee":
                root.append({"name": "payee", "type": "Party"})
            else:
                root += self.evolve(field, "root")
        sides = [field for field in root if field["name"] in ("payer", "payee")]
        others = [field for field in root if field not in sides]
        if rng.random() < 0.5:
            rng.shuffle(others)
        cut = rng.randint(0, len(others))
        self.schema = {"type": "record", "name": "TransactionEvent", "namespace": "kz.antifrod",
                       "fields": others[:cut] + sides[:1] + others[cut:] + sides[1:]}

    def name(self, start):
        self.count += 1
        return f"{start}{self.count}"

    def record(self, contract, name, where):
        fields = [new for field in contract["fields"] for new in self.evolve(field, where)]
        if self.rng.random() < 0.5:
            self.rng.shuffle(fields)
        return {"type": "record", "name": name, "fields": fields or [self.further()]}

    def further_type(self, depth=0):
        kinds = ["null", "boolean", "int", "long", "float", "double", "bytes", "string", "fixed", "enum"]
        kind = self.rng.choice(kinds + ([] if depth > 1 else ["array", "map", "union", "record"] * 2))
        if kind == "fixed":
            return {"type": "fixed", "name": self.name("F"), "size": self.rng.randint(1, 20)}
        if kind == "enum":
            return {"type": "enum", "name": self.name("E"), "symbols": ["A", "B", "C"]}
        if kind == "array":
            items = self.further_type(depth + 1)
            return {"type": "array", "items": "int" if items == "null" else items}
        if kind == "map":
            return {"type": "map", "values": self.further_type(depth + 1)}
        if kind == "union":
            return ["null", "long", "string"]
        if kind == "record":
            name = self.name("R")
            return {"type": "record", "name": name, "fields": [
                {"name": "a", "type": "long"}, {"name": "b", "type": self.further_type(depth + 1)},
                {"name": "next", "type": ["null", name]}]}
        return kind

    def further(self):
        return {"name": self.name("own_"), "type": self.further_type()}

    def evolve(self, field, where):
        """The writer's fields for one of the contract: none, the field, further ones beside it."""
        new = [self.further()] if self.rng.random() < 0.15 else []
        if "default" in field and self.rng.random() < 0.2:
            return new
        kept = {"name": field["name"], "type": self.change(field)}
        if self.rng.random() < 0.15:
            kept = {"name": self.name("renamed_"), "type": kept["type"], "aliases": ["other", field["name"]]}
            self.aliases[where, field["name"]] = kept["name"]
        if "timestamp-millis" in json.dumps(kept["type"]):
            self.millis.add((where, field["name"]))
        if not isinstance(field["type"], list):
            self.obligatory.add(kept["name"])
        return new + [kept]

    def change(self, field):
        contract, nullable = field["type"], isinstance(field["type"], list)
        value = self.change_value(contract[1] if nullable else contract)
        roll = self.rng.random()
        if roll < 0.1:
            return value if nullable else [value]
        if roll < 0.2:
            return [value, "null"]
        if roll < 0.25 and nullable:
            return "null"
        return ["null", value] if nullable or roll < 0.3 else value

    def change_value(self, value):
        rng = self.rng
        if isinstance(value, dict) and value["type"] == "enum":
            symbols = [s for s in value["symbols"] if rng.random() < 0.85] or ["OTHER"]
            symbols += [f"OWN_{i}" for i in range(rng.randint(0, 2))]
            rng.shuffle(symbols)
            return {"type": "enum", "name": value["name"], "symbols": symbols}
        kind = value["type"] if isinstance(value, dict) else value
        if kind == "string":
            return "bytes" if rng.random() < 0.2 else "string"
        if kind == "long" and not isinstance(value, dict):
            return "int" if rng.random() < 0.3 else "long"
        if kind == "long":
            return dict(value, logicalType=rng.choice(["timestamp-micros", "timestamp-millis"]))
        return value

    def reader(self):
        """The contract, with the aliases that make up for the writer's."""
        reader = plain(copy.deepcopy(CONTRACT))
        for record, where in ((reader, "root"), (reader["fields"][12]["type"], "party")):
            for field in record["fields"]:
                if (where, field["name"]) in self.aliases:
                    field["aliases"] = [self.aliases[where, field["name"]]]
        return reader

    def field_value(self, field, named, depth):
        """Null where a value is obligatory only now and then."""
        kind = field["type"]
        if isinstance(kind, list) and field["name"] in self.obligatory and self.rng.random() < 0.98:
            kind = [branch for branch in kind if branch != "null"]
        return self.value(kind, named, depth)

    def value(self, schema, named, depth=0):
        rng = self.rng
        if isinstance(schema, str) and schema in named:
            schema = named[schema]
        if isinstance(schema, list):
            return self.value(schema[0] if depth > 3 else rng.choice(schema), named, depth)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in ("record", "enum", "fixed"):
            named[schema["name"]] = schema
        if kind == "record":
            return {f["name"]: self.field_value(f, named, depth + 1) for f in schema["fields"]}
        if kind == "array":
            return [self.value(schema["items"], named, depth + 1) for _ in range(rng.randint(0, 3))]
        if kind == "map":
            return {f"k{i}": self.value(schema["values"], named, depth + 1) for i in range(rng.randint(0, 3))}
        return {
            "null": lambda: None,
            "boolean": lambda: rng.random() < 0.5,
            "int": lambda: rng.randint(-2**31, 2**31 - 1) >> rng.randint(0, 31),
            "long": lambda: rng.randint(-2**53, 2**53) >> rng.randint(0, 53),
            "float": lambda: float(rng.randint(0, 1000)),
            "double": rng.random,
            "bytes": lambda: rng.choice(WORDS).encode(),
            "string": lambda: rng.choice(WORDS),
            "fixed": lambda: rng.randbytes(schema["size"]),
            "enum": lambda: rng.choice(schema["symbols"]),
        }[kind]()


def resolve(writer, parsed, reader, data):
    """The columns as fastavro resolves them; None: refused."""
    try:
        value = fastavro.schemaless_reader(io.BytesIO(data), parsed, reader)
    except (fastavro.read.SchemaResolutionError, TypeError, ValueError):
        return None
    for where, name in writer.millis:
        for side in ([value] if where == "root" else [value["payer"], value["payee"]]):
            if side[name] is not None:
                side[name] *= 1000
    return value


def main():
    rng = random.Random(SEED)
    tool = subprocess.Popen([f"{BUILD}/tests/tool_decode"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    accepted = refused = 0
    for number in range(SCHEMAS):
        writer = Writer(rng)
        text = json.dumps(writer.schema)
        parsed = fastavro.parse_schema(plain(copy.deepcopy(writer.schema)))
        reader = fastavro.parse_schema(writer.reader())
        tool.stdin.write(text + "\n")
        for _ in range(RECORDS):
            out = io.BytesIO()
            fastavro.schemaless_writer(out, parsed, writer.value(plain(writer.schema), {}))
            tool.stdin.write(out.getvalue().hex() + "\n")
            tool.stdin.flush()
            ours = json.loads(tool.stdout.readline())
            theirs = resolve(writer, parsed, reader, out.getvalue())
            if ("refused" in ours) != (theirs is None) or (theirs is not None and ours != theirs):
                sys.exit(f"schema {number} of seed {SEED}:\n{text}\nplan: {ours}\nfastavro: {theirs}")
            accepted, refused = accepted + (theirs is not None), refused + (theirs is None)
    tool.stdin.close()
    assert tool.wait() == 0
    print(f"{SCHEMAS} schemas: {accepted} records with equal columns, {refused} refused by both")
    assert accepted > 2 * SCHEMAS and refused > 0


main()
