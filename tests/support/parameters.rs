//! The tables of connection-string parameters: as they are written, as they are embedded, and as readers see them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

/// `parameters.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tables {
    #[serde(rename = "family")]
    pub(crate) families: Vec<Family>,
}

/// Clients that read one notation alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    pub(crate) id: String,
    pub(crate) readers: Vec<Reader>,
    pub(crate) sources: Vec<String>,
    /// When the facts were checked: `2026-11`.
    pub(crate) checked: String,
    pub(crate) evidence: plimsoll::catalogue::Evidence,
    #[serde(default, rename = "param")]
    pub(crate) params: Vec<Param>,
    /// Names of which there is nothing else to say.
    pub(crate) names: Vec<String>,
}

/// A client of a family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reader {
    pub(crate) name: String,
    /// What it does with a name that it does not know.
    pub(crate) unknown: Unknown,
    /// Which one counts of a name that stands twice.
    pub(crate) repeated: Repeated,
    /// TLS level where nothing is written.
    #[serde(default)]
    pub(crate) tls: String,
    /// Words of its refusal.
    #[serde(default)]
    pub(crate) says: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unknown {
    Refused,
    Server,
    Warned,
    Ignored,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Repeated {
    First,
    Last,
    Refused,
}

/// A parameter of which a rule must know more than its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Param {
    pub(crate) names: Vec<String>,
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) unit: String,
    #[serde(default)]
    pub(crate) default: String,
    /// Allowed values, where they are few.
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// The TLS level of each allowed value.
    #[serde(default)]
    pub(crate) levels: BTreeMap<String, String>,
    /// Values that take the check of the certificate away.
    #[serde(default)]
    pub(crate) unchecked: Vec<String>,
}

/// Reads the TOML.
pub(crate) fn tables(root: &Path) -> Tables {
    let file = root.join("src/catalogue/parameters.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// One line a client and a parameter; the plain names of a family share one.
pub(crate) fn embedded(tables: &Tables) -> String {
    let mut text = String::new();
    for family in &tables.families {
        let _ = writeln!(text, "={}", family.id);
        for reader in &family.readers {
            let (unknown, repeated) = (word(reader.unknown), word(reader.repeated));
            let _ = writeln!(text, "@{}\t{unknown}\t{repeated}\t{}\t{}", reader.name, reader.tls, reader.says);
        }
        for param in &family.params {
            let levels = param.levels.iter().map(|(value, level)| format!("{value}:{level}"));
            let values: Vec<String> = levels.chain(param.values.iter().cloned()).collect();
            let fields = [
                param.names.join(","),
                param.role.clone(),
                param.unit.clone(),
                param.default.clone(),
                values.join(","),
                param.unchecked.join(","),
            ];
            let _ = writeln!(text, "{}", fields.join("\t").trim_end());
        }
        let _ = writeln!(text, "-{}", family.names.join(","));
    }
    text
}

fn word(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// What is known, for readers.
pub(crate) fn documentation(tables: &Tables) -> String {
    let mut text = String::from(
        "\n## Parameters of connection strings\n\nWhat a client does with a name that it does not know, which one counts of \
         a name that stands twice, and the TLS level that holds where nothing is written.\n",
    );
    for family in &tables.families {
        let sources: Vec<String> = family.sources.iter().map(|s| format!("<{s}>")).collect();
        let evidence = word(family.evidence);
        let _ = writeln!(
            text,
            "\n### `{}`\n\nChecked {} ({evidence}): {}\n",
            family.id,
            family.checked,
            sources.join(", ")
        );
        if !family.readers.is_empty() {
            text.push_str("| Client | Unknown name | Repeated name | TLS by default |\n| --- | --- | --- | --- |\n");
        }
        for reader in &family.readers {
            let says = if reader.says.is_empty() { String::new() } else { format!(": `{}`", reader.says) };
            let (unknown, repeated) = (word(reader.unknown), word(reader.repeated));
            let _ = writeln!(text, "| {} | {unknown}{says} | {repeated} | {} |", reader.name, reader.tls);
        }
        if !family.params.is_empty() {
            text.push_str("\n| Parameter | Role | Unit | Default | Values |\n| --- | --- | --- | --- | --- |\n");
        }
        for param in &family.params {
            let names: Vec<String> = param.names.iter().map(|n| format!("`{n}`")).collect();
            let mut values: Vec<&str> = param.levels.keys().chain(&param.values).map(String::as_str).collect();
            values.retain(|v| *v != "*");
            let (names, values) = (names.join(", "), values.join(", "));
            let _ = writeln!(text, "| {names} | {} | {} | {} | {values} |", param.role, param.unit, param.default);
        }
        let names: Vec<String> = family.names.iter().map(|n| format!("`{n}`")).collect();
        let _ = writeln!(text, "\nAlso known: {}.", names.join(", "));
    }
    text
}
