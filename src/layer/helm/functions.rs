//! The functions of templates, as far as their results can be told.
//!
//! In: a name and values. Out: a value; unknown for what is not known here, so that the expression is shown as it is.
//! Documented under <https://helm.sh/docs/chart_template_guide/function_list/>.

use std::cmp::Ordering;
use std::rc::Rc;

use base64::Engine as _;

use super::render::{Renderer, dict};
use super::text::Text;
use super::values::{Item, Leaf, Map, Value, lay};
use super::yaml;
use crate::document::ScalarKind;

/// Longest text or list that a function makes of nothing: `repeat`, `until`.
const LONGEST: usize = 10_000;

/// Widest indentation.
const WIDEST: usize = 200;

/// Bytes that `replace` may add.
const ADDED: usize = 1024 * 1024;

/// The value of a call; `None` where a bound was reached.
pub(super) fn call(renderer: &mut Renderer<'_>, name: &str, mut given: Vec<Value>, root: &Value) -> Option<Value> {
    match name {
        "include" => {
            let data = given.pop().unwrap_or(Value::Missing);
            let Some(name) = given.first().and_then(Value::plain) else { return Some(Value::Unknown) };
            return Some(renderer.call(&name, &data)?.map_or(Value::Unknown, Value::text));
        }
        "tpl" => {
            let data = given.get(1).cloned().unwrap_or_else(|| root.clone());
            let Some(text) = given.first().and_then(Value::as_text) else { return Some(first_of(&given)) };
            return Some(renderer.inner(text, &data)?.map_or(Value::Unknown, Value::text));
        }
        _ => {}
    }
    Some(decide(name, &given).unwrap_or_else(|| compute(name, &given)))
}

fn first_of(given: &[Value]) -> Value {
    given.first().cloned().unwrap_or(Value::Missing)
}

/// Functions that ask whether something is there. `None` for any other.
fn decide(name: &str, given: &[Value]) -> Option<Value> {
    let last = given.last().cloned().unwrap_or(Value::Missing);
    let known = |value: Option<bool>| value.map_or(Value::Unknown, Value::bool);
    Some(match name {
        "default" => {
            let [fallback, value] = given else { return Some(Value::Unknown) };
            match value.truth() {
                Some(false) => fallback.clone(),
                _ => value.clone(),
            }
        }
        "required" => last,
        "coalesce" => {
            let found = given.iter().find(|value| value.truth() != Some(false));
            found.cloned().unwrap_or(Value::Missing)
        }
        "ternary" => {
            let [yes, no, test] = given else { return Some(Value::Unknown) };
            match test.truth() {
                Some(true) => yes.clone(),
                Some(false) => no.clone(),
                None => Value::Unknown,
            }
        }
        "and" => given.iter().find(|value| value.truth() != Some(true)).cloned().unwrap_or(last),
        "or" => given.iter().find(|value| value.truth() != Some(false)).cloned().unwrap_or(last),
        "not" | "empty" => known(last.truth().map(|truth| !truth)),
        "all" => known(given.iter().map(Value::truth).try_fold(true, |all, one| Some(all && one?))),
        "any" => known(given.iter().map(Value::truth).try_fold(false, |any, one| Some(any || one?))),
        "eq" => known(equal(given)),
        "ne" => known(equal(given).map(|equal| !equal)),
        "lt" => known(order(given).map(Ordering::is_lt)),
        "le" => known(order(given).map(Ordering::is_le)),
        "gt" => known(order(given).map(Ordering::is_gt)),
        "ge" => known(order(given).map(Ordering::is_ge)),
        "hasKey" => {
            let (Some(map), Some(key)) = (first_of(given).as_map().cloned(), last.plain()) else {
                return Some(Value::bool(false));
            };
            Value::bool(map.contains_key(&key))
        }
        "kindIs" | "typeIs" => known(given.first().and_then(Value::plain).map(|wanted| kind(&last) == wanted)),
        "kindOf" | "typeOf" => Value::made(kind(&last)),
        "fail" => Value::Null,
        "lookup" => Value::Missing,
        "dict" => dict(given),
        "list" | "tuple" => Value::list(given.to_vec()),
        _ => return None,
    })
}

fn equal(given: &[Value]) -> Option<bool> {
    let (first, rest) = given.split_first()?;
    let is = |other: &Value| match (first, other) {
        (Value::Unknown, _) | (_, Value::Unknown) => None,
        (Value::Leaf(a), Value::Leaf(b)) if a.text.is_masked() || b.text.is_masked() => None,
        (Value::Leaf(a), Value::Leaf(b)) => Some(a.text.plain() == b.text.plain()),
        (Value::Missing | Value::Null, Value::Missing | Value::Null) => Some(true),
        _ => Some(false),
    };
    // `eq a b c` asks whether a is one of the others.
    let answers: Vec<Option<bool>> = rest.iter().map(is).collect();
    if answers.contains(&Some(true)) { Some(true) } else { answers.into_iter().try_fold(false, |_, one| one) }
}

fn order(given: &[Value]) -> Option<Ordering> {
    let [a, b] = given else { return None };
    match (a.number(), b.number()) {
        (Some(a), Some(b)) => a.partial_cmp(&b),
        _ => Some(a.plain()?.cmp(&b.plain()?)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Missing | Value::Null | Value::Unknown => "invalid",
        Value::List(_) => "slice",
        Value::Map(_) | Value::Files => "map",
        Value::Leaf(leaf) => match leaf.kind {
            ScalarKind::Bool => "bool",
            ScalarKind::Int => "int",
            ScalarKind::Float => "float64",
            ScalarKind::Str | ScalarKind::Null => "string",
        },
    }
}

/// Functions of values that are there.
fn compute(name: &str, given: &[Value]) -> Value {
    // What is missing or unknown stays so through any function.
    let gone = given.iter().find(|value| matches!(value, Value::Missing | Value::Unknown));
    let tolerant = matches!(
        name,
        "merge"
            | "mergeOverwrite"
            | "mustMerge"
            | "mustMergeOverwrite"
            | "concat"
            | "append"
            | "set"
            | "printf"
            | "print"
            | "join"
    );
    if let (Some(gone), false) = (gone, tolerant) {
        return gone.clone();
    }
    strings(name, given)
        .or_else(|| numbers(name, given))
        .or_else(|| collections(name, given))
        .or_else(|| encodings(name, given))
        .unwrap_or(Value::Unknown)
}

/// The text of any known value.
fn text_of(value: &Value) -> Option<Text> {
    match value {
        Value::Leaf(leaf) => Some(leaf.text.clone()),
        Value::Null => Some(Text::default()),
        Value::List(_) | Value::Map(_) => Some(Text::made(go_text(value))),
        Value::Missing | Value::Unknown | Value::Files => None,
    }
}

fn strings(name: &str, given: &[Value]) -> Option<Value> {
    let last = text_of(given.last()?)?;
    let word = |at: usize| given.get(at).and_then(Value::plain);
    let count = |at: usize| given.get(at).and_then(Value::number).map(|n| n.max(0.0) as usize);
    let whole = |change: &dyn Fn(&str) -> String| {
        // A mask must keep its length.
        let text = if last.is_masked() { last.clone() } else { last.replaced(change(&last.plain())) };
        Value::text(text)
    };
    let blank = |c: char| c.is_whitespace();
    Some(match name {
        "quote" => Value::text(join_with(given, |text| quoted(&text, '"'))?),
        "squote" => Value::text(join_with(given, |text| quoted(&text, '\''))?),
        "toString" | "print" if given.len() == 1 => Value::text(last),
        "print" | "println" => Value::text(join_with(given, |text| text)?),
        "printf" => printf(given)?,
        "trim" => Value::text(last.trimmed(blank)),
        "trimAll" => {
            let cut = word(0)?;
            Value::text(last.trimmed(|c| cut.contains(c)))
        }
        "trimSuffix" => match word(0) {
            Some(end) if last.plain().ends_with(&end) => Value::text(last.slice(0, last.len() - end.len())),
            _ => Value::text(last),
        },
        "trimPrefix" => match word(0) {
            Some(start) if last.plain().starts_with(&start) => Value::text(last.slice(start.len(), last.len())),
            _ => Value::text(last),
        },
        "upper" => Value::text(last.each(|c| c.to_uppercase().collect())),
        "lower" => Value::text(last.each(|c| c.to_lowercase().collect())),
        "untitle" | "title" | "camelcase" | "snakecase" | "kebabcase" => return None,
        "nospace" => whole(&|text| text.chars().filter(|c| !c.is_whitespace()).collect()),
        "replace" => {
            let (from, to) = (word(0)?, word(1)?);
            let found = last.plain().matches(from.as_str()).count();
            match found {
                0 => Value::text(last),
                _ if from.is_empty() || found.saturating_mul(to.len()) > ADDED => return None,
                _ => whole(&|text| text.replace(&from, &to)),
            }
        }
        "trunc" => {
            let bound = given.first()?.number()?;
            let plain = last.plain();
            if bound < 0.0 || last.is_masked() || plain.len() <= bound as usize {
                Value::text(last)
            } else {
                let end = (0..=bound as usize).rev().find(|&at| plain.is_char_boundary(at)).unwrap_or(0);
                Value::text(last.slice(0, end))
            }
        }
        "indent" => Value::text(last.indented(count(0)?.min(WIDEST))),
        "nindent" => {
            let mut text = Text::made("\n");
            text.push(&last.indented(count(0)?.min(WIDEST)));
            Value::text(text)
        }
        "contains" => Value::bool(unmasked(&last)?.contains(&word(0)?)),
        "hasPrefix" => Value::bool(unmasked(&last)?.starts_with(&word(0)?)),
        "hasSuffix" => Value::bool(unmasked(&last)?.ends_with(&word(0)?)),
        "repeat" => {
            let times = count(0)?.min(LONGEST / last.len().max(1));
            whole(&|text| text.repeat(times))
        }
        "cat" => {
            let words: Option<Vec<String>> = given.iter().map(Value::plain).collect();
            Value::made(&words?.join(" "))
        }
        "splitList" => {
            let (plain, by) = (unmasked(&last)?, word(0)?);
            Value::list(plain.split(by.as_str()).map(|part| Value::text(last.replaced(part))).collect())
        }
        "join" => {
            let by = word(0)?;
            let Value::List(items) = given.last()? else { return Some(Value::text(last)) };
            let mut text = Text::default();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_made(&by);
                }
                text.push(&text_of(item)?);
            }
            Value::text(text)
        }
        _ => return None,
    })
}

fn unmasked(text: &Text) -> Option<String> {
    (!text.is_masked()).then(|| text.plain())
}

fn join_with(given: &[Value], change: impl Fn(Text) -> Text) -> Option<Text> {
    let mut out = Text::default();
    for (index, value) in given.iter().filter(|value| !matches!(value, Value::Null)).enumerate() {
        if index > 0 {
            out.push_made(" ");
        }
        out.push(&change(text_of(value)?));
    }
    Some(out)
}

/// In quotes, with what must be escaped.
fn quoted(text: &Text, quote: char) -> Text {
    let mut out = Text::made(quote.to_string());
    let special = |c: char| if quote == '"' { matches!(c, '"' | '\\' | '\n' | '\t' | '\r') } else { c == '\'' };
    if text.bits.iter().any(|bit| !bit.is_masked() && bit.text.contains(special)) {
        out.push(&text.each(|c| match c {
            '\n' => "\\n".into(),
            '\t' => "\\t".into(),
            '\r' => "\\r".into(),
            '\'' if quote == '\'' => "''".into(),
            '"' | '\\' if quote == '"' => format!("\\{c}"),
            c => c.to_string(),
        }));
    } else {
        out.push(text);
    }
    out.push_made(&quote.to_string());
    out
}

/// `printf` with `%s`, `%d`, `%v`, `%q`, `%t` and `%%`; anything else is not told.
fn printf(given: &[Value]) -> Option<Value> {
    let format = given.first()?.as_text()?;
    let plain = format.plain();
    let mut values = given.iter().skip(1);
    let mut out = Text::default();
    let mut at = 0;
    while let Some(sign) = plain.get(at..)?.find('%').map(|i| at + i) {
        out.push(&format.slice(at, sign));
        let verb = plain.get(sign + 1..)?.chars().next()?;
        at = sign + 1 + verb.len_utf8();
        match verb {
            '%' => out.push_made("%"),
            's' | 'd' | 'v' | 't' => out.push(&text_of(values.next()?)?),
            'q' => out.push(&quoted(&text_of(values.next()?)?, '"')),
            _ => return None,
        }
    }
    out.push(&format.slice(at, plain.len()));
    Some(Value::text(out))
}

fn numbers(name: &str, given: &[Value]) -> Option<Value> {
    let last = given.last()?.as_text();
    let number = |at: usize| given.get(at).and_then(Value::number);
    let written = given.iter().filter_map(Value::as_text).find(|text| text.bits.iter().any(|b| b.origin.is_some()));
    let int = |value: f64| Value::int(value as i64, written);
    let fold = |with: fn(f64, f64) -> f64| {
        let all: Option<Vec<f64>> = given.iter().map(Value::number).collect();
        all?.into_iter().reduce(with).filter(|n| n.is_finite()).map(int)
    };
    match name {
        "int" | "int64" | "atoi" | "toDecimal" => {
            let n = given.last()?.number();
            // A number that is written as one keeps its place to the byte.
            match (n, given.last()?) {
                (Some(n), Value::Leaf(leaf)) if leaf.text.plain() == (n as i64).to_string() => {
                    let leaf = Leaf { text: leaf.text.clone(), kind: ScalarKind::Int, written: None };
                    Some(Value::Leaf(Rc::new(leaf)))
                }
                (Some(n), _) => Some(int(n)),
                (None, _) => last.filter(|text| !text.is_masked()).map(|text| Value::int(0, Some(text))),
            }
        }
        "float64" => given.last()?.number().and(given.last().cloned()),
        "add" => fold(|a, b| a + b),
        "sub" => fold(|a, b| a - b),
        "mul" => fold(|a, b| a * b),
        "div" => fold(|a, b| (a / b).trunc()),
        "mod" => fold(|a, b| a % b),
        "max" => fold(f64::max),
        "min" => fold(f64::min),
        "add1" => Some(int(number(0)? + 1.0)),
        "floor" => Some(int(number(0)?.floor())),
        "ceil" => Some(int(number(0)?.ceil())),
        "until" => {
            let end = number(0)?.clamp(0.0, LONGEST as f64) as i64;
            Some(Value::list((0..end).map(|n| Value::int(n, None)).collect()))
        }
        "len" => {
            let len = match given.last()? {
                Value::List(items) => items.len(),
                Value::Map(map) => map.len(),
                value => value.plain()?.len(),
            };
            Some(Value::int(i64::try_from(len).unwrap_or(i64::MAX), None))
        }
        _ => None,
    }
}

fn collections(name: &str, given: &[Value]) -> Option<Value> {
    let first = given.first()?;
    let items = |value: &Value| if let Value::List(items) = value { Some(items.as_ref().clone()) } else { None };
    Some(match name {
        "get" => first.get(&given.get(1)?.plain()?),
        "index" => given.iter().skip(1).fold(first.clone(), |value, step| match (&value, step.plain()) {
            (Value::List(items), Some(step)) => {
                step.parse::<usize>().ok().and_then(|at| items.get(at).cloned()).unwrap_or(Value::Missing)
            }
            (_, Some(key)) => value.get(&key),
            _ => Value::Unknown,
        }),
        "dig" => {
            let (of, rest) = given.split_last()?;
            let (fallback, steps) = rest.split_last()?;
            let found = steps.iter().filter_map(Value::plain).fold(of.clone(), |value, key| value.get(&key));
            if matches!(found, Value::Missing) { fallback.clone() } else { found }
        }
        "set" => {
            let (mut map, key) = (first.as_map().cloned().unwrap_or_default(), given.get(1)?.as_text()?.clone());
            map.insert(key.plain(), Item { key, value: given.get(2)?.clone() });
            Value::map(map)
        }
        "unset" => {
            let mut map = first.as_map()?.clone();
            map.remove(&given.get(1)?.plain()?);
            Value::map(map)
        }
        "pick" | "omit" => {
            let keys: Vec<String> = given.iter().skip(1).filter_map(Value::plain).collect();
            let mut map = first.as_map()?.clone();
            map.retain(|key, _| keys.contains(key) == (name == "pick"));
            Value::map(map)
        }
        "keys" => Value::list(first.as_map()?.values().map(|item| Value::text(item.key.clone())).collect()),
        "values" => Value::list(first.as_map()?.values().map(|item| item.value.clone()).collect()),
        "pluck" => {
            let key = first.plain()?;
            let found = given.iter().skip(1).map(|map| map.get(&key));
            Value::list(found.filter(|value| !matches!(value, Value::Missing)).collect())
        }
        // The first mapping wins in `merge`, the last in `mergeOverwrite`.
        "merge" | "mustMerge" => {
            given.iter().rev().filter(|v| v.as_map().is_some()).fold(empty(), |all, one| lay(&all, one))
        }
        "mergeOverwrite" | "mustMergeOverwrite" => {
            given.iter().filter(|v| v.as_map().is_some()).fold(empty(), |all, one| lay(&all, one))
        }
        "deepCopy" | "mustDeepCopy" => first.clone(),
        "first" => items(first)?.into_iter().next().unwrap_or(Value::Missing),
        "last" => items(first)?.pop().unwrap_or(Value::Missing),
        "rest" => Value::list(items(first)?.into_iter().skip(1).collect()),
        "reverse" => Value::list(items(first)?.into_iter().rev().collect()),
        "append" | "mustAppend" => {
            let mut all = items(first).unwrap_or_default();
            all.extend(given.get(1).cloned());
            Value::list(all)
        }
        "prepend" => {
            let mut all = items(first).unwrap_or_default();
            all.insert(0, given.get(1)?.clone());
            Value::list(all)
        }
        "concat" => Value::list(given.iter().filter_map(items).flatten().collect()),
        "compact" => {
            let mut all = items(first)?;
            all.retain(|value| value.truth() != Some(false));
            Value::list(all)
        }
        "sortAlpha" => {
            let mut all = items(first)?;
            all.sort_by_key(Value::plain);
            Value::list(all)
        }
        "uniq" => {
            let mut seen = std::collections::BTreeSet::new();
            let mut all = items(first)?;
            all.retain(|value| value.plain().is_none_or(|text| seen.insert(text)));
            Value::list(all)
        }
        "has" => {
            let wanted = first.plain()?;
            Value::bool(items(given.last()?)?.iter().any(|item| item.plain().as_ref() == Some(&wanted)))
        }
        _ => return None,
    })
}

fn empty() -> Value {
    Value::map(Map::new())
}

fn encodings(name: &str, given: &[Value]) -> Option<Value> {
    let last = given.last()?;
    let text = last.as_text();
    let base64 = base64::engine::general_purpose::STANDARD;
    match name {
        "toYaml" | "toYamlPretty" | "mustToYaml" => Some(Value::text(yaml::block(last))),
        "toJson" | "mustToJson" | "toPrettyJson" | "toRawJson" => Some(Value::text(yaml::flow(last))),
        "b64enc" => {
            let text = text?;
            let plain = unmasked(text)?;
            Some(Value::text(text.replaced(base64.encode(plain))))
        }
        "b64dec" => {
            let text = text?;
            let bytes = base64.decode(unmasked(text)?.trim()).ok()?;
            Some(Value::text(text.replaced(String::from_utf8(bytes).ok()?)))
        }
        _ => None,
    }
}

/// A list or mapping as Go prints it. Seen where a template prints one by mistake.
pub(super) fn go_text(value: &Value) -> String {
    match value {
        Value::Leaf(leaf) => leaf.text.plain(),
        Value::List(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Value::Map(map) => {
            let entry = |(key, item): (&String, &Item)| format!("{key}:{}", go_text(&item.value));
            format!("map[{}]", map.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
        _ => String::new(),
    }
}
