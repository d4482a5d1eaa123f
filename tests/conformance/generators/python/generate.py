"""Answers of Python's clients (`pip install sqlalchemy pymongo redis kombu dj-database-url`).

    python3 ../other_strings.py pymongo | python3 generate.py pymongo > ../../data/pymongo.jsonl
"""

import importlib.metadata
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import answers  # noqa: E402


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def sqlalchemy(s):
    from sqlalchemy.engine import make_url

    url = make_url(s)
    params = {k: v if isinstance(v, str) else v[-1] for k, v in url.query.items()}
    hosts = [[url.host, url.port]] if url.host or url.port else []
    return hosts, url.database, url.username, url.password and str(url.password), params


def pymongo(s):
    from pymongo.uri_parser import parse_uri

    got = parse_uri(s, validate=True, warn=True)
    database = got["database"]
    if got["collection"]:
        database += "." + got["collection"]
    hosts = [list(node) for node in got["nodelist"]]
    return hosts, database, got["username"], got["password"], {}


def redis_py(s):
    from redis.connection import parse_url

    got = dict(parse_url(s))
    got.pop("connection_class", None)
    hosts = [[got.pop("host", None), got.pop("port", None)]]
    database, user, password = got.pop("db", None), got.pop("username", None), got.pop("password", None)
    params = {k: v for k, v in got.items() if isinstance(v, str)}
    return [h for h in hosts if h != [None, None]], database, user, password, params


def kombu(s):
    from kombu.utils.url import parse_url

    got = parse_url(s)
    for known in ("transport",):
        got.pop(known)
    hosts = [[got.pop("hostname"), got.pop("port")]]
    database, user, password = got.pop("virtual_host"), got.pop("userid"), got.pop("password")
    params = {k: v for k, v in got.items() if isinstance(v, str)}
    return [h for h in hosts if h != [None, None]], database, user, password, params


def dj_database_url(s):
    import dj_database_url as dj

    got = dj.parse(s)
    hosts = [[got["HOST"] or None, got["PORT"] or None]]
    params = {k: v for k, v in got.get("OPTIONS", {}).items() if isinstance(v, str)}
    return [h for h in hosts if h != [None, None]], got["NAME"], got["USER"], got["PASSWORD"], params


DRIVERS = {
    "sqlalchemy-mysql": (sqlalchemy, "SQLAlchemy", {}),
    "pymongo": (pymongo, "pymongo", {"dialect": "mongodb-uri", "default_port": 27017, "params": "some"}),
    "redis-py": (redis_py, "redis", {"dialect": ["redis-uri", "rediss-uri"], "default_port": 6379, "params": "some"}),
    "kombu": (kombu, "kombu", {"params": "some"}),
    "dj-database-url": (dj_database_url, "dj-database-url", {"params": "some"}),
}


def told(read):
    def answer(s):
        hosts, database, user, password, params = read(s)
        hosts = [[host or "", text(port)] for host, port in hosts]
        return {"hosts": hosts, "database": text(database), "user": user, "password": password, "params": params}

    return answer


if __name__ == "__main__":
    read, package, header = DRIVERS[sys.argv[1]]
    answers.write({"driver": package, "version": importlib.metadata.version(package), **header}, told(read))
