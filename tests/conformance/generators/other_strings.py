"""Prints the strings for one driver that is not PostgreSQL's, a JSON string a line. The same every time.

    python3 other_strings.py go-mysql > /tmp/strings.jsonl
"""

import json
import sys

from pieces import gather

COUNT = 2000


def params(p, known, sep="&", extra=None):
    """`a=b&c=d`; some unknown, some twice. Clients differ about which of two counts, so the two are the same."""
    out = []
    for name, values in p.r.sample(list(known.items()), p.r.randint(1, 4)):
        value = p.one(values)
        if p.maybe(0.06):
            name, value = p.word(), p.word()
        if extra and p.maybe(0.1) and not any("password" in pair for pair in out):
            name, value = extra(p)
        out.append(f"{name}={value}")
    if p.maybe(0.04):
        out.append(p.one(out))
    return sep.join(out)


GO_PARAMS = {
    "parseTime": ["true", "false", "1"], "timeout": ["5s", "500ms", "1m30s"], "readTimeout": ["30s", "1h"],
    "writeTimeout": ["30s"], "tls": ["true", "false", "skip-verify", "preferred"], "loc": ["Local", "UTC", "Europe%2FBerlin"],
    "charset": ["utf8mb4", "utf8mb4,utf8"], "collation": ["utf8mb4_unicode_ci"], "multiStatements": ["true"],
    "interpolateParams": ["true", "false"], "maxAllowedPacket": ["0", "4194304"], "allowNativePasswords": ["false"],
    "checkConnLiveness": ["false"], "clientFoundRows": ["true"], "columnsWithAlias": ["true"], "rejectReadOnly": ["true"],
    "sql_mode": ["%27ANSI%27", "TRADITIONAL"], "time_zone": ["%27%2B00%3A00%27", "%27Europe%2FParis%27"], "wait_timeout": ["60"],
    "autocommit": ["1", "true"], "connectionAttributes": ["program_name:shop"],
}


def go_mysql(p):
    text = ""
    kind = p.r.randrange(20)
    # A path alone is a DSN to the driver and nothing to anybody else.
    if p.maybe(0.92) or kind >= 17:
        text += p.one([p.name(), p.name(), p.odd("-._~%$/&")])
        if p.maybe(0.85):
            text += ":" + p.secret()
        text += "@"
    if kind < 12:
        text += f"tcp({p.host()}:{p.port(3306)})"
    elif kind < 14:
        text += f"tcp({p.host()})"
    elif kind < 15:
        text += f"tcp([{p.six()}]:{p.port(3306)})"
    elif kind < 16:
        text += f"unix(/{p.one(['run', 'tmp', 'var/run'])}/mysqld.sock)"
    elif kind < 17:
        text += p.one(["tcp6", "tcp4", "cloudsql", "ssh+tcp"]) + f"({p.host()}:{p.port(3306)})"
    elif kind < 18:
        text += "tcp"
    text += "/"
    if p.maybe(0.9):
        text += p.one([p.name(), p.name(), p.escaped(p.odd())])
    if p.maybe(0.7):
        text += "?" + params(p, GO_PARAMS)
    if p.maybe(0.15):
        text = p.slip(text, start(text))
    if p.maybe(0.04):
        text = text.replace("true", p.one(["yes", "on"])).replace("5s", "5").replace("30s", "30 s")
    return text


CJ_PARAMS = {
    "useSSL": ["true", "false"], "sslMode": ["REQUIRED", "VERIFY_IDENTITY", "PREFERRED", "DISABLED"], "connectTimeout": ["5000", "0"],
    "socketTimeout": ["60000"], "allowPublicKeyRetrieval": ["true"], "serverTimezone": ["UTC", "Europe/Berlin", "Europe%2FBerlin", "GMT%2B2"],
    "characterEncoding": ["utf8", "UTF-8"], "useUnicode": ["true"], "rewriteBatchedStatements": ["true"], "autoReconnect": ["true"],
    "failOverReadOnly": ["false"], "cachePrepStmts": ["true"], "prepStmtCacheSize": ["250"], "zeroDateTimeBehavior": ["CONVERT_TO_NULL"],
    "sessionVariables": ["sql_mode=%27ANSI%27", "wait_timeout=60"], "user": ["app", "shop_app"], "connectionAttributes": ["a:b,c:d"],
    "tinyInt1isBit": ["false"], "loadBalanceStrategy": ["random", "bestResponseTime"], "trustCertificateKeyStoreUrl": ["file:/etc/ssl/x.jks"],
}


def start(text):
    """Where slips may begin: a scheme of another name is another driver's string, or nobody's."""
    return text.find("//") + 2 if "//" in text else text.find("(") + 1


def secret_param(p):
    return "password", p.escaped(p.secret()) if p.maybe(0.8) else "Zq" + p.odd("!@:/$'()*,;=")


def jdbc_host(p, usual):
    kind = p.r.randrange(10)
    if kind < 6:
        return f"{p.host()}:{p.port(usual)}"
    if kind < 9:
        return p.host()
    return f"[{p.six()}]:{p.port(usual)}"


def jdbc_hosts(p, usual, many):
    count = p.one([2, 3]) if p.maybe(many) else 1
    return ",".join(jdbc_host(p, usual) for _ in range(count))


def described(p, usual):
    keys = f"(host={p.host()})" + (f"(port={p.port(usual)})" if p.maybe(0.7) else "")
    if p.maybe(0.3):
        keys += p.one(["(priority=10)", "(type=source)", "(type=replica)", "(user=app)"])
    return "address=" + keys


def keyed(p):
    keys = [f"host={p.host()}"] + ([f"port={p.port(3306)}"] if p.maybe(0.7) else [])
    if p.maybe(0.3):
        keys.append(p.one(["user=app", "priority=5"]))
    return "(" + ",".join(keys) + ")"


def jdbc_mysql(p):
    scheme = p.one(["jdbc:mysql:"] * 8 + ["jdbc:mysql:loadbalance:", "jdbc:mysql:replication:", "mysqlx:"])
    text = scheme + "//"
    if p.maybe(0.15):
        text += p.name() + (":" + p.escaped(p.secret()) if p.maybe(0.8) else "") + "@"
    kind = p.r.randrange(20)
    many = 0.9 if "balance" in scheme or "repl" in scheme else 0.2
    if kind < 14:
        text += jdbc_hosts(p, 3306, many)
    elif kind < 16:
        text += ",".join(described(p, 3306) for _ in range(p.one([1, 2])))
    elif kind < 18:
        text += ",".join(keyed(p) for _ in range(p.one([1, 2])))
    elif kind < 19:
        text += "[" + ",".join(p.one([keyed(p), jdbc_host(p, 3306)]) for _ in range(2)) + "]"
    if p.maybe(0.97):
        text += "/"
        if p.maybe(0.92):
            text += p.one([p.name(), p.name(), p.name(), p.escaped(p.odd())])
    if p.maybe(0.75):
        text += "?" + params(p, CJ_PARAMS, extra=secret_param)
    if p.maybe(0.15):
        text = p.slip(text, start(text))
    return text


MARIADB_PARAMS = {
    "sslMode": ["verify-full", "trust", "verify-ca", "disable"], "useSsl": ["true"], "connectTimeout": ["5000"], "socketTimeout": ["60000"],
    "user": ["app", "shop_app"], "maxPoolSize": ["20"], "minPoolSize": ["2"], "pool": ["true"], "useServerPrepStmts": ["true"],
    "allowPublicKeyRetrieval": ["true"], "serverTimezone": ["UTC"], "timezone": ["Europe/Berlin"], "rewriteBatchedStatements": ["true"],
    "sessionVariables": ["wait_timeout=60"], "tcpKeepAlive": ["true", "false"], "localSocket": ["/run/mysqld.sock"], "initSql": ["select%201"],
    "serverSslCert": ["/etc/ssl/ca.pem"], "trustServerCertificate": ["true"], "useBulkStmts": ["true"], "permitMysqlScheme": ["true"],
    "credentialType": ["AWS-IAM"], "maxIdleTime": ["600"],
}


def jdbc_mariadb(p):
    scheme = p.one(["jdbc:mariadb:"] * 8 + ["jdbc:mariadb:sequential:", "jdbc:mariadb:loadbalance:", "jdbc:mariadb:replication:",
                   "jdbc:mariadb:load-balance-read:", "jdbc:mysql:"])
    text = scheme + "//"
    kind = p.r.randrange(20)
    many = 0.8 if scheme.count(":") > 2 else 0.15
    if kind < 16:
        text += jdbc_hosts(p, 3306, many)
    elif kind < 19:
        text += ",".join(described(p, 3306).replace("(type=source)", "(type=primary)") for _ in range(p.one([1, 2])))
    if p.maybe(0.96):
        text += "/"
        if p.maybe(0.92):
            text += p.name()
    if p.maybe(0.8):
        text += "?" + params(p, MARIADB_PARAMS, extra=secret_param)
    if scheme == "jdbc:mysql:":
        text += ("&" if "?" in text else "?") + "permitMysqlScheme"
    if p.maybe(0.15):
        text = p.slip(text, start(text))
    return text


MSSQL_PARAMS = {
    "databaseName": ["orders", "billing"], "database": ["orders"], "encrypt": ["true", "false", "strict"], "trustServerCertificate": ["true", "false"],
    "loginTimeout": ["30"], "user": ["app", "sa"], "userName": ["app"], "applicationName": ["shop", "shop api"], "applicationIntent": ["ReadOnly", "ReadWrite"],
    "multiSubnetFailover": ["true"], "failoverPartner": ["db2.example"], "instanceName": ["sqlexpress"], "portNumber": ["1433", "14330"],
    "integratedSecurity": ["true"], "authentication": ["ActiveDirectoryMSI"], "hostNameInCertificate": ["*.database.windows.net"],
    "sendStringParametersAsUnicode": ["false"], "socketTimeout": ["60000"], "lockTimeout": ["1000"], "serverName": ["db3.example"],
    "server": ["db4.example"], "port": ["1444"],
}


def braces(p):
    raw = p.secret()
    value = "{" + raw.replace("}", "}}") + "}" if p.maybe(0.6) else raw
    return "password", value


def jdbc_sqlserver(p):
    text = "jdbc:sqlserver://"
    if p.maybe(0.92):
        text += p.one([p.host(), p.host(), f"{p.name()}.database.windows.net"])
        if p.maybe(0.12):
            text += "\\" + p.one(["sqlexpress", "inst1"])
        if p.maybe(0.75):
            text += f":{p.port(1433)}"
    if p.maybe(0.95):
        text += ";"
        pairs = params(p, MSSQL_PARAMS, sep=";", extra=braces)
        if p.maybe(0.15):
            pairs = pairs.replace("=", " = ", 1)
        if p.maybe(0.15):
            pairs = p.upper_some(pairs)
        text += pairs + (";" if p.maybe(0.5) else "")
    if p.maybe(0.15):
        text = p.slip(text, start(text))
    return text


def uri(p, schemes, usual, known, login=0.85, no_user=0.0, path=None, many=0.0, sep="&", no_host=0.02, raw=0.06):
    text = p.one(schemes) + "://"
    if p.maybe(login):
        user = "" if p.maybe(no_user) else p.one([p.name(), p.name(), p.name(), p.escaped(p.odd())])
        text += user
        # Alone, it is the user to some clients of Redis and the password to others.
        if p.maybe(0.85) or not user or "redis" in text:
            text += ":" + ("Zq" + p.odd("!$&'()*+,;=:@/?#") if p.maybe(raw) else p.escaped(p.secret()))
        text += "@"
    if not p.maybe(no_host):
        text += jdbc_hosts(p, usual, many)
    if p.maybe(0.9):
        text += "/" + (path(p) if path else p.one([p.name(), p.name(), p.name(), "", p.escaped(p.odd())]))
        if p.maybe(0.6):
            text += "?" + params(p, known, sep)
    elif p.maybe(0.3):
        text += "?" + params(p, known, sep)
    if p.maybe(0.14):
        text = p.slip(text, start(text))
    return text


MYSQL_URI = {
    "charset": ["utf8mb4", "UTF8_GENERAL_CI"], "connectTimeout": ["5000"], "connectionLimit": ["20"], "multipleStatements": ["true"],
    "timezone": ["Z", "local", "%2B02%3A00"], "ssl": ["true", "%7B%22rejectUnauthorized%22%3Atrue%7D"], "enableKeepAlive": ["true"],
    "dateStrings": ["true"], "flags": ["-FOUND_ROWS"], "socketPath": ["/run/mysqld.sock"], "debug": ["false"],
}
ALCHEMY = {
    "charset": ["utf8mb4", "utf8"], "ssl_ca": ["/etc/ssl/ca.pem", "%2Fetc%2Fssl%2Fca.pem"], "ssl_verify_identity": ["true"], "connect_timeout": ["5"],
    "read_timeout": ["30"], "unix_socket": ["/run/mysqld.sock"], "ssl": ["true"], "autocommit": ["true"], "driver": ["ODBC+Driver+18+for+SQL+Server"],
    "TrustServerCertificate": ["yes"], "Encrypt": ["yes"], "service_name": ["orders.example"], "client_flag": ["2"],
}
MONGO = {
    "replicaSet": ["rs0", "orders-rs"], "authSource": ["admin", "orders"], "tls": ["true", "false"], "ssl": ["true"], "retryWrites": ["true", "false"],
    "w": ["majority", "1"], "readPreference": ["secondaryPreferred", "primary"], "maxPoolSize": ["50"], "minPoolSize": ["5"],
    "connectTimeoutMS": ["10000"], "socketTimeoutMS": ["30000"], "serverSelectionTimeoutMS": ["5000"], "authMechanism": ["SCRAM-SHA-256"],
    "appName": ["shop", "shop%20api"], "readConcernLevel": ["majority"], "journal": ["true"],
    "compressors": ["zstd,snappy"], "maxIdleTimeMS": ["60000"], "waitQueueTimeoutMS": ["2000"],
}
REDIS = {
    "db": ["0", "3"], "socket_timeout": ["5", "2.5"], "max_connections": ["50"], "health_check_interval": ["30"], "protocol": ["3"],
    "decode_responses": ["true"], "ssl_cert_reqs": ["none", "required"], "retry_on_timeout": ["True"], "client_name": ["shop"], "timeout": ["4"],
    "family": ["4", "6"], "keepAlive": ["1000"], "client_cache": ["x"],
}
AMQP = {"heartbeat": ["30", "0"], "connection_timeout": ["5000"], "channel_max": ["100"], "frame_max": ["131072"], "ssl": ["1"], "auth_mechanism": ["plain"]}


def mongo_path(p):
    return p.one([p.name(), p.name(), "", p.name() + "." + p.word()])


def redis_path(p):
    return p.one(["0", "1", "15", "", "0", "2"])


def vhost(p):
    return p.one(["", "orders", "%2F", "%2Forders", "shop%20x", p.name()])


GRAMMARS = {
    "go-mysql": go_mysql,
    "jdbc-mysql": jdbc_mysql,
    "jdbc-mariadb": jdbc_mariadb,
    "jdbc-sqlserver": jdbc_sqlserver,
    "mysql2": lambda p: uri(p, ["mysql"] * 9 + ["mysql2"], 3306, MYSQL_URI),
    "sqlalchemy-mysql": lambda p: uri(p, ["mysql+pymysql", "mysql+mysqldb", "mariadb+mariadbconnector", "mysql", "mysql+aiomysql", "mssql+pyodbc",
                                    "mssql+pymssql", "oracle+oracledb", "mysql+asyncmy"], 3306, ALCHEMY),
    "mongodb-node": lambda p: uri(p, ["mongodb"] * 4 + ["mongodb+srv"], 27017, MONGO, path=mongo_path, many=0.45, raw=0.03),
    "pymongo": lambda p: uri(p, ["mongodb"], 27017, MONGO, path=mongo_path, many=0.45, raw=0.03, sep=p.one(["&"] * 15 + [";"])),
    "redis-py": lambda p: uri(p, ["redis", "redis", "rediss"], 6379, REDIS, login=0.75, no_user=0.6, path=redis_path, raw=0.03),
    # An index among the parameters wins with Python's client and loses with node's.
    "ioredis": lambda p: uri(p, ["redis", "redis", "rediss"], 6379, {k: v for k, v in REDIS.items() if k != "db"}, login=0.75, no_user=0.6, path=redis_path, raw=0.03),
    "kombu": lambda p: uri(p, ["amqp", "amqp", "pyamqp", "amqps"], 5672, AMQP, path=vhost, raw=0.03),
    "dj-database-url": lambda p: uri(p, ["mysql", "mysql2", "mysqlgis", "mssql", "mysql-connector"], 3306, ALCHEMY),
    "url-crate": lambda p: uri(p, ["mysql", "mariadb", "redis", "rediss", "amqp", "amqps", "clickhouse", "sqlserver"], 3306, MYSQL_URI, raw=0.04),
}

if __name__ == "__main__":
    driver = sys.argv[1]
    for text in gather(driver, GRAMMARS[driver], COUNT):
        print(json.dumps(text))
