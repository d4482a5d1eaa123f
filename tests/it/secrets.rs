//! The most important test of the product: a planted secret never appears in any output of any renderer.

#![allow(clippy::disallowed_methods, reason = "a test takes its size from the environment")]

use plimsoll::render::{Format, RenderOptions, render};
use plimsoll::review::{Content, Input, Request, review};
use plimsoll::secret::Redactor;
use proptest::prelude::*;

use plimsoll::drill::Random;

/// Characters that passwords have and that connection strings trip over.
fn secret() -> impl Strategy<Value = String> {
    // Nine random characters after a canary: long enough not to occur by chance.
    "[A-Za-z0-9@:/%?#&=;+!~*._-]{9}".prop_map(|tail| format!("Cn4ry{tail}"))
}

/// A connection string with the secret at the password's place, well-formed or not.
fn string(secret: &str, shape: usize) -> String {
    match shape % 14 {
        0 => format!("postgres://app:{secret}@db.example.internal:5432/orders?sslmode=require"),
        1 => format!("mysql://app:{secret}@db.example.internal/orders"),
        2 => format!("mongodb://app:{secret}@a.example.internal:27017,b.example.internal:27017/orders"),
        3 => format!("redis://:{secret}@cache.example.internal:6379/0"),
        4 => format!("amqp://app:{secret}@mq.example.internal/vhost"),
        5 => format!("jdbc:postgresql://db.example.internal:5432/orders?user=app&password={secret}"),
        6 => format!("jdbc:mysql://app:{secret}@db.example.internal/orders"),
        7 => format!("jdbc:sqlserver://db.example.internal:1433;databaseName=o;user=app;password={secret}"),
        8 => format!("host=db.example.internal port=5432 user=app password={secret} dbname=orders"),
        9 => format!("Host=db.example.internal;Username=app;Password={secret};Database=orders"),
        10 => format!("Server=tcp:db.example.internal,1433;User Id=app;Pwd={secret};"),
        11 => format!("postgres//app:{secret}@db.example.internal/orders"),
        12 => format!("postgresql+psycopg2://app:{secret}@db.example.internal:54x2/orders"),
        _ => format!("app:{secret}@tcp(db.example.internal:3306)/orders"),
    }
}

fn json_text(value: &str) -> String {
    serde_json::to_string(value).expect("text is JSON")
}

/// A file that holds a value, in one of the formats and shapes.
fn file(value: &str, raw_secret: &str, shape: usize) -> (&'static str, String) {
    let quoted = json_text(value);
    let single = value.replace('\'', "''");
    let xml = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    match shape % 15 {
        0 => ("prod/app.yaml", format!("database:\n  url: {quoted}\n  pool: 10\n")),
        1 => ("prod/app.yaml", format!("database:\n  url: '{single}'\n")),
        2 => ("prod/app.json", format!("{{\"db\": {{\"url\": {quoted}, \"password\": {}}}}}", json_text(raw_secret))),
        3 => ("prod/app.toml", format!("[database]\nurl = {quoted}\n")),
        4 => ("prod/.env", format!("DATABASE_URL={value}\nDB_PASSWORD={raw_secret}\n")),
        5 => (
            "prod/application.properties",
            format!("spring.datasource.url={value}\nspring.datasource.password={raw_secret}\n"),
        ),
        6 => (
            "prod/config.yaml",
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  application.properties: |\n    db.url={value}\n    db.password={raw_secret}\n  URL: {quoted}\n"
            ),
        ),
        7 => (
            "prod/secret.yaml",
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  anything: {}\n  url: {quoted}\n",
                json_text(raw_secret)
            ),
        ),
        8 => ("prod/app.yaml", format!("# old: {value}\nurl: {quoted} # was {value}\n")),
        9 => ("prod/broken.yaml", format!("url: {quoted}\n  bad: [unclosed\nDB_PASSWORD: {quoted}\n")),
        10 => (
            "compose.yaml",
            format!(
                "services:\n  web:\n    image: x\n    command: [\"--db\", {quoted}]\n    environment:\n      - DATABASE_URL={value}\n      - DB_PASSWORD={raw_secret}\n"
            ),
        ),
        11 => (
            "prod/web.config",
            format!(
                "<configuration>\n <connectionStrings><add name=\"Main\" connectionString=\"{}\"/></connectionStrings>\n <appSettings><add key=\"DbPassword\" value=\"{}\"/></appSettings>\n</configuration>\n",
                xml(value),
                xml(raw_secret)
            ),
        ),
        12 => (
            "prod/context.xml",
            format!(
                "<Context><!-- {value} -->\n <Resource name=\"jdbc/a\" url=\"{}\" password=\"{}\"/>\n <security><password>{}</password></security>\n</Context>\n",
                xml(value),
                xml(raw_secret),
                xml(raw_secret)
            ),
        ),
        13 => (
            "prod/broken.xml",
            format!(
                "<beans><property name=\"url\" value=\"{value}\"><property name=\"password\">{raw_secret}</beans>\n"
            ),
        ),
        _ => ("prod/unknown.txt", format!("some text {value} and password: {raw_secret}\n")),
    }
}

fn outputs(old: Vec<Input>, new: Vec<Input>) -> Vec<(Format, String)> {
    let report = review(Request { old, new, ..Request::default() });
    Format::ALL.into_iter().map(|f| (f, render(&report, f, &RenderOptions::default()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 1500 } else { 10_000 }))]

    #[test]
    fn a_planted_secret_is_never_printed(
        old_secret in secret(), new_secret in secret(), string_shape in 0usize..14, file_shape in 0usize..15, both in any::<bool>(),
    ) {
        let input = |secret: &str| {
            let (path, text) = file(&string(secret, string_shape), secret, file_shape);
            vec![Input { path: path.to_owned(), content: Content::Bytes(text.into_bytes()) }]
        };
        let old = if both { input(&old_secret) } else { Vec::new() };
        for (format, text) in outputs(old, input(&new_secret)) {
            for secret in [&old_secret, &new_secret] {
                let tail = &secret[5..];
                prop_assert!(!text.contains(secret.as_str()), "{:?} prints {secret}", format);
                // The canary without its tail would tell where a secret was cut; the tail alone is most of it.
                prop_assert!(!text.contains(tail), "{:?} prints a part of {secret}", format);
            }
        }
    }
}

/// What may stand in a connection string, with a place for the secret and the characters that would end it there. Broken
/// ones stand beside sound ones.
const SHAPES: [(&str, &str); 40] = [
    ("postgres://app:{}@db.example.internal:5432/orders?sslmode=require", ""),
    ("postgresql://app:{}@a.example.internal:5432,b.example.internal/orders?target_session_attrs=any", ""),
    ("postgresql://app:{}@/orders?host=/var/run/postgresql", ""),
    ("postgres:/app:{}@db.example.internal/orders", ""),
    ("postgres//app:{}@db.example.internal/orders", ""),
    ("postgress://app:{}@db.example.internal:5432/orders", ""),
    ("POSTGRES://app:{}@db.example.internal:54x2/orders", ""),
    ("postgresql+asyncpg://app:{}@db.example.internal/orders", ""),
    ("postgresql://db.example.internal/orders?user=app&password={}&sslmode=require", "&#%"),
    ("postgresql://db.example.internal/orders?sslmode=require&sslpassword={}", "&#%"),
    ("mysql://app:{}@db.example.internal:3306/orders?ssl-mode=REQUIRED", ""),
    ("mysql+pymysql://app:{}@db.example.internal/orders", ""),
    ("mongodb://app:{}@a.example.internal:27017,b.example.internal:27017/orders?replicaSet=rs0", ""),
    ("mongodb+srv://app:{}@cluster0.example.net/orders?retryWrites=true", ""),
    ("redis://:{}@cache.example.internal:6379/0", ""),
    ("rediss://app:{}@cache.example.internal:6379/0", ""),
    ("redis-sentinel://:{}@s1.example.internal:26379,s2.example.internal:26379/mymaster", ""),
    ("amqp://app:{}@mq.example.internal:5672/vhost", ""),
    ("amqps://app:{}@mq1.example.internal,amqps://app:{}@mq2.example.internal", ""),
    ("clickhouse://app:{}@ch.example.internal:9000/events", ""),
    ("sqlserver://app:{}@db.example.internal:1433?database=orders", ""),
    ("nats://app:{}@nats.example.internal:4222", ""),
    ("https://app:{}@search.example.internal:9200/index", ""),
    ("jdbc:postgresql://db.example.internal:5432/orders?user=app&password={}", "&#%"),
    ("jdbc:postgresql://app:{}@db.example.internal/orders", ""),
    ("jdbc:mysql://db.example.internal/orders?user=app&password={}&useSSL=true", "&#%"),
    ("jdbc:mariadb://db.example.internal/orders?user=app&password={}", "&#%"),
    ("jdbc:sqlserver://db.example.internal:1433;databaseName=o;user=app;password={};encrypt=true", ";"),
    ("jdbc:oracle:thin:app/{}@db.example.internal:1521/orders", "@/"),
    ("jdbc:oracle:thin:app/{}@//db.example.internal:1521/orders", "@/"),
    ("jdbc:snowflake://acc.snowflakecomputing.com/?user=app&password={}", "&#%"),
    ("r2dbc:postgresql://app:{}@db.example.internal/orders", ""),
    ("r2dbc:pool:mysql://app:{}@db.example.internal/orders", ""),
    ("host=db.example.internal port=5432 user=app password={} dbname=orders", ""),
    ("host=db.example.internal user=app password='{}' dbname=orders", "'\\"),
    ("Host=db.example.internal;Username=app;Password={};Database=orders", ";"),
    ("Server=tcp:db.example.internal,1433;User Id=app;Pwd={};Encrypt=True", ";"),
    ("Driver={ODBC Driver 18 for SQL Server};Server=db.example.internal;UID=app;PWD={};", ";"),
    ("app:{}@tcp(db.example.internal:3306)/orders?parseTime=true", ""),
    ("AccountName=app;AccountKey={};EndpointSuffix=core.example.net", ";"),
];

const FIRST: &str = "Cn4ryQ";
const LAST: &str = "Z7taiL";

/// A secret between two marks, so that a piece of it from either end is noticed.
fn marked(random: &mut Random, barred: &str) -> String {
    const ALPHABET: &[u8] = b"abcXYZ0189@:/%?#&=;+!~*._-$^(),";
    let mut middle = String::new();
    while middle.len() < 8 {
        let c = char::from(ALPHABET[random.below(ALPHABET.len())]);
        if !barred.contains(c) {
            middle.push(c);
        }
    }
    format!("{FIRST}{middle}{LAST}")
}

/// One file with many strings, each under a key of its own that says nothing.
fn batch(random: &mut Random, kind: usize, strings: usize) -> (&'static str, String) {
    let values: Vec<String> = (0..strings)
        .map(|_| {
            let (shape, barred) = SHAPES[random.below(SHAPES.len())];
            let secret = marked(random, barred);
            shape.replace("{}", &secret)
        })
        .collect();
    let lines = |line: &dyn Fn(usize, &str) -> String| -> String {
        values.iter().enumerate().map(|(n, value)| line(n, value)).collect()
    };
    match kind % 6 {
        0 => ("prod/app.yaml", lines(&|n, v| format!("svc{n}:\n  url: {}\n", json_text(v)))),
        1 => ("prod/app.toml", lines(&|n, v| format!("[svc{n}]\nurl = {}\n", json_text(v)))),
        2 => {
            let body = lines(&|n, v| format!("\"svc{n}\": {{\"url\": {}}},\n", json_text(v)));
            ("prod/app.json", format!("{{\n{body}\"end\": 1}}\n"))
        }
        3 => ("prod/.env", lines(&|n, v| format!("SVC{n}_URL={v}\n"))),
        4 => ("prod/application.properties", lines(&|n, v| format!("svc{n}.url={v}\n"))),
        _ => {
            let body = lines(&|n, v| format!("  SVC{n}_URL: {} # was {v}\n", json_text(v)));
            ("prod/config.yaml", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{body}"))
        }
    }
}

/// Strings in the ordinary run: all outputs of a string cost milliseconds without optimisation.
const STRINGS: usize = if cfg!(debug_assertions) { 2_400 } else { 100_000 };

/// `SECRETS=1000000` tries that many strings.
#[test]
fn of_many_strings_none_gives_its_secret_away() {
    const IN_ONE_FILE: usize = 40;
    let wanted = std::env::var("SECRETS").ok().and_then(|n| n.parse().ok()).unwrap_or(STRINGS);
    let mut random = Random::new(11);
    for round in 0..wanted / (2 * IN_ONE_FILE) {
        let mut side = || {
            let (path, text) = batch(&mut random, round, IN_ONE_FILE);
            vec![Input { path: path.to_owned(), content: Content::Bytes(text.into_bytes()) }]
        };
        let (old, new) = (side(), side());
        for (format, text) in outputs(old, new) {
            if let Some(around) = leak(&text) {
                panic!("round {round}: {format:?} prints a piece of a secret around {around:?}");
            }
        }
    }
}

/// A piece of a secret with what stands around it.
fn leak(text: &str) -> Option<String> {
    let at = [FIRST, LAST].iter().find_map(|mark| text.find(mark))?;
    let start = text[..at].char_indices().rev().nth(120).map_or(0, |(start, _)| start);
    Some(text[start..].chars().take(300).collect())
}

/// A value under a key that says nothing, as every output prints it.
#[test]
fn a_hundred_thousand_values_are_shown_without_their_secrets() {
    let redactor = Redactor::default();
    let mut random = Random::new(5);
    let mut leaks = Vec::new();
    for _ in 0..100_000 {
        let (shape, barred) = SHAPES[random.below(SHAPES.len())];
        let text = shape.replace("{}", &marked(&mut random, barred));
        let shown = redactor.value("url", &text).to_string();
        leaks.extend(leak(&shown).map(|_| text));
    }
    assert!(leaks.is_empty(), "{} leaks: {:#?}", leaks.len(), &leaks[..leaks.len().min(12)]);
}
