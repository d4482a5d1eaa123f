//! tokio-postgres' answers: `Config::from_str`. The version is the lock file's and given by hand.
//!
//! `python3 ../strings.py postgresql 2000 | cargo run -q -- 0.7.x > ../../data/tokio-postgres.jsonl`

use std::io::BufRead;

use serde_json::{Map, Value, json};
use tokio_postgres::config::{Config, Host};

fn main() {
    let version = std::env::args().nth(1).expect("the version that Cargo.lock names");
    let date = std::process::Command::new("date").arg("+%F").output().expect("a clock");
    let date = String::from_utf8_lossy(&date.stdout).trim().to_owned();
    println!(
        "{}",
        json!({"driver": "tokio-postgres", "version": version, "date": date, "dialect": "libpq-uri",
            "default_port": 5432, "params": "some", "follows": "libpq"})
    );
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line.expect("text")).expect("a JSON string");
        let mut said = Map::new();
        said.insert("in".into(), json!(text));
        match text.parse::<Config>() {
            Ok(config) => answer(&config, &mut said),
            Err(error) => {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
                said.insert("error".into(), json!(format!("{error}{cause}")));
            }
        }
        println!("{}", Value::Object(said));
    }
}

fn answer(config: &Config, said: &mut Map<String, Value>) {
    let ports = config.get_ports();
    let addresses = config.get_hostaddrs();
    let mut hosts: Vec<Value> = Vec::new();
    for (i, host) in config.get_hosts().iter().enumerate() {
        let host = match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.to_string_lossy().into_owned(),
        };
        let port = if ports.len() == 1 { ports.first() } else { ports.get(i) };
        hosts.push(json!([host, port.map(u16::to_string)]));
    }
    if hosts.is_empty() {
        hosts.extend(addresses.iter().map(|a| json!([a.to_string(), ports.first().map(u16::to_string)])));
    }
    if hosts.is_empty() && !ports.is_empty() {
        hosts.extend(ports.iter().map(|port| json!(["", port.to_string()])));
    }
    said.insert("hosts".into(), Value::Array(hosts));
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            said.insert(name.into(), json!(value));
        }
    };
    put("database", config.get_dbname());
    put("user", config.get_user());
    put("password", config.get_password().map(|p| String::from_utf8_lossy(p).into_owned()).as_deref());
    let mut params = Map::new();
    for (name, value) in [("options", config.get_options()), ("application_name", config.get_application_name())] {
        if let Some(value) = value {
            params.insert(name.into(), json!(value));
        }
    }
    said.insert("params".into(), Value::Object(params));
}
