"""libpq's answers, through psycopg 3 (`pip install 'psycopg[binary]'`, which carries its own libpq).

    python3 ../strings.py postgresql 2000 | python3 generate.py libpq > ../../data/libpq.jsonl
    python3 ../strings.py libpq-keywords 2000 | python3 generate.py libpq-keywords > ../../data/libpq-keywords.jsonl

`PQconninfoParse` takes strings apart but looks at no port and no mode; `PQconnectStart` does. So that nobody is
called, it is given the same string with a folder without sockets in the place of every host.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import answers  # noqa: E402
from psycopg import pq  # noqa: E402

for name in list(os.environ):
    if name.startswith("PG"):
        del os.environ[name]

NOWHERE = "/nonexistent"
# What a client says that has nobody to talk to; everything else is a refusal.
CALLED = ("connection to server", "fe_sendauth", "No such file")


def quoted(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def refusal(options):
    """What `PQconnectStart` finds wrong with them; `None` for nothing."""
    given = dict(options)
    hosts = given.get("host") or ""
    addresses = given.pop("hostaddr", "") or ""
    if addresses and hosts and len(addresses.split(",")) != len(hosts.split(",")):
        count = len(hosts.split(","))
        return f"could not match {count} host names to {len(addresses.split(','))} hostaddr values"
    count = max(len((hosts or addresses).split(",")), 1)
    given["host"] = ",".join([NOWHERE] * count)
    # A name expands again where it looks like a connection string, and files are none of our business.
    for name in ("dbname", "service", "servicefile", "passfile", "sslkeylogfile"):
        given.pop(name, None)
    given["user"] = given.get("user") or "u"
    text = " ".join(f"{name}={quoted(value)}" for name, value in given.items())
    connection = pq.PGconn.connect_start(text.encode())
    for _ in range(50):
        if connection.status == pq.ConnStatus.BAD:
            break
        connection.connect_poll()
    lines = connection.error_message.decode(errors="replace").splitlines()
    wrong = [line for line in lines if line.strip() and not any(word in line for word in CALLED)]
    wrong = [line for line in wrong if not line.startswith("\t")]
    return wrong[0].strip() if wrong else None


def answer(text):
    if "\0" in text:
        raise ValueError("a text with a zero byte never reaches libpq")
    options = {o.keyword.decode(): o.val.decode() for o in pq.Conninfo.parse(text.encode()) if o.val is not None}
    wrong = refusal(options)
    if wrong:
        raise ValueError(wrong)
    take = lambda name: options.pop(name, None)  # noqa: E731
    hosts, addresses = take("host"), options.get("hostaddr")
    if not hosts and addresses:
        hosts = take("hostaddr")
    said = {
        "hosts": answers.paired(hosts or "", take("port") or ""),
        "database": take("dbname"),
        "user": take("user"),
        "password": take("password"),
    }
    return {**said, "params": options}


version = pq.version()
answers.write(
    {
        "driver": f"{sys.argv[1]}, through psycopg",
        "version": f"{version // 10000}.{version % 10000}",
        "dialect": {"libpq": "libpq-uri", "libpq-keywords": "libpq-kv"}[sys.argv[1]],
        "default_port": 5432,
    },
    answer,
)
