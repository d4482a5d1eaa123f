//! The most important test of the product: a planted secret never appears in any output of any renderer.

use plimsoll::render::{Format, RenderOptions, render};
use plimsoll::review::{Content, Input, Request, review};
use proptest::prelude::*;

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
