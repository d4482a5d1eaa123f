//! A module uses only modules above it, and every family's folder agrees with its table.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::root;

/// From the bottom up; modules of one row may use rows before them and, within a row, only themselves.
const LAYERS: &[&[&str]] = &[
    &["limits", "quantity", "spread"],
    &["problem", "source"],
    &["document"],
    &["placeholder", "parameter"],
    &["format"],
    &["setting"],
    &["layer"],
    &["platform"],
    &["secret"],
    &["diff", "connection", "catalogue"],
    &["facts"],
    &["meaning", "budget"],
    &["finding"],
    &["rule"],
    &["rules", "score"],
    &["report"],
    &["suppression", "textdiff"],
    &["conclude"],
    &["render"],
    &["config"],
    &["review", "drill"],
    &["patch"],
    &["cli"],
];

/// Uses within one row, and the few that point up, each with its reason.
const ALLOWED: &[(&str, &str)] = &[
    // A source carries the problems of its bytes; a problem carries a span.
    ("source", "problem"),
    ("problem", "source"),
];

#[test]
fn a_module_uses_only_modules_above_it() {
    let rank = |module: &str| LAYERS.iter().position(|row| row.contains(&module));
    let mut wrong = Vec::new();
    // A file of tests may look from above at what it tests.
    for (path, text) in sources().into_iter().filter(|(path, _)| !path.ends_with("/tests.rs")) {
        let module = path.split(['/', '.']).next().expect("a file has a name").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(mine) = rank(&module) else {
            wrong.push(format!("{path}: module `{module}` is not in the table of layers"));
            continue;
        };
        for (number, line) in production_lines(&text) {
            for used in uses(line) {
                let fine = used == module
                    || ALLOWED.contains(&(module.as_str(), used.as_str()))
                    || rank(&used).is_none_or(|theirs| theirs < mine);
                if !fine {
                    wrong.push(format!("src/{path}:{number}: `{module}` uses `{used}`: {}", line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "layers are crossed:\n{}", wrong.join("\n"));
}

/// Lines before the tests of a file.
fn production_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(i, l)| (i + 1, l));
    lines.take_while(|(_, l)| l.trim() != "#[cfg(test)]").filter(|(_, l)| !l.trim_start().starts_with("//"))
}

/// Modules named after `crate::` in a line. Macros live at the root and are no modules.
fn uses(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in line.split("crate::").skip(1) {
        let name: String = part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
        let known = LAYERS.iter().any(|row| row.contains(&name.as_str()));
        if known {
            found.push(name);
        }
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "a test reads the sources")]
fn sources() -> Vec<(String, String)> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                walk(root, &path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root).expect("below src").to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).expect("readable")));
            }
        }
    }
    let mut found = Vec::new();
    let src = root().join("src");
    walk(&src, &src, &mut found);
    found.sort();
    found
}

#[test]
fn every_rule_file_is_in_the_table() {
    let files: BTreeSet<String> = sources()
        .into_iter()
        .filter_map(|(path, _)| Some(path.strip_prefix("rules/")?.strip_suffix(".rs")?.replace('_', "-")))
        // What lies below a rule is a part of it.
        .filter(|name| !name.contains('/'))
        .collect();
    let table: BTreeSet<String> = plimsoll::rules::RULES.iter().map(|r| r.name.to_owned()).collect();
    assert_eq!(files, table);
}
