//! The documentation of every rule is executed: before → after fires it, before → fixed does not.

use plimsoll::config::Config;
use plimsoll::report::Report;
use plimsoll::review::{Content, Input, Request, review};
use plimsoll::rule::Rule;
use plimsoll::rules::RULES;

/// A fenced block of a rule's documentation whose info string names a side and a file.
struct Block {
    side: String,
    file: String,
    text: String,
}

fn blocks(docs: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in docs.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (line.strip_prefix("```"), &mut open) {
            (Some(""), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                let words: Vec<&str> = info.split_whitespace().collect();
                if let [_, side, file] = words.as_slice() {
                    let (side, file) = ((*side).to_owned(), (*file).to_owned());
                    open = Some(Block { side, file, text: String::new() });
                }
            }
            (_, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (_, None) => {}
        }
    }
    blocks
}

fn run(blocks: &[Block], new_side: &str) -> Report {
    let inputs = |side: &str| -> Vec<Input> {
        let chosen = blocks.iter().filter(|b| b.side == side || b.side == "both");
        let content = |b: &Block| Content::Bytes(b.text.clone().into_bytes());
        chosen.map(|b| Input { path: b.file.clone(), content: content(b) }).collect()
    };
    let policy = blocks.iter().find(|b| b.file == "plimsoll.toml");
    let config = policy
        .map(|b| Config::parse(&b.text, &plimsoll::rules::names()).expect("the example's policy is valid"))
        .unwrap_or_default();
    review(Request { old: inputs("before"), new: inputs(new_side), config, ..Request::default() })
}

fn fired(report: &Report, rule: &Rule) -> bool {
    report.findings.iter().any(|f| f.rule == rule.name)
}

#[test]
fn every_example_does_what_it_says() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let blocks = blocks(rule.docs);
        let sides = |name: &str| blocks.iter().any(|b| b.side == name);
        if !sides("after") || !sides("fixed") {
            wrong.push(format!("{}: needs examples for `after` and `fixed`", rule.name));
            continue;
        }
        let after = run(&blocks, "after");
        let list = |r: &Report| {
            r.findings.iter().map(|f| format!("{}({})", f.rule, f.severity.as_str())).collect::<Vec<_>>().join(" ")
        };
        if !fired(&after, rule) {
            wrong.push(format!("{}: before → after does not fire it; fired: {}", rule.name, list(&after)));
        }
        let mine = after.findings.iter().filter(|f| f.rule == rule.name).map(|f| f.severity).max();
        if let Some(louder) = after.findings.iter().find(|f| f.rule != rule.name && Some(f.severity) > mine) {
            wrong.push(format!("{}: {} is louder on its own example", rule.name, louder.rule));
        }
        let fixed = run(&blocks, "fixed");
        if fired(&fixed, rule) {
            wrong.push(format!("{}: before → fixed fires it still", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_all_headings() {
    let headings = ["What it finds", "Why it hurts", "Example", "What to do", "When it is wrong", "References"];
    for rule in RULES {
        for heading in headings {
            assert!(rule.docs.contains(&format!("## {heading}")), "{}: no heading {heading:?}", rule.name);
        }
        assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{} is not kebab-case", rule.name);
    }
}
