//! Tables per dialect, and properties that hold for any text.

mod hiding;

use proptest::prelude::*;

use super::*;
use crate::secret::Redactor;

/// `dialect scheme|host:port,host:port|database|user|password|name=value…`, for tables that are read at a glance.
fn summary(text: &str) -> String {
    let Some(s) = parse(text, None) else { return "none".to_owned() };
    let part = |p: &Option<Part>| p.as_ref().map_or(String::new(), |p| p.text.clone());
    let host = |h: &HostPort| h.host.text.clone() + &h.port.as_ref().map_or(String::new(), |p| format!(":{}", p.text));
    let hosts: Vec<String> = s.hosts.iter().map(host).collect();
    let password = s.password.as_ref().map_or("", |(secret, _)| secret.text_for_matching());
    let mut out = format!("{} {}|{}|{}|{}", s.dialect.id, hosts.join(","), part(&s.database), part(&s.user), password);
    for param in &s.params {
        out.push_str(&format!("|{}={}", param.name.text, param.value.text));
    }
    out
}

fn kinds(text: &str) -> Vec<FaultKind> {
    parse(text, Some("DATABASE_URL")).map(|s| s.faults.iter().map(|f| f.kind).collect()).unwrap_or_default()
}

fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(summary(text), *expected, "{text}");
        assert_eq!(kinds(text), [], "{text}");
    }
}

#[test]
fn uris_are_taken_apart() {
    check(&[
        ("postgres://app:pw@db1:5433/orders?sslmode=require", "libpq-uri db1:5433|orders|app|pw|sslmode=require"),
        ("postgresql://app:p%40w@db1,db2:5433/orders", "libpq-uri db1,db2:5433|orders|app|p@w"),
        ("postgresql+asyncpg://app@db1/orders", "sqlalchemy-postgresql db1|orders|app|"),
        ("postgresql:///orders?host=/var/run/postgresql", "libpq-uri /var/run/postgresql|orders||"),
        ("postgres://[::1]:5432/orders", "libpq-uri ::1:5432|orders||"),
        (
            "mysql+pymysql://app:pw@db1:3306/orders?charset=utf8mb4",
            "sqlalchemy-mysql db1:3306|orders|app|pw|charset=utf8mb4",
        ),
        (
            "mongodb://app:pw@m1:27017,m2:27018/orders?replicaSet=rs0&w=majority",
            "mongodb-uri m1:27017,m2:27018|orders|app|pw|replicaSet=rs0|w=majority",
        ),
        ("mongodb+srv://app:pw@c0.ab1cd.mongodb.net/orders", "mongodb-srv c0.ab1cd.mongodb.net|orders|app|pw"),
        ("redis://:pw@r1:6379/0", "redis-uri r1:6379|0||pw"),
        ("redis://r1", "redis-uri r1|||"),
        ("redis-sentinel://:pw@s1:26379,s2:26379/0#mymaster", "redis-sentinel-uri s1:26379,s2:26379|0||pw|#=mymaster"),
        ("amqp://guest:guest@mq1:5672/%2Forders", "amqp-uri mq1:5672|/orders|guest|guest"),
        ("sqlserver://sa:pw@db1:1433?database=orders&encrypt=true", "sqlserver-uri db1:1433|orders|sa|pw|encrypt=true"),
        (
            "sqlserver://db1:1433;database=orders;user=sa;password=pw;encrypt=true",
            "sqlserver-uri db1:1433|orders|sa|pw|encrypt=true",
        ),
        ("clickhouse://app:pw@ch1:9000/orders", "clickhouse-uri ch1:9000|orders|app|pw"),
        ("sqlite:////data/orders.db", "sqlite-uri |//data/orders.db||"),
    ]);
}

/// What the conformance suite found: each line was read otherwise than its driver reads it.
#[test]
fn postgresql_is_read_as_its_drivers_read_it() {
    check(&[
        ("postgresql://[fe80::1%25eth0]:5432/orders", "libpq-uri fe80::1%eth0:5432|orders||"),
        ("postgresql://db1/orders?host=db2&port=5433", "libpq-uri db2:5433|orders||"),
        ("postgresql://db1,db2/orders?port=5433", "libpq-uri db1:5433,db2:5433|orders||"),
        ("postgresql:///orders?host=db1,db2&port=1,2", "libpq-uri db1:1,db2:2|orders||"),
        ("postgresql:///orders?host=db1&host=db2", "libpq-uri db2|orders||"),
        ("postgresql:///orders?hostaddr=10.0.0.1", "libpq-uri 10.0.0.1|orders||"),
        ("postgresql://app@db1/orders?user=other&dbname=else", "libpq-uri db1|else|other|"),
        ("postgresql://db1%2Cdb2/orders", "libpq-uri db1,db2|orders||"),
        ("host=db1 hostaddr=10.0.0.1 dbname=orders", "libpq-kv db1|orders|||hostaddr=10.0.0.1"),
        ("host=db1 dbname=orders password=pw\\", "libpq-kv db1|orders||pw"),
        ("host='db1'dbname='orders'", "libpq-kv db1|orders||"),
        ("host\n=\ndb1 dbname=orders", "libpq-kv db1|orders||"),
        ("jdbc:postgresql://[fe80::1%25eth0]:5432/orders", "jdbc-postgresql fe80::1%25eth0:5432|orders||"),
        ("jdbc:postgresql://db1/my+db?ApplicationName=a+b", "jdbc-postgresql db1|my db|||ApplicationName=a b"),
        ("jdbc:postgresql://db1/orders?PGHOST=db2&PGDBNAME=else", "jdbc-postgresql db2|else||"),
        ("jdbc:postgresql://db1/orders?user=a&user=b", "jdbc-postgresql db1|orders|b|"),
        ("jdbc:postgresql://db1:+5432/orders", "jdbc-postgresql db1:+5432|orders||"),
        ("postgresql+psycopg2://db1,db2:5433/orders", "sqlalchemy-postgresql db1:5433,db2:5433|orders||"),
        ("postgresql+psycopg2:///orders?host=h1:1&host=h2:2", "sqlalchemy-postgresql h1:1,h2:2|orders||"),
        ("postgresql+psycopg2://%2Ftmp/orders?a=b+c&d=", "sqlalchemy-postgresql %2Ftmp|orders|||a=b c"),
    ]);
}

#[test]
fn what_postgresql_drivers_refuse_has_a_fault() {
    use FaultKind::*;
    for (text, expected) in [
        ("postgresql:://db1/orders", &[UnknownScheme][..]),
        ("po(tgresql://db1/orders", &[UnknownScheme]),
        ("postgresql<//db1/orders", &[UnknownScheme]),
        ("postgres+psycopg2://db1/orders", &[UnknownScheme]),
        ("postgresql+://db1/orders", &[UnknownScheme]),
        ("jdbc<:postgresql://db1/orders", &[UnknownScheme]),
        ("jdbc:postgr.esql://db1/orders", &[UnknownScheme]),
        ("jdbc:postgre://db1/orders", &[UnknownScheme]),
        ("JDBC:postgresql://db1/orders", &[SchemeCase]),
        ("postgresql:///app:pw@db1/orders", &[MissingSlashes]),
        ("jdbc:postgresql:/orders", &[MissingSlashes]),
        ("jdbc:postgresql:///db1:5432/orders", &[MissingSlashes]),
        ("jdbc:postgresql://db1", &[RefusedBySome]),
        ("jdbc:postgresql://db1/a/b", &[BadEscape]),
        ("jdbc:postgresql://db1/orders?user=app&password=p%w", &[BadEscape]),
        ("jdbc:postgresql://db1/orders?user=app&password=p+w", &[UnescapedPassword]),
        ("postgresql://[::1/orders", &[BadHost, BadHost]),
        ("postgresql://[::1]x/orders", &[BadHost]),
        ("postgresql://::1/orders", &[BadHost]),
        ("postgresql://db1:5432:5433/orders", &[BadPort]),
        ("postgresql://app:secretdb1:5432/orders", &[BadPort]),
        ("postgresql://db1,db2/orders?port=1,2,3", &[BadPort]),
        ("postgresql://db1,db2/orders?hostaddr=10.0.0.1", &[BadHost]),
        ("postgresql://db%zz/orders", &[BadEscape]),
        ("postgresql://app:pw%00@db1/orders", &[BadEscape]),
        ("postgresql://db1/orders?sslmode", &[NotAPair]),
        ("postgresql://db1/orders?options=-c a=b", &[RefusedBySome, RefusedBySome]),
        ("postgresql://db1/orders?&sslmode=require", &[RefusedBySome]),
        ("postgresql://db1/orders?ssl(mode=require", &[UnknownParameter]),
        ("postgresql://db1/my db", &[RefusedBySome]),
        ("postgresql://db1?user=a@b", &[UnescapedPassword]),
        ("postgresql://a@b@db1/orders", &[UnescapedPassword]),
        ("postgresql://app;pw@db1/orders", &[UnescapedPassword]),
        ("host=db1,db2 port=1,2,3 dbname=orders", &[BadPort]),
        ("host=db1 Port=1 dbname=orders", &[ParameterCase]),
        ("host=db1 dbname=orders paswsord=pw", &[UnknownParameter]),
        ("host=db1 password= user=app", &[WrongSeparator]),
        ("host=db1 port=' 5432' dbname=orders", &[EdgeSpace]),
    ] {
        assert_eq!(kinds(text), expected, "{text}");
    }
}

#[test]
fn a_password_that_slipped_out_of_its_place_is_hidden() {
    for text in [
        "postgresql://app:not-a-real-secretdb1:5432/orders",
        "postgresql://a/b:not-a-real-secret@h/orders",
        "postgresql:///app:not-a-real-secret@db1/orders",
        "postgresql://app;not-a-real-secret@db1/orders",
        "postgresql://app>not-a-real-secret@db1/orders",
        "postgresql://app:one@db1/orders?password=not-a-real-secret",
        "host=db1 dbname=orders paswsord=not-a-real-secret",
        "host=db1 dbname=orders p(ssword=not-a-real-secret",
        "host=db1 dbname=orders password not-a-real-secret",
        "host=db1 dbname='orders user=app password=not-a-real-secret",
        "host=db1;x password=not-a-real-secret;port=1;dbname=orders",
        "host=db1 dbname=postgresql://app:not-a-real-secret@db2/orders",
        "jdbc:postgresql://db1/orders?user=app&passwordnot-a-real-secret",
    ] {
        let string = parse(text, Some("DATABASE_URL")).expect("a connection string");
        let parts = string.parts();
        assert!(!string.redacted(text).contains("real-secret"), "{text}");
        assert!(parts.iter().all(|p| !p.text.as_deref().unwrap_or("").contains("real-secret")), "{text}: {parts:?}");
    }
}

#[test]
fn expressions_are_atoms() {
    check(&[
        (
            "postgres://${DB_USER}:${DB_PASS}@${DB_HOST:-a@b/c}:${DB_PORT}/${DB_NAME}",
            "libpq-uri ${DB_HOST:-a@b/c}:${DB_PORT}|${DB_NAME}|${DB_USER}|${DB_PASS}",
        ),
        ("postgres://$(U):$(P)@$(H):5432/$(D)?sslmode=$(M)", "libpq-uri $(H):5432|$(D)|$(U)|$(P)|sslmode=$(M)"),
        (
            "mysql://app:{{ .Values.db.pw | urlquery }}@{{ .Values.db.host }}:3306/orders",
            "mysql-uri {{ .Values.db.host }}:3306|orders|app|{{ .Values.db.pw | urlquery }}",
        ),
        ("redis://:<%= ENV['X:@/'] %>@r1:6379/0", "redis-uri r1:6379|0||<%= ENV['X:@/'] %>"),
        ("Server=%DB%;Database=orders;User Id=app;Password=#{pw;x}", "ado-net-sqlclient %DB%|orders|app|#{pw;x}"),
        ("jdbc:postgresql://${H}:${P}/${D}?user=${U}&password=${PW}", "jdbc-postgresql ${H}:${P}|${D}|${U}|${PW}"),
    ]);
}

#[test]
fn jdbc_is_taken_apart() {
    check(&[
        (
            "jdbc:postgresql://db1:5432,db2:5432/orders?sslmode=verify-full&targetServerType=primary",
            "jdbc-postgresql db1:5432,db2:5432|orders|||sslmode=verify-full|targetServerType=primary",
        ),
        ("jdbc:postgresql:orders", "jdbc-postgresql |orders||"),
        ("jdbc:postgresql://db1/orders?user=app&password=pw", "jdbc-postgresql db1|orders|app|pw"),
        (
            "jdbc:aws-wrapper:postgresql://db1/orders?wrapperPlugins=failover2",
            "jdbc-postgresql db1|orders|||wrapperPlugins=failover2",
        ),
        ("jdbc:tc:postgresql:16.1:///orders", "jdbc-postgresql |orders||"),
        (
            "jdbc:mysql:loadbalance://db1:3306,db2:3306/orders?useSSL=true",
            "jdbc-mysql db1:3306,db2:3306|orders|||useSSL=true",
        ),
        ("jdbc:mysql://address=(host=db1)(port=3307),address=(host=db2)/orders", "jdbc-mysql db1:3307,db2|orders||"),
        (
            "jdbc:mariadb:sequential://db1,db2/orders?sslMode=verify-full",
            "jdbc-mariadb db1,db2|orders|||sslMode=verify-full",
        ),
        (
            "jdbc:sqlserver://db1\\inst:1434;databaseName=orders;user=sa;password={a;b};encrypt=true",
            "jdbc-sqlserver db1:1434|orders|sa|a;b|instanceName=inst|encrypt=true",
        ),
        ("jdbc:sqlserver://;serverName=db1;portNumber=1434;databaseName=orders", "jdbc-sqlserver db1:1434|orders||"),
        ("jdbc:oracle:thin:app/pw@//db1:1521/orders", "jdbc-oracle db1:1521|orders|app|pw"),
        ("jdbc:oracle:thin:@db1:1521:ORCL", "jdbc-oracle db1:1521|ORCL||"),
        (
            "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=db1)(PORT=1522))(CONNECT_DATA=(SERVICE_NAME=orders)))",
            "jdbc-oracle db1:1522|orders||",
        ),
        ("jdbc:h2:mem:orders;MODE=PostgreSQL", "jdbc-h2 |mem:orders|||MODE=PostgreSQL"),
        ("jdbc:db2://db1:50000/orders:user=app;password=pw;", "jdbc-db2 db1:50000|orders|app|pw"),
        (
            "r2dbc:pool:postgresql://app:pw@db1:5432/orders?maxSize=20",
            "r2dbc-postgresql db1:5432|orders|app|pw|maxSize=20",
        ),
        ("jdbc:exasol://db1:8563/orders", "jdbc-other db1:8563|orders||"),
    ]);
}

#[test]
fn keyword_lists_are_taken_apart() {
    check(&[
        (
            "host=db1 port=5433 dbname=orders user=app password='p w\\'x' sslmode=require",
            "libpq-kv db1:5433|orders|app|p w'x|sslmode=require",
        ),
        ("host = db1 dbname = orders", "libpq-kv db1|orders||"),
        ("host=db1,db2 port=5432,5433 dbname=orders", "libpq-kv db1:5432,db2:5433|orders||"),
        (
            "Server=tcp:db1.example,1433;Initial Catalog=orders;User ID=app;Password=pw;Encrypt=True;Max Pool Size=50",
            "ado-net-sqlclient db1.example:1433|orders|app|pw|Encrypt=True|Max Pool Size=50",
        ),
        (
            "Server=db1\\inst;Database=orders;Trusted_Connection=True;",
            "ado-net-sqlclient db1|orders|||Trusted_Connection=True",
        ),
        (
            "Host=db1;Port=5432;Database=orders;Username=app;Password='a;b''c';Maximum Pool Size=50",
            "ado-net-npgsql db1:5432|orders|app|a;b'c|Maximum Pool Size=50",
        ),
        (
            "Server=db1;Port=3306;Database=orders;Uid=app;Pwd=pw;SslMode=Required",
            "ado-net-mysql db1:3306|orders|app|pw|SslMode=Required",
        ),
        (
            "Driver={ODBC Driver 18 for SQL Server};Server=tcp:db1,1433;Database=orders;Uid=app;Pwd={a;}}b};Encrypt=yes",
            "odbc-sqlserver db1:1433|orders|app|a;}b|Driver=ODBC Driver 18 for SQL Server|Encrypt=yes",
        ),
        (
            "User Id=app;Password=pw;Data Source=//db1:1521/orders;Max Pool Size=9",
            "ado-net-oracle db1:1521|orders|app|pw|Max Pool Size=9",
        ),
        ("pgsql:host=db1;port=5432;dbname=orders", "pdo-pgsql db1:5432|orders||"),
        ("mysql:host=db1;dbname=orders;charset=utf8mb4", "pdo-mysql db1|orders|||charset=utf8mb4"),
        ("app:p@s:s/w?d@tcp(db1:3307)/orders?parseTime=true", "go-mysql db1:3307|orders|app|p@s:s/w?d|parseTime=true"),
        ("app:pw@unix(/run/mysqld.sock)/orders", "go-mysql /run/mysqld.sock|orders|app|pw"),
    ]);
}

#[test]
fn other_text_is_no_connection_string() {
    for text in [
        "",
        "orders",
        "http://example.org/?a=b",
        "https://user:pw@example.org",
        "/var/lib/postgresql",
        "postgres:16-alpine",
        "redis:6379",
        "mysql:8.0",
        "postgres:/var/lib/postgresql/data",
        "kafka1:9092,kafka2:9092",
        "s3://bucket/key",
        "a=b",
        "a=b;c=d",
        "max-age=3600; path=/",
        "jdbc",
        "jdbc:",
        "host=db1",
        "server=x",
        "-Xmx512m -Dfoo=bar",
        "SELECT 1",
        "name: orders",
        "C:\\data\\x.mdf",
        "quay.io/org/postgres:16@sha256:abc",
        "postgres://",
        "example.org:443",
        "key=value other=thing",
    ] {
        assert_eq!(summary(text), "none", "{text}");
    }
    assert_eq!(parse(&format!("postgres://h/{}", "x".repeat(MAX_TEXT)), None), None);
}

#[test]
fn faults_are_named() {
    use FaultKind::*;
    for (text, expected) in [
        ("postgress://app@db1/orders", &[UnknownScheme][..]),
        ("posgresql://app@db1/orders", &[UnknownScheme]),
        ("jdbc:postgres://db1/orders", &[UnknownScheme]),
        ("jbdc:postgresql://db1/orders", &[UnknownScheme]),
        ("mysql+pymsql://app@db1/orders", &[UnknownScheme]),
        ("POSTGRES://app@db1/orders", &[SchemeCase]),
        ("postgres:/app:pw@db1/orders", &[MissingSlashes]),
        ("postgresql:/db1:5432/orders", &[MissingSlashes]),
        ("jdbc:mysql:/db1:3306/orders", &[MissingSlashes]),
        ("postgres://app:p@ss@db1/orders", &[UnescapedPassword]),
        ("postgres://app:p/ss@db1/orders", &[UnescapedPassword]),
        ("postgres://app:p%ss@db1/orders", &[BadEscape]),
        ("postgres://app:pw@db1:54e2/orders", &[BadPort]),
        ("postgres://app:pw@db1:99999/orders", &[BadPort]),
        ("postgres://app:pw@db1:/orders", &[EmptyPort]),
        ("postgres://app:pw@/orders", &[EmptyHost]),
        ("postgres://app:pw@:5432/orders", &[EmptyHost]),
        ("postgres://app:pw@db..prod/orders", &[StrayDot]),
        ("postgres://app:pw@db1./orders", &[StrayDot]),
        ("postgres://app:pw@db1/orders ", &[EdgeSpace]),
        ("\"postgres://app:pw@db1/orders\"", &[UnbalancedQuote]),
        ("mongodb://m1:27017, m2:27017/orders", &[BadHost]),
        ("mongodb+srv://c0.ab1cd.mongodb.net:27017/orders", &[PortNotAllowed]),
        ("postgres://db1/orders?sslmod=require", &[UnknownParameter]),
        ("jdbc:postgresql://db1/orders?sslMode=require", &[ParameterCase]),
        ("jdbc:postgresql://app:pw@db1/orders", &[UserInfoIgnored]),
        ("postgres://db1/orders&sslmode=require", &[WrongSeparator]),
        ("postgres://db1/orders?sslmode=require;connect_timeout=5", &[WrongSeparator]),
        ("host=db1 dbname=orders foo=bar", &[UnknownParameter]),
        ("host=db1 dbname=orders bar", &[NotAPair]),
        ("host=db1 dbname=orders user='app", &[UnbalancedQuote]),
        ("host=db1;port=5432;dbname=orders", &[WrongSeparator]),
        ("Server=db1;Databse=orders;User Id=app;Password=pw", &[UnknownParameter]),
        ("Server=db1;Database=orders;User Id=app;Password=a;b", &[UnescapedPassword]),
        ("Host=db1;Username=app;Database=orders;Password=\"ab", &[UnbalancedQuote]),
    ] {
        assert_eq!(kinds(text), expected, "{text}");
    }
}

#[test]
fn a_fault_names_no_text_of_the_file_but_names() {
    for text in [
        "postgres://app:hunter2 x@db1:hunter3/orders",
        "Server=db1;Database=orders;User Id=app;Password=hunter2;hunter3",
    ] {
        let string = parse(text, None).expect("a connection string");
        assert!(string.faults.iter().all(|fault| !fault.message.contains("hunter")), "{:?}", string.faults);
    }
}

#[test]
fn tls_levels_are_ordered_and_unset_compares_with_nothing() {
    for (text, level) in [
        ("postgres://db1/o", TlsLevel::Unset),
        ("postgres://db1/o?sslmode=disable", TlsLevel::Disabled),
        ("postgres://db1/o?sslmode=prefer", TlsLevel::Preferred),
        ("postgres://db1/o?sslmode=verify-full", TlsLevel::VerifyFull),
        ("jdbc:postgresql://db1/o?ssl=true", TlsLevel::VerifyFull),
        ("jdbc:mysql://db1/o?useSSL=true", TlsLevel::Preferred),
        ("jdbc:mysql://db1/o?sslMode=VERIFY_IDENTITY", TlsLevel::VerifyFull),
        ("Server=db1;Database=o;Encrypt=True", TlsLevel::VerifyFull),
        ("Server=db1;Database=o;Encrypt=True;TrustServerCertificate=True", TlsLevel::Required),
        ("Server=db1;Database=o;Encrypt=False", TlsLevel::Disabled),
        ("rediss://r1", TlsLevel::Required),
        ("mongodb+srv://a.b.c/o", TlsLevel::VerifyFull),
        ("mongodb+srv://a.b.c/o?tlsInsecure=true", TlsLevel::Required),
        ("a:b@tcp(db1)/o?tls=skip-verify", TlsLevel::Required),
        ("postgres://db1/o?sslmode=${MODE}", TlsLevel::Unset),
    ] {
        assert_eq!(parse(text, None).map(|s| s.tls_level()), Some(level), "{text}");
    }
    assert!(TlsLevel::Disabled < TlsLevel::Required && TlsLevel::VerifyCa < TlsLevel::VerifyFull);
    assert_eq!(TlsLevel::Unset.partial_cmp(&TlsLevel::Disabled), None);
}

#[test]
fn parts_have_stable_roles_and_hide_secrets() {
    let string = parse("postgres://app:pw@DB1.example.:5433,db2/orders?sslmode=require&a=1&a=2", None)
        .expect("a connection string");
    let roles: Vec<String> =
        string.parts().iter().map(|p| format!("{}={}", p.role, p.text.as_deref().unwrap_or("?"))).collect();
    assert_eq!(
        roles,
        [
            "scheme=postgres",
            "host=DB1.example.",
            "port=5433",
            "host[1]=db2",
            "database=orders",
            "user=app",
            "password=?",
            "param:sslmode=require",
            "param:a=1",
            "param:a[1]=2"
        ]
    );
    assert_eq!(string.target(), [("db1.example".to_owned(), 5433), ("db2".to_owned(), 5432)]);
    let reference = parse("postgres://app:${PW}@db1/orders", None).expect("a connection string");
    assert!(reference.parts().iter().any(|p| p.role == "password" && p.text.as_deref() == Some("${PW}")));
}

#[test]
fn redacted_text_keeps_everything_but_the_secret() {
    for (text, expected) in [
        ("postgres://app:pw@db1:5432/orders?sslmode=require", "postgres://app:••••@db1:5432/orders?sslmode=require"),
        ("postgres://app:${PW}@db1/orders", "postgres://app:${PW}@db1/orders"),
        ("postgres://app:${PW:-x}@db1/orders", "postgres://app:••••@db1/orders"),
        ("host=db1 password='a b' dbname=orders", "host=db1 password='••••' dbname=orders"),
        ("Server=db1;Password=\"a;b\";Database=orders", "Server=db1;Password=\"••••\";Database=orders"),
        (
            "jdbc:postgresql://db1/o?user=a&password=pw&sslpassword=pw2",
            "jdbc:postgresql://db1/o?user=a&password=••••&sslpassword=••••",
        ),
        ("amqp://a:p1@h1//;amqp://b:p2@h2//", "amqp://a:••••@h1//;amqp://b:••••@h2//"),
    ] {
        assert_eq!(parse(text, None).expect("a connection string").redacted(text), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_without_panic_and_with_places_inside(text in hostile()) {
        if let Some(string) = parse(&text, Some("DATABASE_URL")) {
            for part in string.parts() {
                prop_assert!(text.get(part.range.clone()).is_some(), "{:?} in {}", part, text);
            }
            for fault in &string.faults {
                prop_assert!(text.get(fault.range.clone()).is_some(), "{:?} in {}", fault, text);
            }
            let _ = (string.redacted(&text), string.target(), string.tls_level(), string.wants_reader());
        }
        let redactor = Redactor::new();
        let spans = redactor.secret_spans(&text);
        prop_assert!(spans.windows(2).all(|w| w[0].end < w[1].start));
        prop_assert!(spans.iter().all(|r| text.get(r.clone()).is_some()));
        let _ = (redactor.text(&text), redactor.value(&text, &text), part_role_for_key(&text), host_typo(&text, "db.example.com"), host_role(&text), host_environment(&text), is_local(&text));
    }
}

/// Text from the pieces that grammars trip over.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("postgres://"),
        Just("jdbc:"),
        Just("mysql:"),
        Just("oracle:thin:"),
        Just("sqlserver://"),
        Just("r2dbc:pool:"),
        Just("h2:tcp://"),
        Just("mongodb+srv://"),
        Just("redis://"),
        Just("@tcp("),
        Just("host="),
        Just("dbname="),
        Just("Server="),
        Just("Password="),
        Just("password: "),
        Just("Driver={"),
        Just(";"),
        Just("&"),
        Just("="),
        Just("'"),
        Just("\""),
        Just("\\"),
        Just("@"),
        Just(":"),
        Just("/"),
        Just("?"),
        Just("#"),
        Just("["),
        Just("]"),
        Just("("),
        Just(")"),
        Just("${"),
        Just("}"),
        Just("{{"),
        Just("%"),
        Just("%41"),
        Just("%3A%2F%2F"),
        Just(" "),
        Just("\n"),
        Just("ä"),
        Just("\u{200b}"),
        Just("5432"),
        Just("db1"),
        Just(","),
        Just("%D0%B0"),
    ];
    prop_oneof![proptest::collection::vec(piece, 0..24).prop_map(|v| v.concat()), "\\PC{0,60}".prop_map(|s: String| s)]
}

#[test]
fn long_hostile_text_is_read_and_stays_whole() {
    let fills = [
        "${",
        "a://",
        "@",
        "u:p@",
        "password=",
        ";a=b",
        "&x=y",
        "a:b@c ",
        "%253A",
        "{{",
        "=",
        "host=a ",
        "'",
        "-----BEGIN ",
        "\"",
        "(host=",
        ",redis://",
    ];
    let heads = [
        "postgres://",
        "host=a dbname=b password=",
        "Server=a;Password=",
        "jdbc:postgresql://h/d?password=",
        "u:p@tcp(",
        "",
    ];
    for (head, fill) in heads.iter().flat_map(|head| fills.iter().map(move |fill| (head, fill))) {
        let text: String = head.chars().chain(fill.chars().cycle()).take(MAX_TEXT / 8).collect();
        let inside = |r: Range<usize>| text.get(r).is_some();
        assert!(parse(&text, None).is_none_or(|s| s.parts().into_iter().all(|p| inside(p.range))), "{head}{fill}");
        assert!(Redactor::new().secret_spans(&text).into_iter().all(inside), "{head}{fill}");
    }
}

/// `summary` with the key under which the text stands.
fn summary_at(key: &str, text: &str) -> String {
    let Some(s) = parse(text, Some(key)) else { return "none".to_owned() };
    let part = |p: &Option<Part>| p.as_ref().map_or(String::new(), |p| p.text.clone());
    let host = |h: &HostPort| h.host.text.clone() + &h.port.as_ref().map_or(String::new(), |p| format!(":{}", p.text));
    let hosts: Vec<String> = s.hosts.iter().map(host).collect();
    format!("{} {}|{}|{}", s.dialect.id, hosts.join(","), part(&s.database), part(&s.user))
}

/// `u:p@h1,v:q@h2`: asked of libpq 18, pymongo 4.20, pgjdbc 42.7, MySQL Connector/J 9.3 and MariaDB's.
#[test]
fn a_login_for_each_host_is_read_as_the_drivers_do() {
    check(&[(
        "jdbc:mysql://app:pw@db1:3306,other:pw2@db2:3307/orders",
        "jdbc-mysql db1:3306,db2:3307|orders|app|pw|address.user=other",
    )]);
    for (text, hosts, fault) in [
        ("jdbc:mysql:replication://a:pw@db1,b:pw2@db2/o", "db1,db2", None),
        ("amqp://a:pw@mq1:5672,b:pw2@mq2:5672/vhost", "mq1,mq2", None),
        ("postgres://a:pw@db1:5432,b:pw2@db2:5432/o?sslmode=require", "db1,db2", Some(FaultKind::BadPort)),
        ("postgresql+asyncpg://a:pw@db1,b:pw2@db2/o", "db1,db2", Some(FaultKind::BadPort)),
        ("jdbc:postgresql://a:pw@db1,b:pw2@db2/o", "db1,db2", Some(FaultKind::BadPort)),
        (
            "mongodb://a:pw@m1.shop.example,b:pw2@m2.shop.example/o",
            "m1.shop.example,m2.shop.example",
            Some(FaultKind::UnescapedPassword),
        ),
        ("mysql://a:pw@db1,db2,b:pw2@db3/o", "db1,db2,db3", Some(FaultKind::RefusedBySome)),
        ("jdbc:mariadb://a:pw@db1,b:pw2@db2/o", "db1,db2", Some(FaultKind::UserInfoIgnored)),
        // Hosts that are not alike may be pieces of one password.
        ("postgres://a:pw@x,b:pw2@db2/o", "db2", Some(FaultKind::UnescapedPassword)),
    ] {
        let string = parse(text, None).unwrap_or_else(|| panic!("{text}"));
        let names: Vec<&str> = string.hosts.iter().map(|server| server.host.text.as_str()).collect();
        assert_eq!(names.join(","), hosts, "{text}");
        let faults: Vec<FaultKind> = string.faults.iter().map(|fault| fault.kind).collect();
        assert!(fault.map_or(faults.is_empty(), |fault| faults.contains(&fault)), "{text}: {faults:?}");
        for shown in [string.redacted(text), Redactor::new().text(text).to_string()] {
            assert!(!shown.contains("pw"), "{shown}");
        }
    }
}

/// What drivers' own answers taught.
#[test]
fn strings_are_read_as_their_drivers_read_them() {
    check(&[
        ("app:pw@tcp(db1)/or%2Fders", "go-mysql db1|or/ders|app|pw"),
        ("app:pw@ssh+tcp(db1:3307)/orders", "go-mysql db1:3307|orders|app|pw"),
        (
            "jdbc:mysql://app:pw@(host=db1,port=3307),(host=db2,user=other)/orders",
            "jdbc-mysql db1:3307,db2|orders|app|pw|address.user=other",
        ),
        ("jdbc:mysql://[db1:3307,(host=db2)]/orders", "jdbc-mysql db1:3307,db2|orders||"),
        ("jdbc:mysql://(host=db1)?user=app&password=pw", "jdbc-mysql db1||app|pw"),
        ("mysqlx://app:pw@db1:33060/orders", "mysqlx-uri db1:33060|orders|app|pw"),
        ("jdbc:mariadb://db1/orders?initSql=a%20b", "jdbc-mariadb db1|orders|||initSql=a%20b"),
        ("jdbc:mysql://db1/orders?permitMysqlScheme", "jdbc-mariadb db1|orders|||permitMysqlScheme="),
        ("jdbc:sqlserver://db1:1433;serverName=db2;portNumber=1444;PaSSword={a}", "jdbc-sqlserver db2:1444|||a"),
        ("jdbc:sqlserver://db1;password={a};encrypt=true", "jdbc-sqlserver db1|||a|encrypt=true"),
        ("jdbc:sqlserver://db1;applicationName=a@b", "jdbc-sqlserver db1||||applicationName=a@b"),
        ("mysql+pymysql://app:pw@db1/orders?init_command=a+b", "sqlalchemy-mysql db1|orders|app|pw|init_command=a b"),
        ("redis://:pw@r1:6379/0?db=3", "redis-uri r1:6379|3||pw"),
    ]);
    assert_eq!(summary_at("MYSQL_DSN", "app:pw@/orders"), "go-mysql |orders|app");
    assert_eq!(summary_at("MYSQL_DSN", "app:a?b@tcp/orders"), "go-mysql |orders|app");
    use FaultKind::*;
    for (text, expected) in [
        ("app:pw@tcp(db1)orders", &[MissingSlashes][..]),
        ("app:pw@tcp(db1)/a/b", &[BadEscape]),
        ("mongodb://a:b:c@m1/orders", &[UnescapedPassword]),
        ("mongodb:///orders", &[EmptyHost]),
        ("mongodb+srv://c0.ab1cd.mongodb.net,c1.ab1cd.mongodb.net/orders", &[BadHost]),
        ("jdbc:mysql:loadbalanec://db1/orders", &[UnknownScheme]),
        ("jdbc:mysql://db1//orders", &[BadEscape]),
        ("jdbc:mysql://(host=db1/orders", &[UnbalancedQuote]),
        ("redis://[:::1]:6379/0", &[BadHost]),
        ("redis://[::1]6379/0", &[BadHost]),
    ] {
        assert_eq!(kinds(text), expected, "{text}");
    }
}

#[test]
fn every_family_of_notations_is_read() {
    for (key, text, expected) in [
        // Oracle: service, SID, descriptor, Easy Connect with its prefix and parameters, an alias.
        ("url", "jdbc:oracle:thin:@//o1.example:1521/shop.example", "jdbc-oracle o1.example:1521|shop.example|"),
        (
            "url",
            "jdbc:oracle:thin:@tcps://o1.example:2484/shop?wallet_location=/w",
            "jdbc-oracle o1.example:2484|shop|",
        ),
        (
            "url",
            "jdbc:oracle:thin:@tcp://o1.example,o2.example:1521/shop:pooled",
            "jdbc-oracle o1.example,o2.example:1521|shop:pooled|",
        ),
        (
            "url",
            "jdbc:oracle:thin:@ldap://dir.example:389/shop,cn=OracleContext",
            "jdbc-oracle dir.example:389|shop,cn=OracleContext|",
        ),
        ("url", "jdbc:oracle:oci:@SHOP_HIGH", "jdbc-oracle |SHOP_HIGH|"),
        (
            "ORACLE_DSN",
            "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=o1.example)(PORT=1521))(ADDRESS=(PROTOCOL=TCP)(HOST=o2.example)(PORT=1522)))(CONNECT_DATA=(SERVICE_NAME=shop)))",
            "oracle-tns o1.example:1521,o2.example:1522|shop|",
        ),
        ("ORACLE_DSN", "tcps://o1.example:2484/shop?retry_count=3", "oracle-easy-connect o1.example:2484|shop|"),
        ("ORACLE_DSN", "//o1.example:1521/shop", "oracle-easy-connect o1.example:1521|shop|"),
        ("ORACLE_CONNECT_STRING", "o1.example:1521/shop", "oracle-easy-connect o1.example:1521|shop|"),
        (
            "ORACLE_CONNECT_STRING",
            "app/not-a-real-secret@o1.example:1521/shop",
            "oracle-easy-connect o1.example:1521|shop|app",
        ),
        (
            "ConnectionString",
            "User Id=app;Password=x1;Data Source=(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=o1)(PORT=1521))(CONNECT_DATA=(SID=shop)))",
            "ado-net-oracle o1:1521|shop|app",
        ),
        // Db2, H2, ClickHouse, Snowflake, Redshift, wrappers.
        ("url", "jdbc:db2://d1:50000/SHOP:user=app;sslConnection=true;", "jdbc-db2 d1:50000|SHOP|app"),
        ("url", "jdbc:ids://d1:9088/shop:user=app;", "jdbc-db2 d1:9088|shop|app"),
        ("url", "DATABASE=shop;HOSTNAME=d1;PORT=50000;PROTOCOL=TCPIP;UID=app;PWD=x1", "odbc-db2 d1:50000|shop|app"),
        ("url", "jdbc:h2:tcp://h1:9092/~/shop;MODE=MySQL", "jdbc-h2 h1:9092|~/shop|"),
        ("url", "jdbc:h2:file:/data/shop;AUTO_SERVER=TRUE", "jdbc-h2 |file:/data/shop|"),
        ("url", "jdbc:ch:https://c1:8443/shop?ssl=true", "jdbc-clickhouse c1:8443|shop|"),
        ("url", "clickhouse://app:x1@c1:9000,c2:9000/shop?dial_timeout=5s", "clickhouse-uri c1:9000,c2:9000|shop|app"),
        ("CLICKHOUSE_URL", "https://app:x1@c1.example:8443/shop", "clickhouse-http c1.example:8443|shop|app"),
        ("CLICKHOUSE_DSN", "tcp://c1.example:9000/shop", "clickhouse-http c1.example:9000|shop|"),
        (
            "url",
            "jdbc:snowflake://org-acc.snowflakecomputing.com/?db=SHOP&warehouse=WH&user=app",
            "jdbc-snowflake org-acc.snowflakecomputing.com|SHOP|app",
        ),
        (
            "SNOWFLAKE_URL",
            "snowflake://app:x1@org-acc/SHOP/PUBLIC?warehouse=WH",
            "snowflake-uri org-acc|SHOP/PUBLIC|app",
        ),
        (
            "url",
            "jdbc:redshift:iam://w.abc.eu-west-1.redshift.amazonaws.com:5439/dev?DbUser=app",
            "jdbc-redshift w.abc.eu-west-1.redshift.amazonaws.com:5439|dev|",
        ),
        (
            "url",
            "jdbc:aws-wrapper:mysql://c.cluster-abc.eu-west-1.rds.amazonaws.com/shop?wrapperPlugins=failover",
            "jdbc-mysql c.cluster-abc.eu-west-1.rds.amazonaws.com|shop|",
        ),
        (
            "url",
            "jdbc:mysql:///shop?cloudSqlInstance=p:europe-west1:shop&socketFactory=com.google.cloud.sql.mysql.SocketFactory",
            "jdbc-mysql p:europe-west1:shop|shop|",
        ),
        (
            "url",
            "jdbc:postgresql:///shop?cloudSqlInstance=p:europe-west1:shop&socketFactory=com.google.cloud.sql.postgres.SocketFactory",
            "jdbc-postgresql p:europe-west1:shop|shop|",
        ),
        // ODBC and ADO.NET.
        (
            "x",
            "Driver={PostgreSQL Unicode};Server=p1;Port=5432;Database=shop;Uid=app;Pwd={x;1}",
            "odbc-postgresql p1:5432|shop|app",
        ),
        (
            "x",
            "DRIVER={MariaDB Unicode};SERVER=m1;PORT=3306;DATABASE=shop;USER=app;PASSWORD=x1",
            "odbc-mysql m1:3306|shop|app",
        ),
        (
            "x",
            "Driver={FreeTDS};Server=s1;Port=1433;Database=shop;Uid=app;Pwd=x1;TDS_Version=7.4",
            "odbc-sqlserver s1:1433|shop|app",
        ),
        ("x", "DSN=shop;Uid=app;Pwd=x1", "odbc-sqlserver ||app"),
        (
            "x",
            "Driver={IBM DB2 ODBC DRIVER};Hostname=d1;Port=50000;Protocol=TCPIP;Database=shop;Uid=app;Pwd=x1",
            "odbc-db2 d1:50000|shop|app",
        ),
        ("x", "Driver={Oracle in OraClient19Home1};Dbq=o1:1521/shop;Uid=app;Pwd=x1", "odbc-oracle o1:1521|shop|app"),
        // Brokers, caches and search by their keys alone.
        (
            "spring.kafka.bootstrap-servers",
            "b1.example:9092,b2.example:9092",
            "kafka-list b1.example:9092,b2.example:9092||",
        ),
        ("KAFKA_BOOTSTRAP_SERVERS", "b1:9093", "kafka-list b1:9093||"),
        ("bootstrap.servers", "SSL://b1:9093,SSL://b2:9093", "kafka-list b1:9093,b2:9093||"),
        ("CASSANDRA_CONTACT_POINTS", "c1.example,c2.example:9042", "cassandra-list c1.example,c2.example:9042||"),
        ("spring.data.redis.sentinel.nodes", "s1:26379,s2:26379", "redis-sentinel-list s1:26379,s2:26379||"),
        ("REDIS_CLUSTER_NODES", "r1:6379,r2:6379", "redis-list r1:6379,r2:6379||"),
        ("MEMCACHED_SERVERS", "m1:11211,m2:11211", "memcached-list m1:11211,m2:11211||"),
        ("CACHE_URL", "memcached://m1:11211,m2:11211", "memcached-uri m1:11211,m2:11211||"),
        ("ELASTICSEARCH_HOSTS", "https://e1:9200,https://e2:9200", "elasticsearch-list e1:9200,e2:9200||"),
        ("ELASTICSEARCH_URL", "https://elastic:x1@e1.example:9200", "elasticsearch-list e1.example:9200||elastic"),
        ("NATS_URL", "nats://app:x1@n1:4222,nats://n2:4222", "nats-uri n1:4222,n2:4222||app"),
        ("BROKER_URL", "sentinel://s1:26379;sentinel://s2:26379", "redis-sentinel-uri s1:26379,s2:26379||"),
        // The rest of the URLs.
        ("url", "r2dbc:pool:mysql://m1:3306/shop?maxSize=20", "r2dbc-mysql m1:3306|shop|"),
        ("url", "r2dbcs:postgresql://p1/shop", "r2dbc-postgresql p1|shop|"),
        ("url", "r2dbc:postgresql:failover://p1:5432,p2:5432/shop", "r2dbc-postgresql p1:5432,p2:5432|shop|"),
        ("url", "ecto://app:x1@p1:5432/shop?ssl=true&pool_size=10", "postgres-alias p1:5432|shop|app"),
        (
            "url",
            "postgresql://app:x1@p1:6432/shop?schema=public&connection_limit=10&pgbouncer=true",
            "libpq-uri p1:6432|shop|app",
        ),
        ("url", "prisma://accelerate.prisma-data.net/?api_key=x1", "prisma-accelerate accelerate.prisma-data.net||"),
        ("url", "trilogy://app:x1@m1/shop?pool=5", "mysql-uri m1|shop|app"),
        (
            "url",
            "mssql+pyodbc://app:x1@s1:1433/shop?driver=ODBC+Driver+18+for+SQL+Server",
            "sqlserver-uri s1:1433|shop|app",
        ),
        ("url", "mysqlx://app:x1@m1:33060/shop", "mysqlx-uri m1:33060|shop|app"),
        ("url", "amqps://app:x1@q1:5671/%2Fshop?heartbeat=30", "amqps-uri q1:5671|/shop|app"),
        ("url", "jdbc:cassandra://c1:9042/shop?localdatacenter=dc1", "jdbc-cassandra c1:9042|shop|"),
    ] {
        assert_eq!(summary_at(key, text), expected, "{text}");
    }
}
