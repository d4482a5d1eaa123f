//! Documents that are made from the code: they must be fresh. `UPDATE_EXPECT=1` writes them.

#![expect(clippy::disallowed_methods, reason = "a test compares files of the repository")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use plimsoll::rule::{Rule, plain_docs};
use plimsoll::rules::RULES;

use plimsoll::render::{Format, RenderOptions, render};

use crate::support::{Options, review_folders, root};

/// Fails, or rewrites, where a file is not what the code says.
fn fresh(path: &Path, expected: &str) {
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
