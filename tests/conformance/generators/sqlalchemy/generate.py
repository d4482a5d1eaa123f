"""SQLAlchemy's answers: `make_url`, then what the dialect hands to its driver (`pip install sqlalchemy`).

    python3 ../strings.py sqlalchemy 2000 | python3 generate.py > ../../data/sqlalchemy.jsonl
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import answers  # noqa: E402
import sqlalchemy  # noqa: E402
from sqlalchemy.engine import make_url  # noqa: E402


def answer(text):
    url = make_url(text)
    positional, options = url.get_dialect()().create_connect_args(url)
    if positional not in ([], ()) and not (positional == [""]):
        raise NotImplementedError(f"a driver with positional arguments: {len(positional)}")
    options = {name: value for name, value in options.items() if value is not None}
    hosts, ports = options.pop("host", ""), options.pop("port", "")
    if isinstance(hosts, (list, tuple)):
        hosts = ",".join(hosts)
    if isinstance(ports, (list, tuple)):
        ports = ",".join(str(port or "") for port in ports)
    said = {
        "hosts": answers.paired(str(hosts), str(ports)),
        "database": options.pop("dbname", None) or options.pop("database", None),
        "user": options.pop("user", None),
        "password": options.pop("password", None),
    }
    last = lambda value: value[-1] if isinstance(value, (list, tuple)) else value  # noqa: E731
    return {**said, "params": {name: str(last(value)) for name, value in options.items()}}


answers.write(
    {
        "driver": "SQLAlchemy",
        "version": sqlalchemy.__version__,
        "dialect": "sqlalchemy-postgresql",
        "default_port": 5432,
    },
    answer,
)
