"""Makes the strings that drivers are asked about: good ones from a grammar, broken ones by mutation, and special ones.

In: a dialect's name and a count. Out: JSON strings, one a line. Same seed, same strings.

    python3 strings.py postgresql 2000 > /tmp/strings.jsonl

Every password holds a word that starts with `Zq`, so that the test can tell whether one came out. Nothing here is a
credential of anybody.
"""

import json
import random
import sys

SEED = 20261124
# What a slip of the finger or a template leaves behind.
ODD = list("@:/?#%&=;,[]'\"\\ +.-_~!$*()<>|^`{}") + ["%2", "%zz", "%00", "%20", "%40", "//", "@@", "::", "ä", "\t"]
# Percent-encoded the way generators of passwords need it.
RESERVED = "@:/?#[]%&=+ ,;!'\"\\$"


def encoded(text, rng=None, lower=False):
    """`text` with everything reserved percent-encoded; some of the rest too, because that is allowed."""
    out = []
    for char in text:
        if char in RESERVED or (rng and rng.random() < 0.02):
            escape = "".join(f"%{byte:02X}" for byte in char.encode())
            out.append(escape.lower() if lower else escape)
        else:
            out.append(char)
    return "".join(out)


class Maker:
    """Picks pieces of connection strings. Every method takes the next piece from the same stream of chance."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def one(self, *items):
        return self.rng.choice(items)

    def maybe(self, share):
        return self.rng.random() < share

    def name(self):
        return self.one("db1", "db2", "orders-db", "db.prod.svc", "pg.shop.example.com", "DB1", "localhost", "10.0.0.12",
                        "orders_db", "pg-0.pg.data.svc.cluster.local", "xn--bcher-kva.example", "db1.example.com", "h",
                        "ec2-1-2-3-4.compute-1.amazonaws.com")

    def address6(self):
        return self.one("::1", "2001:db8::12", "fe80::1%25eth0", "::ffff:10.0.0.1", "2001:DB8:0:0:0:0:0:1")

    def port(self, default):
        return str(self.one(default, default, default + 1, 6432, 1, 65535, 15432))

    def word(self):
        """A throw-away password without reserved characters."""
        letters = "abcdefghkmnprstuvwxyz"
        return "Zq" + "".join(self.rng.choice(letters) for _ in range(6)) + str(self.rng.randrange(10, 100))

    def password(self):
        """A throw-away password, often with reserved characters; not encoded."""
        word = self.word()
        if self.maybe(0.5):
            return word
        odd = "".join(self.one(*RESERVED) for _ in range(self.rng.randrange(1, 3)))
        return self.one(word + odd, odd + word, word[:4] + "x" + odd + word, word + odd + "tail")

    def user(self):
        return self.one("app", "orders", "postgres", "app_rw", "a.b", "svc-orders", "app@tenant", "App User", "u")

    def database(self):
        return self.one("orders", "orders_v2", "Orders", "my db", "a/b", "app-prod", "d", "db?x", "größe")

    def pairs(self, known, most=3):
        """Parameters without doubles."""
        count = self.rng.randrange(0, most + 1)
        return self.rng.sample(known, min(count, len(known)))


def mutated(maker, text, times=1):
    """`text` after one or more slips."""
    rng = maker.rng
    for _ in range(times):
        if not text:
            return text
        at = rng.randrange(len(text))
        kind = rng.randrange(8)
        if kind == 0:
            text = text[:at] + text[at + 1:]
        elif kind == 1:
            text = text[:at] + text[at] + text[at:]
        elif kind == 2 and at + 1 < len(text):
            text = text[:at] + text[at + 1] + text[at] + text[at + 2:]
        elif kind == 3:
            text = text[:at] + rng.choice(ODD) + text[at:]
        elif kind == 4:
            text = text[:at] + rng.choice(ODD) + text[at + 1:]
        elif kind == 5:
            # Structure is where slips hurt: double or drop one of its characters.
            marks = [i for i, char in enumerate(text) if char in ":/@?&=,[];%'"]
            if marks:
                at = rng.choice(marks)
                text = text[:at] + rng.choice(["", text[at] * 2, rng.choice(ODD)]) + text[at + 1:]
        elif kind == 6:
            text = text[: max(at, 20)]
        else:
            text = text + rng.choice(["/", "?", "&", "#", ";", " ", "\n", "&a", "?x=1", "/more", "'", '"'])
    return text


def mixed(make, special, count, broken=0.4, seed=SEED):
    """`special`, then good strings and mutated ones, without doubles."""
    maker = Maker(seed)
    out = dict.fromkeys(special)
    while len(out) < count:
        text = make(maker)
        if maker.maybe(broken):
            text = mutated(maker, text, maker.one(1, 1, 1, 2))
        out.setdefault(text)
    return list(out)[:count]


# PostgreSQL ---------------------------------------------------------------------------------------------------------

POSTGRES_PARAMS = [
    ("sslmode", "require"), ("sslmode", "verify-full"), ("sslmode", "disable"), ("application_name", "my app"),
    ("application_name", "orders"), ("connect_timeout", "10"), ("target_session_attrs", "read-write"),
    ("options", "-c search_path=a,b"), ("options", "-c statement_timeout=5s"), ("keepalives", "1"),
    ("sslrootcert", "/etc/ssl/ca.pem"), ("client_encoding", "UTF8"), ("channel_binding", "prefer"),
    ("gssencmode", "disable"), ("keepalives_idle", "30"),
]


def authority(maker, default, lists=True, encode_user=True):
    """`user:password@host:port,host:port`, everything optional."""
    out = ""
    if maker.maybe(0.75):
        user = maker.user()
        out += encoded(user, maker.rng) if encode_user else user
        if maker.maybe(0.8):
            out += ":" + encoded(maker.password(), maker.rng, maker.maybe(0.3))
        out += "@"
    for i in range(maker.one(1, 1, 1, 1, 2, 3) if lists else 1):
        out += "," if i else ""
        out += f"[{maker.address6()}]" if maker.maybe(0.12) else maker.name()
        if maker.maybe(0.6):
            out += ":" + maker.port(default)
    return out


def postgresql(maker):
    out = maker.one("postgresql", "postgresql", "postgres") + "://"
    params = maker.pairs(POSTGRES_PARAMS)
    kind = maker.rng.random()
    if kind < 0.06:
        params = params + [("host", maker.one("/var/run/postgresql", "/tmp", "db1", "db1,db2"))]
    elif kind < 0.1:
        out += maker.one("%2Fvar%2Frun%2Fpostgresql", "%2Ftmp")
    else:
        out += authority(maker, 5432)
    if maker.maybe(0.8):
        out += "/" + (encoded(maker.database(), maker.rng) if maker.maybe(0.95) else "")
    if maker.maybe(0.06):
        params = params + [maker.one(("user", "app"), ("dbname", "orders"), ("password", maker.password()),
                                     ("port", "5433"), ("hostaddr", "10.0.0.9"), ("dbname", "d"))]
    seen = {}
    for name, value in params:
        seen.setdefault(name, value)
    if seen:
        out += "?" + "&".join(f"{name}={encoded(value, maker.rng)}" for name, value in seen.items())
    return out


POSTGRESQL_SPECIAL = [
    "postgresql://", "postgres://", "postgresql:///", "postgresql://?", "postgresql:///?", "postgresql:///orders",
    "postgresql://db1", "postgresql://db1/", "postgresql://db1:/orders", "postgresql://:5433/orders",
    "postgresql://app@", "postgresql://app@/orders", "postgresql://:Zqonly12@db1/orders", "postgresql://@db1/orders",
    "postgresql://app:@db1/orders", "postgresql://app:Zqpass12@", "postgresql://db1,db2,db3/orders",
    "postgresql://db1:5432,db2:5433/orders", "postgresql://db1:5432,db2/orders", "postgresql://db1,db2:5433/orders",
    "postgresql://db1,/orders", "postgresql://,db2/orders", "postgresql://,/orders", "postgresql://db1:5432,:5433/orders",
    "postgresql://[::1]/orders", "postgresql://[::1]:5432/orders", "postgresql://[::1/orders", "postgresql://[]/orders",
    "postgresql://[::1]x/orders", "postgresql://[::1],[::2]:5433/orders", "postgresql://::1/orders",
    "postgresql://::1:5432/orders", "postgresql://app@[::1]:5432", "postgresql://db1]/orders", "postgresql://[db1]/orders",
    "postgresql://app:Zqp@ss12@db1/orders", "postgresql://app:Zqp/ss12@db1/orders", "postgresql://app:Zqp?ss12@db1/orders",
    "postgresql://app:Zqp#ss12@db1/orders", "postgresql://app:Zqp%ss12@db1/orders", "postgresql://app:Zqp:ss12@db1/orders",
    "postgresql://app:Zqp&ss12@db1/orders", "postgresql://app:Zqp ss12@db1/orders", "postgresql://app:Zqp+ss12@db1/orders",
    "postgresql://app:Zqp[ss12@db1/orders", "postgresql://app:Zqp%%ss12@db1/orders", "postgresql://app:Zqpass12%@db1/orders",
    "postgresql://app:Zqpass12%4@db1/orders", "postgresql://app:Zqpass12%00@db1/orders", "postgresql://app:Zq%C3%A4ss12@db1/orders",
    "postgresql://app:Zqäss12@db1/orders", "postgresql://app:Zqpass12@db1:54e2/orders", "postgresql://app:Zqpass12@db1:99999/orders",
    "postgresql://app:Zqpass12@db1:0/orders", "postgresql://app:Zqpass12@db1:-1/orders", "postgresql://app:Zqpass12@db1:65536/orders",
    "postgresql://app:Zqpass12@db1:+5432/orders", "postgresql://app:Zqpass12@db1:05432/orders", "postgresql://app:Zqpass12@db1: 5432/orders",
    "postgresql://app:Zqpass12@db1:5432 /orders", "postgresql://app:Zqpass12@db1:5432orders", "postgresql://app:Zqpass12@db1:%35432/orders",
    "postgresql://db1/orders?", "postgresql://db1?sslmode=require", "postgresql://db1/?sslmode=require", "postgresql://db1/orders?sslmode",
    "postgresql://db1/orders?sslmode=", "postgresql://db1/orders?=require", "postgresql://db1/orders?sslmode=require=x",
    "postgresql://db1/orders?sslmode=require&", "postgresql://db1/orders?&sslmode=require", "postgresql://db1/orders?sslmode=require&&connect_timeout=5",
    "postgresql://db1/orders?sslmode=require;connect_timeout=5", "postgresql://db1/orders?sslmode=require?connect_timeout=5",
    "postgresql://db1/orders&sslmode=require", "postgresql://db1/orders?sslmod=require", "postgresql://db1/orders?SSLMODE=require",
    "postgresql://db1/orders?ssl%6Dode=require", "postgresql://db1/orders?sslmode=req%75ire", "postgresql://db1/orders?application_name=a+b",
    "postgresql://db1/orders?application_name=a%20b", "postgresql://db1/orders?application_name=a b", "postgresql://db1/orders?application_name=a%2",
    "postgresql://db1/orders?options=-c%20geqo%3Doff", "postgresql://db1/orders?options=-c geqo=off", "postgresql://db1/orders?ssl=true",
    "postgresql://db1/orders?ssl=false", "postgresql://db1/orders?sslmode=require&sslmode=disable", "postgresql://db1/orders?sslmode=require#frag",
    "postgresql://db1/orders#frag", "postgresql://db1#frag", "postgresql://db1/a/b", "postgresql://db1//orders", "postgresql://db1/%6Frders",
    "postgresql://db1/or%20ders", "postgresql://db1/or ders", "postgresql://db1/orders?host=db2", "postgresql:///orders?host=db2",
    "postgresql:///orders?host=/var/run/postgresql", "postgresql:///orders?host=/var/run/postgresql&port=5433", "postgresql:///orders?host=db1,db2&port=5432,5433",
    "postgresql:///orders?host=db1&host=db2", "postgresql://db1:5432/orders?port=5433", "postgresql://app@db1/orders?user=other",
    "postgresql://app:Zqpass12@db1/orders?password=Zqother12", "postgresql://db1/orders?dbname=other", "postgresql://db1?dbname=other",
    "postgresql://db1/orders?hostaddr=10.0.0.1", "postgresql:///orders?hostaddr=10.0.0.1", "postgresql://db1/orders?user=app&password=Zqpass12",
    "postgresql://db1/orders?password=Zqpa%26ss12", "postgresql://db1/orders?user=a@b", "postgresql://db1?user=a@b", "postgresql://db1/orders?password=Zqp@ss12",
    "postgresql://%2Fvar%2Frun%2Fpostgresql/orders", "postgresql://%2Fvar%2Frun%2Fpostgresql:5433/orders", "postgresql:///var/run/postgresql",
    "postgresql://db%31/orders", "postgresql://db1%2Cdb2/orders", "postgresql://a%40b@db1/orders", "postgresql://a%3Ab:Zqpass12@db1/orders",
    "POSTGRESQL://app:Zqpass12@db1/orders", "Postgresql://db1/orders", "postgresql:/app:Zqpass12@db1/orders", "postgresql:app:Zqpass12@db1/orders",
    "postgresql//app:Zqpass12@db1/orders", "postgresql:///app:Zqpass12@db1/orders", "postgresql:////app:Zqpass12@db1/orders", "postgres//db1/orders",
    "postgress://app:Zqpass12@db1/orders", "postgre://app:Zqpass12@db1/orders", "posgresql://app:Zqpass12@db1/orders", "pgsql://app:Zqpass12@db1/orders",
    " postgresql://app:Zqpass12@db1/orders", "postgresql://app:Zqpass12@db1/orders ", "postgresql://app:Zqpass12@db1/orders\n", "\"postgresql://app:Zqpass12@db1/orders\"",
    "'postgresql://app:Zqpass12@db1/orders'", "postgresql://app:Zqpass12@db1:5432/orders\r\n", "postgresql://app:Zqpass12@db 1/orders", "postgresql://app:Zqpass12@ db1/orders",
    "postgresql://app:Zqpass12@db1 :5432/orders", "postgresql://app:Zqpass12@db1,db 2/orders", "postgresql://app:Zqpass12@db1, db2/orders", "postgresql://app:Zqpass12@db1./orders",
    "postgresql://app:Zqpass12@db..1/orders", "postgresql://app:Zqpass12@db_1/orders", "postgresql://app:Zqpass12@-db1/orders", "postgresql://app;Zqpass12@db1/orders",
    "postgresql://app:Zqpass12@db1;5432/orders", "postgresql://app:Zqpass12@db1:5432:5433/orders", "postgresql://app:Zqpass12@@db1/orders", "postgresql://app:Zqpass12db1/orders",
    "postgresql://app:Zqpass12@db1:5432,5433/orders", "postgresql://app:Zqpass12@db1:5432;db2:5432/orders", "postgresql://app:Zqpass12@db1:5432/orders/", "postgresql://app:Zqpass12@db1:5432/orders/?sslmode=require",
    "postgresql://app%20x:Zqpass12@db1/orders", "postgresql://app:Zqpass12@db1/?host=db2&port=1", "postgresql://app:Zqpass12@/orders?host=db1:5432", "postgresql://app:Zqpass12@db1/orders?sslpassword=Zqkey12&sslmode=require",
    "postgresql://app:Zqpass12@h1:1,h2:2,h3:3,h4:4/orders?target_session_attrs=any&load_balance_hosts=random", "postgresql://u:Zqpass12@[fe80::1%25eth0]:5432/d", "postgresql://u:Zqpass12@[fe80::1%eth0]:5432/d", "postgresql://u:Zqpass12@2001:db8::1/d",
]

KEYWORD_PARAMS = POSTGRES_PARAMS


def keyword_value(maker, value):
    """As libpq takes it: bare, with backslashes, or between quotes."""
    plain = value and not any(char in " '\\\t" for char in value)
    if plain and maker.maybe(0.75):
        return value
    if maker.maybe(0.3) and value:
        return "".join("\\" + char if char in " '\\\t" else char for char in value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def keywords(maker):
    pairs = []
    if maker.maybe(0.95):
        count = maker.one(1, 1, 1, 1, 2, 3)
        hosts = [maker.one(maker.name(), maker.name(), maker.name(), "/var/run/postgresql", "::1") for _ in range(count)]
        pairs.append(("host", ",".join(hosts)))
        if maker.maybe(0.6):
            pairs.append(("port", ",".join(maker.port(5432) for _ in range(maker.one(1, count, count)))))
        if maker.maybe(0.05):
            pairs.append(("hostaddr", ",".join("10.0.0.9" for _ in range(count))))
    if maker.maybe(0.85):
        pairs.append(("dbname", maker.database()))
    if maker.maybe(0.8):
        pairs.append(("user", maker.user()))
    if maker.maybe(0.7):
        pairs.append(("password", maker.password()))
    seen = {}
    for name, value in pairs + maker.pairs(KEYWORD_PARAMS):
        seen.setdefault(name, value)
    items = list(seen.items())
    if maker.maybe(0.4):
        maker.rng.shuffle(items)
    equals = maker.one("=", "=", "=", "=", " = ", "= ", " =")
    between = maker.one(" ", " ", " ", "  ", "\n")
    return between.join(name + equals + keyword_value(maker, value) for name, value in items)


KEYWORDS_SPECIAL = [
    "host=db1 dbname=orders", "host=db1 port=5432 dbname=orders user=app password=Zqpass12", "host = db1 dbname = orders", "host=db1  dbname=orders ",
    " host=db1 dbname=orders", "host=db1\tdbname=orders", "host=db1\ndbname=orders", "host=db1 dbname=orders\n", "host='db1' dbname='orders'", "host='db1'dbname='orders'",
    "host=db1 dbname=orders password='Zq pass12'", "host=db1 dbname=orders password='Zq\\'pass12'", "host=db1 dbname=orders password=Zq\\ pass12", "host=db1 dbname=orders password=Zq\\\\pass12",
    "host=db1 dbname=orders password=Zqpass12\\", "host=db1 dbname=orders password='Zqpass12", "host=db1 dbname=orders password=Zqpa'ss12", "host=db1 dbname=orders password=Zqpa'ss'12",
    "host=db1 dbname=orders password='Zqpass12'x", "host=db1 dbname=orders password=", "host=db1 dbname=orders password=''", "host=db1 dbname=orders password= user=app",
    "host=db1 dbname=orders user=", "host= dbname=orders", "host='' dbname=orders", "dbname=orders", "host=db1", "dbname=orders user=app", "host=db1 port= dbname=orders",
    "host=db1,db2 dbname=orders", "host=db1,db2 port=5432 dbname=orders", "host=db1,db2 port=5432,5433 dbname=orders", "host=db1,db2 port=5432,5433,5434 dbname=orders", "host=db1 port=5432,5433 dbname=orders",
    "host=db1,db2,db3 port=5432,5433 dbname=orders", "host=db1,db2 port=,5433 dbname=orders", "host=db1,,db2 dbname=orders", "host=db1, db2 dbname=orders", "host='db1, db2' dbname=orders", "host=db1 port=54e2 dbname=orders",
    "host=db1 port=99999 dbname=orders", "host=db1 port=0 dbname=orders", "host=db1 port=-1 dbname=orders", "host=db1 port=' 5432' dbname=orders", "host=db1 port='5432 ' dbname=orders", "host=db1 port=+5432 dbname=orders",
    "host=db1 port=5432;dbname=orders", "host=db1;port=5432;dbname=orders", "host=db1,port=5432,dbname=orders", "host=db1&port=5432&dbname=orders", "host:db1 port:5432 dbname:orders", "host=db1 port 5432 dbname=orders",
    "host=db1 dbname orders", "host=db1 dbname=orders foo=bar", "host=db1 database=orders", "host=db1 dbname=orders username=app", "HOST=db1 DBNAME=orders", "Host=db1 dbname=orders user=app", "host=db1 dbname=orders sslmode=require sslmode=disable",
    "host=db1 host=db2 dbname=orders", "host=/var/run/postgresql dbname=orders", "host=/tmp,/var/run dbname=orders", "host=@abstract dbname=orders", "host=::1 port=5432 dbname=orders", "host=[::1] port=5432 dbname=orders",
    "hostaddr=10.0.0.1 dbname=orders", "host=db1 hostaddr=10.0.0.1 dbname=orders", "host=db1,db2 hostaddr=10.0.0.1 dbname=orders", "hostaddr=10.0.0.1,10.0.0.2 port=5432,5433 dbname=orders", "host=db1:5432 dbname=orders",
    "host=db1 dbname=orders options='-c search_path=a,b -c geqo=off'", "host=db1 dbname=orders options=-c\\ geqo=off", "host=db1 dbname=orders options=-c geqo=off", "host=db1 dbname=orders application_name='it''s'", "host=db1 dbname=orders application_name='it\\'s'",
    "host=db1 dbname=orders application_name=\"my app\"", "host=db1 dbname=orders password=\"Zqpass12\"", "host=db1 dbname=orders password=Zqp@s#s%12", "host=db1 dbname=orders password=Zqp=ss12", "host=db1 dbname=orders password=Zqp ss12", "host=db1 dbname=orders password=Zqp ss=12",
    "host=db1 dbname=postgresql://db2/other user=app", "dbname=postgresql://app:Zqpass12@db2/other connect_timeout=5", "host=db1 dbname='host=db2' user=app", "host=db1 dbname=orders sslpassword=Zqkey12 passfile=/x", "host=db1 dbname=orders =x", "host=db1 dbname=orders 'x'=y",
    "host=db1 dbname==orders", "host==db1 dbname=orders", "host=db1 dbname=orders password==Zqpass12", "host=db1 dbname=orders user='app' password='Zqpass12' sslmode='require'", "user=app password=Zqpass12 host=db1 port=5432 dbname=orders sslmode=require TimeZone=UTC",
    "user=app password=Zqpass12 host=db1 port=5432 dbname=orders sslmode=require pool_max_conns=10", "host=db1 dbname=größe user=app", "host=db1 dbname='' user=app", "\"host=db1 dbname=orders\"", "'host=db1 dbname=orders'", "host=db1 dbname=orders #comment", "host=db1 dbname=orders -- x",
]

SQLALCHEMY_DRIVERS = ["psycopg2", "psycopg2", "psycopg", "asyncpg", "pg8000"]


def sqlalchemy(maker):
    """A URL of libpq behind a scheme with a driver, with one host as most write it."""
    text = postgresql(maker)
    if "," in text.split("?")[0]:
        text = text.replace(",", "", 1) if maker.maybe(0.05) else text.split("://")[0] + "://" + authority(maker, 5432, lists=False) + "/orders"
    # Drivers without libpq take `dbname` for another parameter.
    driver = "psycopg2" if "dbname=" in text else maker.one(*SQLALCHEMY_DRIVERS)
    return text.replace("://", "+" + driver + "://", 1).replace("postgres+", "postgresql+", 1)


SQLALCHEMY_SPECIAL = [
    text.replace("postgresql://", "postgresql+psycopg2://", 1)
    for text in POSTGRESQL_SPECIAL
    if text.strip().startswith("postgresql://") and text.split("?")[0].count(",") == 0
] + [
    "postgresql+psycopg2:///orders?host=h1:1&host=h2:2", "postgresql+psycopg2://app:Zqpass12@/orders?host=h1:5432,h2:5433",
    "postgresql+psycopg2:///orders?host=h1,h2&port=1,2", "postgresql+psycopg://db1/orders?options=-c%20geqo%3Doff",
    "postgresql+asyncpg://app:Zqpass12@db1:5432/orders?ssl=require", "postgresql+psycop2://app:Zqpass12@db1/orders",
    "postgresql+://db1/orders", "postgresql+psycopg2:/db1/orders", "postgres+psycopg2://db1/orders", "postgresql_psycopg2://db1/orders",
    "POSTGRESQL+psycopg2://db1/orders", "postgresql+Psycopg2://db1/orders", "postgresql +psycopg2://db1/orders",
]

JDBC_PARAMS = [
    ("ssl", "true"), ("sslmode", "verify-full"), ("sslmode", "require"), ("ApplicationName", "my app"), ("currentSchema", "a,b"),
    ("connectTimeout", "10"), ("socketTimeout", "30"), ("targetServerType", "primary"), ("prepareThreshold", "0"),
    ("loadBalanceHosts", "true"), ("reWriteBatchedInserts", "true"), ("tcpKeepAlive", "true"), ("options", "-c statement_timeout=5s"),
    ("defaultRowFetchSize", "100"), ("sslrootcert", "/etc/ssl/ca.pem"),
]


def jdbc_postgresql(maker):
    out = "jdbc:postgresql:"
    kind = maker.rng.random()
    if kind < 0.06:
        out += maker.one("", "//", "///", "/") + encoded(maker.database(), maker.rng)
    else:
        out += "//"
        for i in range(maker.one(1, 1, 1, 1, 2, 3)):
            out += "," if i else ""
            out += f"[{maker.address6()}]" if maker.maybe(0.12) else maker.name()
            if maker.maybe(0.7):
                out += ":" + maker.port(5432)
        if maker.maybe(0.93):
            out += "/" + (encoded(maker.database(), maker.rng) if maker.maybe(0.95) else "")
    params = maker.pairs(JDBC_PARAMS)
    if maker.maybe(0.5):
        params = params + [("user", maker.user()), ("password", maker.password())]
    seen = {}
    for name, value in params:
        seen.setdefault(name, value)
    items = list(seen.items())
    if maker.maybe(0.4):
        maker.rng.shuffle(items)
    if items:
        out += "?" + "&".join(f"{name}={encoded(value, maker.rng)}" for name, value in items)
    return out


JDBC_POSTGRESQL_SPECIAL = [
    "jdbc:postgresql:", "jdbc:postgresql:/", "jdbc:postgresql://", "jdbc:postgresql:///", "jdbc:postgresql:orders", "jdbc:postgresql:/orders", "jdbc:postgresql:///orders",
    "jdbc:postgresql://db1", "jdbc:postgresql://db1/", "jdbc:postgresql://db1/orders", "jdbc:postgresql://db1:5433/orders", "jdbc:postgresql://db1:/orders", "jdbc:postgresql://:5433/orders",
    "jdbc:postgresql://db1,db2/orders", "jdbc:postgresql://db1:1,db2:2/orders", "jdbc:postgresql://db1,/orders", "jdbc:postgresql://,db2/orders", "jdbc:postgresql://db1, db2/orders", "jdbc:postgresql://[::1]/orders",
    "jdbc:postgresql://[::1]:5433/orders", "jdbc:postgresql://[::1/orders", "jdbc:postgresql://::1/orders", "jdbc:postgresql://::1:5432/orders", "jdbc:postgresql://db1:54e2/orders", "jdbc:postgresql://db1:99999/orders",
    "jdbc:postgresql://db1:0/orders", "jdbc:postgresql://db1:-1/orders", "jdbc:postgresql://db1:65536/orders", "jdbc:postgresql://db1: 5432/orders", "jdbc:postgresql://db1:5432 /orders", "jdbc:postgresql://db1:+5432/orders",
    "jdbc:postgresql://db1:05432/orders", "jdbc:postgresql://db1/orders?", "jdbc:postgresql://db1?sslmode=require", "jdbc:postgresql://db1/?sslmode=require", "jdbc:postgresql://db1/orders?sslmode", "jdbc:postgresql://db1/orders?sslmode=",
    "jdbc:postgresql://db1/orders?=x", "jdbc:postgresql://db1/orders?sslmode=require=x", "jdbc:postgresql://db1/orders?sslmode=require&", "jdbc:postgresql://db1/orders?&sslmode=require", "jdbc:postgresql://db1/orders?a=1&&b=2",
    "jdbc:postgresql://db1/orders?sslmode=require;user=app", "jdbc:postgresql://db1/orders;sslmode=require", "jdbc:postgresql://db1/orders&sslmode=require", "jdbc:postgresql://db1/orders?user=app?password=Zqpass12", "jdbc:postgresql://db1/orders?user=app&password=Zqpass12",
    "jdbc:postgresql://db1/orders?user=app&password=Zqp%26ss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp&ss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp+ss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp%2Bss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp%ss12",
    "jdbc:postgresql://db1/orders?user=app&password=Zqpass12%", "jdbc:postgresql://db1/orders?user=app&password=Zqpass12%4", "jdbc:postgresql://db1/orders?user=app&password=Zqp@ss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp/ss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp?ss12",
    "jdbc:postgresql://db1/orders?user=app&password=Zqp#ss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp=ss12", "jdbc:postgresql://db1/orders?user=app&password=Zqp ss12", "jdbc:postgresql://db1/orders?user=a@b&password=Zqp;ss12", "jdbc:postgresql://app:Zqpass12@db1/orders", "jdbc:postgresql://app:Zqpass12@db1:5432/orders",
    "jdbc:postgresql://app@db1/orders", "jdbc:postgresql://app@db1:5432/orders", "jdbc:postgresql://app:Zqp@ss12@db1:5432/orders", "jdbc:postgresql://db1/my%20db", "jdbc:postgresql://db1/my+db", "jdbc:postgresql://db1/my db", "jdbc:postgresql://db1/a/b", "jdbc:postgresql://db1/a%2Fb", "jdbc:postgresql://db1/or%ders", "jdbc:postgresql://db1//orders",
    "jdbc:postgresql://db%31/orders", "jdbc:postgresql://db1/orders#frag", "jdbc:postgresql://db1#frag/orders", "jdbc:postgresql://db1/orders?sslMode=require", "jdbc:postgresql://db1/orders?foo=bar", "jdbc:postgresql://db1/orders?user=a&user=b", "jdbc:postgresql://db1/orders?password=Zqone12&password=Zqtwo12", "jdbc:postgresql://db1:5432/orders/", "jdbc:postgresql://db1:5432/orders/?sslmode=require",
    "jdbc:postgresql://db1/orders?PGHOST=db2", "jdbc:postgresql://db1/orders?PGPORT=1", "jdbc:postgresql://db1/orders?PGDBNAME=other", "jdbc:postgresql:?user=app", "jdbc:postgresql://?user=app", "jdbc:postgresql:orders?user=app&password=Zqpass12", "jdbc:postgresql:///?user=app&password=Zqpass12", "jdbc:postgresql:db1:5432/orders", "jdbc:postgresql:/db1:5432/orders", "jdbc:postgresql:///db1:5432/orders",
    "JDBC:postgresql://db1/orders", "jdbc:PostgreSQL://db1/orders", "jdbc:postgres://db1/orders", "jdbc:postgre://db1/orders", "jdbc://postgresql://db1/orders", "jdbc.postgresql://db1/orders", "jdbc:postgresql//db1/orders", "jdbc:postgresql:\\\\db1\\orders", "jbdc:postgresql://db1/orders", "jdbcpostgresql://db1/orders", "postgresql://db1/orders", " jdbc:postgresql://db1/orders", "jdbc:postgresql://db1/orders ", "jdbc:postgresql://db1/orders\n", "jdbc: postgresql://db1/orders",
    "\"jdbc:postgresql://db1/orders\"", "jdbc:postgresql://db1:5432,5433/orders", "jdbc:postgresql://db1;5432/orders", "jdbc:postgresql://db1:5432;db2:5432/orders", "jdbc:postgresql://db 1/orders", "jdbc:postgresql://db1./orders", "jdbc:postgresql://db..1/orders", "jdbc:postgresql://db_1/orders", "jdbc:postgresql://db1/orders?service=x", "jdbc:postgresql://db1/orders?sslpassword=Zqkey12&sslmode=require", "jdbc:postgresql://db1:5432:5433/orders",
]

DIALECTS = {
    "postgresql": lambda count: mixed(postgresql, POSTGRESQL_SPECIAL, count),
    "libpq-keywords": lambda count: mixed(keywords, KEYWORDS_SPECIAL, count),
    "sqlalchemy": lambda count: mixed(sqlalchemy, SQLALCHEMY_SPECIAL, count),
    "jdbc-postgresql": lambda count: mixed(jdbc_postgresql, JDBC_POSTGRESQL_SPECIAL, count),
}


def main():
    dialect, count = sys.argv[1], int(sys.argv[2])
    for text in DIALECTS[dialect](count):
        print(json.dumps(text, ensure_ascii=False))


if __name__ == "__main__":
    main()
