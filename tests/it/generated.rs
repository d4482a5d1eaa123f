//! Documents that are made from the code: they must be fresh. `UPDATE_EXPECT=1` writes them.

#![expect(clippy::disallowed_methods, reason = "a test compares files of the repository")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use plimsoll::config::Config;
use plimsoll::rule::{Rule, plain_docs};
use plimsoll::rules::RULES;

use plimsoll::render::{Format, RenderOptions, render};

use crate::support::{Options, review_folders, root};

/// Fails, or rewrites, where a file is not what the code says.
pub(crate) fn fresh(path: &Path, expected: &str) {
    let actual = std::fs::read_to_string(path).unwrap_or_default();
    if actual == expected {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("can be made");
        std::fs::write(path, expected).expect("can be written");
        return;
    }
    panic!("{} is not fresh; UPDATE_EXPECT=1 cargo test --test it writes it", path.display());
}

fn page(rule: &Rule) -> String {
    format!(
        "<!-- Made from src/rules/{}.rs; edit there. -->\n# {}\n\n{}.\n\nUsual severity **{}**, confidence **{}**.\n\n{}",
        rule.name.replace('-', "_"),
        rule.name,
        rule.summary,
        rule.severity.as_str(),
        rule.confidence.as_str(),
        plain_docs(rule)
    )
}

#[test]
fn the_schema_of_the_policy_file_is_fresh() {
    let schema = plimsoll::config::schema(&plimsoll::rules::names());
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    fresh(&root().join("docs/plimsoll.schema.json"), &text);
}

/// Every key of the schema is one that the reader knows, at its place; and it knows none beside.
#[test]
fn the_schema_of_the_policy_file_and_its_reader_agree() {
    let schema = plimsoll::config::schema(&plimsoll::rules::names());
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value["properties"].as_object().map(|p| p.keys().cloned().collect()).unwrap_or_default()
    };
    let error =
        |text: &str| Config::parse(text, &plimsoll::rules::names()).err().map(|e| e.to_string()).unwrap_or_default();
    let mut places = vec![(String::new(), schema.clone())];
    for (key, value) in schema["properties"].as_object().expect("keys") {
        let items = &value["items"];
        match (items.is_object(), value["properties"].is_object()) {
            (true, _) if items["properties"].is_object() => places.push((format!("[[{key}]]\n"), items.clone())),
            (_, true) if key != "rules" => places.push((format!("[{key}]\n"), value.clone())),
            _ => {}
        }
    }
    assert!(places.len() >= 9, "{} places", places.len());
    for (head, place) in places {
        for key in keys(&place) {
            let said = error(&format!("{head}{key} = 1979-05-27T07:32:00Z\n"));
            assert!(!said.contains("unknown key"), "{head}{key}: {said}");
        }
        let said = error(&format!("{head}no-such-key = 1\n"));
        assert!(said.contains("unknown key"), "{head}: {said}");
    }
}

#[test]
fn the_pages_of_the_rules_are_fresh() {
    let folder = root().join("docs/rules");
    let mut pages: BTreeMap<String, String> = RULES.iter().map(|r| (format!("{}.md", r.name), page(r))).collect();
    let mut index = String::from("<!-- Made from src/rules/; edit there. -->\n# Rules\n\n");
    index.push_str(&table(""));
    pages.insert("README.md".to_owned(), index);
    for (name, text) in &pages {
        fresh(&folder.join(name), text);
    }
    let there = std::fs::read_dir(&folder).expect("docs/rules is there");
    for entry in there {
        let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
        assert!(pages.contains_key(&name), "docs/rules/{name} belongs to no rule");
    }
}

fn table(prefix: &str) -> String {
    let mut table = String::from("| Rule | What it finds | Usual severity |\n|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(
            table,
            "| [{}]({prefix}{}.md) | {} | {} |",
            rule.name,
            rule.name,
            rule.summary,
            rule.severity.as_str()
        );
    }
    table
}

#[test]
fn the_made_parts_of_the_readme_are_fresh() {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).expect("README.md is there");
    let text = filled(&text, "rules", &table("docs/rules/"));
    fresh(&path, &filled(&text, "sample", &format!("```text\n{}```\n", sample())));
}

/// Puts `made` between the marks of that name.
fn filled(text: &str, name: &str, made: &str) -> String {
    let start = text.find(&format!("<!-- {name}")).expect("the mark where the part begins");
    let from = start + text[start..].find("-->\n").expect("the mark's end") + 4;
    let to = text.find(&format!("<!-- {name} end -->")).expect("the mark where the part ends");
    format!("{}{made}{}", &text[..from], &text[to..])
}

/// What the README's first command prints.
fn sample() -> String {
    let folder = root().join("examples/pool-flood");
    let report = review_folders(&folder.join("before"), &folder.join("after"), &Options::default());
    render(&report, Format::Text, &RenderOptions::default())
}

#[test]
fn the_page_of_the_formats_is_fresh() {
    fresh(&root().join("docs/formats.md"), &formats());
}

/// What is read, how far, and what is not.
fn formats() -> String {
    let mut page = String::from(FORMATS_HEAD);
    page.push_str("| Syntax | What is read | Told by its name |\n|:--|:--|:--|\n");
    for format in plimsoll::format::FORMATS {
        let code = |text: String| format!("`{text}`");
        let endings = format.extensions.iter().map(|ending| code(format!("*.{ending}")));
        let names = format.names.iter().map(|name| code((*name).to_owned()));
        let words = format.words.iter().map(|word| code(format!("{word}*")));
        let told: Vec<String> = endings.chain(names).chain(words).collect();
        let _ = writeln!(page, "| {} | {} | {} |", format.name, format.reads, told.join(", "));
    }
    page.push_str(FORMATS_TEMPLATES);
    page.push_str("| Shape | What is recognised |\n|:--|:--|\n");
    for platform in plimsoll::platform::PLATFORMS {
        let _ = writeln!(page, "| {} | {} |", platform.name, platform.recognises);
    }
    page.push_str("\n## Files that take effect together\n\n");
    page.push_str("| Layer | What is put together |\n|:--|:--|\n");
    for layering in plimsoll::layer::LAYERINGS {
        let _ = writeln!(page, "| {} | {} |", layering.name, layering.does);
    }
    page.push_str(FORMATS_LAYERS);
    let limits = plimsoll::limits::Limits::default();
    let most = plimsoll::limits::Limits::MOST;
    let rows = [
        ("file-size", "Bytes of a file", limits.file_bytes, most.file_bytes),
        ("values", "Values of a file, by the marks that part them", limits.values, most.values),
        ("depth", "Levels of nesting in YAML (other syntaxes stop at 128)", limits.depth, most.depth),
        ("alias-values", "Values that the aliases of a YAML file may add", limits.alias_values, most.alias_values),
    ];
    for (key, about, usual, most) in rows {
        let _ = writeln!(page, "| `{key}` | {about} | {usual} | {most} |");
    }
    page.push_str(FORMATS_NOT_READ);
    page
}

const FORMATS_HEAD: &str =
    "<!-- Made by a test from the tables of src/format, src/platform and src/layer; edit there. -->
# What Plimsoll reads

Every value keeps its exact line and column, through quotes, escapes, block scalars, base64 and files inside values. The
syntax of a file is told by its name and corrected by its content, so that a wrong ending does not hide a file.

## Syntaxes

";

const FORMATS_TEMPLATES: &str = "
UTF-8 with and without a mark in front and UTF-16 with one are read; properties files that are not UTF-8 are taken for
ISO-8859-1; in other files bytes that are no text are replaced and the coverage says so. A file that breaks off is read up
to there, or around it where its syntax allows; the rest of the review goes on.

## Templates

Nothing is run. Expressions of Go templates, Jinja and ERB, `${…}`, `$(…)`, `@name@`, `#{name}#` and `%NAME%` are masked in
place and put back into the values, so that the structure around them is read with exact places. A default inside an
expression (`{{ .Values.pool | default 10 }}`, `${POOL:-10}`, `ENV.fetch(\"POOL\", 10)`) is the value where nothing else is
given. In YAML and INI the branches of an `if` are all read, elsewhere the last of two equal keys wins. A template whose structure cannot be read without running it is listed in the
coverage as such; its lines are still compared.

## Shapes

The first shape that claims a document reads it; the last one takes everything.

";

const FORMATS_LAYERS: &str = "
Changes are shown where they are written. What runs is judged as it takes effect: a value of an overlay, an environment's
values file or an override has the line of that file, one that is inherited has the line of its base. What cannot be put
together without running the tool (remote bases, plugins, charts that are not in the tree) is said in the coverage.

## Bounds

What is over a bound is named in the coverage and not read; the rest is reviewed. `plimsoll.toml` sets each:

```toml
[limits]
file-size = 33554432
```

| Key | What it bounds | Usual | At the most |
|:--|:--|--:|--:|
";

const FORMATS_NOT_READ: &str = "
## What is not read

- Programs: Python, Ruby, PHP, JavaScript, Go and others. A changed one is listed as changed and not read.
- Jsonnet, CUE, Dhall, Starlark and Pkl: programs that make configuration. Review what they make.
- What stands behind a reference: an external secret, a remote base or chart, a Terraform state or data source.
- Encrypted values (SOPS, Sealed Secrets, Ansible Vault): shown as changed or unchanged, never opened.
- Binary files, Git LFS pointers, submodules and symbolic links: named, never followed.
";
