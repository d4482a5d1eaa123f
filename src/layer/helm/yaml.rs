//! Values written as YAML or JSON, each with its place: what `toYaml` and `toJson` put out.

use super::text::{Bit, Text};
use super::values::{Leaf, Value};
use crate::document::ScalarKind;

/// As block YAML, without a line end behind it.
pub(super) fn block(value: &Value) -> Text {
    let mut out = Text::default();
    block_into(value, 0, true, &mut out);
    // Every line starts with its line end; the first has none.
    let plain = out.plain();
    let start = plain.len() - plain.trim_start_matches('\n').len();
    out.slice(start, plain.len())
}

fn block_into(value: &Value, depth: usize, at_root: bool, out: &mut Text) {
    let line = format!("\n{}", "  ".repeat(depth));
    match value {
        Value::Map(map) if !map.is_empty() => {
            for item in map.values() {
                out.push_made(&line);
                out.push(&scalar(&item.key, ScalarKind::Str));
                out.push_made(":");
                // A list stands under its key without a step to the right, as the Go library writes it.
                let step = if matches!(item.value, Value::List(_)) { 0 } else { 1 };
                below(&item.value, depth + step, out);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for item in items.iter() {
                out.push_made(&line);
                out.push_made("-");
                below(item, depth + 1, out);
            }
        }
        other => {
            if !at_root {
                out.push_made(" ");
            }
            out.push(&flow(other));
        }
    }
}

/// A value behind `key:` or `-`.
fn below(value: &Value, depth: usize, out: &mut Text) {
    if let Value::Leaf(leaf) = value {
        out.push_made(" ");
        return out.push(&leaf_text(leaf, depth));
    }
    block_into(value, depth, false, out);
}

/// Text over several lines stays so, each line with its place; anything else as in JSON or plain.
fn leaf_text(leaf: &Leaf, depth: usize) -> Text {
    let plain = leaf.text.plain();
    let is_block = plain.contains('\n')
        && !plain.contains(['\r', '\t', '\u{85}', '\u{2028}', '\u{2029}'])
        && !plain.starts_with([' ', '\n'])
        && !plain.chars().any(|c| c.is_control() && c != '\n');
    if !is_block {
        return scalar(&leaf.text, leaf.kind);
    }
    let ends = plain.len() - plain.trim_end_matches('\n').len();
    let mut out = Text::made(match ends {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    let end = if ends == 1 { plain.len() - 1 } else { plain.len() };
    out.push(&leaf.text.slice(0, end).indented(2 * depth.max(1)));
    out
}

/// As JSON on one line.
pub(super) fn flow(value: &Value) -> Text {
    let mut out = Text::default();
    match value {
        Value::Leaf(leaf) => match leaf.kind {
            ScalarKind::Str => out.push(&json_text(&leaf.text)),
            _ => out.push(&leaf.text),
        },
        Value::List(items) => {
            out.push_made("[");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_made(",");
                }
                out.push(&flow(item));
            }
            out.push_made("]");
        }
        Value::Map(map) => {
            out.push_made("{");
            for (index, item) in map.values().enumerate() {
                if index > 0 {
                    out.push_made(",");
                }
                out.push(&json_text(&item.key));
                out.push_made(":");
                out.push(&flow(&item.value));
            }
            out.push_made("}");
        }
        Value::Missing | Value::Unknown | Value::Null | Value::Files => out.push_made("null"),
    }
    out
}

/// A scalar in a block: plain where it reads back as what it is.
fn scalar(text: &Text, kind: ScalarKind) -> Text {
    let plain = text.plain();
    let is_word = plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && plain.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
        && !matches!(
            plain.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null"
        );
    if kind != ScalarKind::Str || is_word { text.clone() } else { json_text(text) }
}

fn json_text(text: &Text) -> Text {
    let special = |c: char| matches!(c, '"' | '\\') || c.is_control();
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    let mut out = Text::made("\"");
    if text.bits.iter().any(|bit: &Bit| bit.text.contains(special)) {
        out.push(&text.each(escape));
    } else {
        out.push(text);
    }
    out.push_made("\"");
    out
}
