//! Whether two values of one setting are the same, and in which way they differ.
//!
//! Another spelling of one value is no change where every reader gives the same (`0x10` and `16`, a document written in
//! another layout inside a value), and a change of its own where a reader may tell them apart (`10` and `"10"`, a blank at
//! the end of a line). What a number means to its key is not known here; see `crate::meaning`.

use std::collections::BTreeMap;

use crate::document::{FormatId, Node, NodeKind, Scalar, ScalarKind};
use crate::format::{self, FORMATS};
use crate::secret::is_armoured;
use crate::setting::{Resource, Setting};
use crate::source::{Side, Source, SourceId};

use super::ChangeKind;
use super::moves::is_variable;

/// How two values of one setting differ; `None` where they are the same.
pub(super) fn change(old: (&Resource, &Setting), new: (&Resource, &Setting)) -> Option<ChangeKind> {
    let (before, after) = (&old.1.value, &new.1.value);
    let variable = is_variable(old.0, old.1) && is_variable(new.0, new.1);
    // Kubernetes refuses a variable that is not text; everywhere else a variable is text however it is written.
    let typed = !matches!(new.0.id.kind.as_str(), "file" | "service");
    let is_null = |scalar: &Scalar| scalar.kind == ScalarKind::Null;
    match (variable, before.text == after.text) {
        (true, true) if !typed && is_null(before) == is_null(after) => None,
        (true, false) => text_change(old.1, new.1),
        (false, false) if before.kind == ScalarKind::Str && after.kind == ScalarKind::Str => text_change(old.1, new.1),
        _ => scalar_change(before, after),
    }
}

fn scalar_change(old: &Scalar, new: &Scalar) -> Option<ChangeKind> {
    use ScalarKind::{Bool, Float, Int, Null, Str};
    if old.text == new.text {
        return (old.kind != new.kind).then_some(ChangeKind::Retyped);
    }
    let same = match (old.kind, new.kind) {
        (Null, Null) => return None,
        (Bool, Bool) if old.text.eq_ignore_ascii_case(&new.text) => return None,
        (Bool, Bool) => truth(&old.text).is_some() && truth(&old.text) == truth(&new.text),
        (Bool, Str) | (Str, Bool) => truth(&old.text).is_some() && old.text.eq_ignore_ascii_case(&new.text),
        (Int, Int) if whole(&old.text).is_some() && whole(&old.text) == whole(&new.text) => return None,
        (Int | Float, Int | Float) => decimal(&old.text).is_some() && decimal(&old.text) == decimal(&new.text),
        _ => false,
    };
    Some(if same { ChangeKind::Retyped } else { ChangeKind::Modified })
}

/// How two different texts differ.
fn text_change(old: &Setting, new: &Setting) -> Option<ChangeKind> {
    let (a, b) = (old.value.text.as_str(), new.value.text.as_str());
    if is_same_document(old, new) {
        return None;
    }
    // A line end or a blank after a password or a host is a mistake that must be seen. After the lines of a longer text,
    // or between those of a certificate, it is layout which a reader of bytes still sees.
    let layout = (is_block(a) && is_block(b) && lines(a).eq(lines(b)))
        || (is_armoured(a) && is_armoured(b) && packed(a).eq(packed(b)));
    Some(if layout { ChangeKind::Retyped } else { ChangeKind::Modified })
}

/// Whether a text has several lines.
fn is_block(text: &str) -> bool {
    text.trim_end().contains('\n')
}

/// The lines of a text without blanks at their ends and without empty ones at its own.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim_end().lines().map(str::trim_end)
}

fn packed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace())
}

/// Whether both values are documents that say the same.
fn is_same_document(old: &Setting, new: &Setting) -> bool {
    let (Some(a), Some(b)) = (document(old), document(new)) else { return false };
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| is_same_node(a, b))
}

/// The document that a value is, if it is one.
fn document(setting: &Setting) -> Option<Vec<Node>> {
    let text = setting.value.text.trim();
    let is_json = (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'));
    if is_json {
        let json = FORMATS.iter().find(|format| format.id == FormatId::Json)?;
        let document = (json.parse)(&Source::new("", Side::New, text.as_bytes()), SourceId(0));
        if document.problems.is_empty() && !document.roots.is_empty() {
            return Some(document.roots);
        }
    }
    if !is_block(text) {
        return None;
    }
    let document = format::parse_embedded(setting.path.last(), &setting.value, SourceId(0))?;
    let known = matches!(document.format, FormatId::Yaml | FormatId::Json | FormatId::Toml | FormatId::Properties);
    (known && document.problems.is_empty()).then_some(document.roots)
}

fn is_same_node(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (NodeKind::Scalar(a), NodeKind::Scalar(b)) => a.kind == b.kind && scalar_change(a, b).is_none(),
        (NodeKind::Sequence(a), NodeKind::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_node(a, b))
        }
        (NodeKind::Mapping(_), NodeKind::Mapping(_)) => {
            let (a, b) = (by_key(a), by_key(b));
            a.len() == b.len() && a.iter().zip(&b).all(|((k, a), (l, b))| k == l && is_same_node(a, b))
        }
        _ => false,
    }
}

/// The values of a mapping; of two equal keys the later counts.
fn by_key(node: &Node) -> BTreeMap<&str, &Node> {
    node.entries().iter().map(|entry| (entry.key.text.as_str(), &entry.value)).collect()
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

fn whole(text: &str) -> Option<i128> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)];
    let (digits, radix) = prefixed
        .iter()
        .find_map(|&(prefix, radix)| Some((digits.strip_prefix(prefix)?, radix)))
        // `010` is eight to some readers and ten to others, so it is equal to nothing but itself.
        .or_else(|| (digits == "0" || !digits.starts_with('0')).then_some((digits, 10)))?;
    i128::from_str_radix(digits, radix).ok().map(|value| sign * value)
}

/// A number as its sign, its digits without zeros at the ends, and the power of ten of the last one; exact, so that two
/// numbers which a float would not tell apart stay two.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    if let Some(value) = whole(text) {
        return normal(value < 0, &value.unsigned_abs().to_string(), 0);
    }
    let text = text.replace('_', "").to_ascii_lowercase();
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = match body.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (body, 0),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let ambiguous = before.len() > 1 && before.starts_with('0') && !mantissa.contains('.') && exponent == 0;
    let digits = format!("{before}{after}");
    if ambiguous || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    normal(negative, &digits, i64::from(exponent) - i64::try_from(after.len()).ok()?)
}

fn normal(negative: bool, digits: &str, power: i64) -> Option<(bool, String, i64)> {
    let significant = digits.trim_start_matches('0');
    let kept = significant.trim_end_matches('0');
    if kept.is_empty() {
        return Some((false, String::new(), 0));
    }
    let zeros = i64::try_from(significant.len() - kept.len()).ok()?;
    Some((negative, kept.to_owned(), power + zeros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_by_value_and_to_the_last_digit() {
        for (a, b) in [("1e3", "1000"), ("1_000.0", "1000"), ("0x10", "16.0"), ("-0.50", "-5e-1"), ("0.0", "-0")] {
            assert_eq!(decimal(a), decimal(b), "{a} {b}");
            assert!(decimal(a).is_some(), "{a}");
        }
        for (a, b) in [("9007199254740993.0", "9007199254740992"), ("1", "-1"), ("1.5", "15")] {
            assert_ne!(decimal(a), decimal(b), "{a} {b}");
        }
        for none in ["010", "x", "", ".", "1e", "1.2.3", "-"] {
            assert_eq!(decimal(none), None, "{none}");
        }
    }
}
