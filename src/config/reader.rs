//! Typed reading of TOML with the place of every mistake. Messages name keys and allowed values, never what was written.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ConfigError, nearest};

/// The text, for turning bytes into line and column.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl Text<'_> {
    /// An error at a place.
    pub(super) fn error(self, span: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
        let before = self.0.get(..span.start).unwrap_or(self.0);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ConfigError {
            file: "plimsoll.toml".to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// A value with its name and its place.
#[derive(Clone)]
pub(super) struct Value<'a, 'i> {
    text: Text<'a>,
    /// As the messages call it: `[[server]] max-connections`.
    pub(super) name: String,
    /// Its bytes.
    pub(super) span: Range<usize>,
    pub(super) inner: &'a DeValue<'i>,
}

/// A table with its name and its place.
pub(super) struct Table<'a, 'i> {
    text: Text<'a>,
    name: String,
    span: Range<usize>,
    inner: &'a DeTable<'i>,
}

impl<'a, 'i> Table<'a, 'i> {
    /// The whole document.
    pub(super) fn root(text: Text<'a>, table: &'a Spanned<DeTable<'i>>) -> Self {
        Table { text, name: String::new(), span: 0..0, inner: table.get_ref() }
    }

    /// Keys with their values, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'a str, Range<usize>, Value<'a, 'i>)> {
        let mut entries: Vec<_> = self
            .inner
            .iter()
            .map(|(key, value)| {
                let name = if self.name.is_empty() {
                    key.get_ref().to_string()
                } else {
                    format!("{} {}", self.name, key.get_ref())
                };
                let value = Value { text: self.text, name, span: value.span(), inner: value.get_ref() };
                (key.get_ref().as_ref(), key.span(), value)
            })
            .collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        entries
    }

    /// Refuses keys that are not in `known`. `_` and `-` are the same in a key.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        let mut seen: Vec<String> = Vec::new();
        for (key, span, _) in self.entries() {
            let kebab = key.replace('_', "-");
            if !known.contains(&kebab.as_str()) {
                let place = if self.name.is_empty() { String::new() } else { format!(" in {}", self.name) };
                let what = format!("unknown key {:?}{place}", printable(key));
                let remedy = match nearest(&kebab, known.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("the keys here are {}", known.join(", ")),
                };
                return Err(self.text.error(&span, what, remedy));
            }
            if seen.contains(&kebab) {
                let what = format!("{:?} is written with '-' and with '_'", printable(key));
                return Err(self.text.error(&span, what, "keep one of them"));
            }
            seen.push(kebab);
        }
        Ok(())
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Value<'a, 'i>> {
        self.entries().into_iter().find(|(k, ..)| k.replace('_', "-") == key).map(|(.., value)| value)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str, remedy: &str) -> Result<Value<'a, 'i>, ConfigError> {
        self.get(key).ok_or_else(|| self.error(format!("{} has no {key:?}", self.name), remedy))
    }

    /// An error about the table as a whole.
    pub(super) fn error(&self, what: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
        self.text.error(&self.span, what, remedy)
    }
}

impl<'a, 'i> Value<'a, 'i> {
    /// An error at this value.
    pub(super) fn error(&self, what: impl std::fmt::Display, remedy: impl Into<String>) -> ConfigError {
        self.text.error(&self.span, format!("{} {what}", self.name), remedy)
    }

    /// An error at this value that names it itself.
    pub(super) fn plain_error(&self, what: String, remedy: &str) -> ConfigError {
        self.text.error(&self.span, what, remedy)
    }

    pub(super) fn table(&self) -> Result<Table<'a, 'i>, ConfigError> {
        self.named_table(self.name.clone())
    }

    fn named_table(&self, name: String) -> Result<Table<'a, 'i>, ConfigError> {
        match self.inner {
            DeValue::Table(inner) => Ok(Table { text: self.text, name, span: self.span.clone(), inner }),
            _ => Err(self.error("is not a table", format!("write it as a table: [{}]", self.name))),
        }
    }

    /// `[[name]]` tables.
    pub(super) fn tables(&self) -> Result<Vec<Table<'a, 'i>>, ConfigError> {
        self.items()?.iter().map(|v| v.named_table(format!("[[{}]]", self.name))).collect()
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Result<Vec<Value<'a, 'i>>, ConfigError> {
        let DeValue::Array(items) = self.inner else {
            return Err(self.error("is not a list", format!("write [[{}]] for each entry", self.name)));
        };
        let value = |v: &'a Spanned<DeValue<'i>>| Value {
            text: self.text,
            name: self.name.clone(),
            span: v.span(),
            inner: v.get_ref(),
        };
        Ok(items.iter().map(value).collect())
    }

    pub(super) fn string(&self) -> Result<String, ConfigError> {
        match self.inner {
            DeValue::String(text) if !text.trim().is_empty() => Ok(text.to_string()),
            DeValue::String(_) => Err(self.error("is empty", "write a text, or leave the key out")),
            _ => Err(self.error("is not a text", "put it in quotes")),
        }
    }

    /// One text or a list of texts.
    pub(super) fn strings(&self) -> Result<Vec<String>, ConfigError> {
        match self.inner {
            DeValue::Array(_) => self.items()?.iter().map(Value::string).collect(),
            _ => Ok(vec![self.string()?]),
        }
    }

    /// A path pattern that can match.
    pub(super) fn glob(&self) -> Result<String, ConfigError> {
        let glob = self.string()?;
        match glob_fault(&glob) {
            Some(fault) => Err(self.error(format!("is no path pattern: {fault}"), "write it like \"prod/**/*.yaml\"")),
            None => Ok(glob),
        }
    }

    /// A path of keys with dots between them, in which `*` and `**` may stand for keys.
    pub(super) fn key_path(&self) -> Result<String, ConfigError> {
        let path = self.string()?;
        let fault =
            if path.split('.').any(|key| key.trim().is_empty()) { Some("a key is empty") } else { glob_fault(&path) };
        match fault {
            Some(fault) => Err(self.error(format!("is no path of keys: {fault}"), "write it like \"spec.routes\"")),
            None => Ok(path),
        }
    }

    pub(super) fn globs(&self) -> Result<Vec<String>, ConfigError> {
        match self.inner {
            DeValue::Array(_) => self.items()?.iter().map(Value::glob).collect(),
            _ => Ok(vec![self.glob()?]),
        }
    }

    /// One of a few names.
    pub(super) fn one_of<T>(&self, names: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        read(&self.string()?).ok_or_else(|| self.error("is not a name known here", format!("it is one of {names}")))
    }

    pub(super) fn boolean(&self) -> Result<bool, ConfigError> {
        match self.inner {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.error("is not true or false", "write true or false without quotes")),
        }
    }

    /// A whole number within bounds.
    pub(super) fn integer(&self, bounds: std::ops::RangeInclusive<u64>) -> Result<u64, ConfigError> {
        let remedy = || format!("write a whole number from {} to {}", bounds.start(), bounds.end());
        let DeValue::Integer(digits) = self.inner else { return Err(self.error("is not a whole number", remedy())) };
        let value = u64::from_str_radix(digits.as_str(), digits.radix()).ok().filter(|n| bounds.contains(n));
        value.ok_or_else(|| self.error("is out of range", remedy()))
    }

    /// A number above `least` (exclusive) up to `most`.
    pub(super) fn number(&self, least: f64, most: f64) -> Result<f64, ConfigError> {
        let remedy = || format!("write a number above {least}, up to {most}");
        let value: Option<f64> = match self.inner {
            DeValue::Float(digits) => digits.as_str().parse().ok(),
            DeValue::Integer(digits) if digits.radix() == 10 => digits.as_str().parse().ok(),
            _ => return Err(self.error("is not a number", remedy())),
        };
        value.filter(|n| *n > least && *n <= most).ok_or_else(|| self.error("is out of range", remedy()))
    }

    /// A day as `YYYY-MM-DD`, with or without quotes.
    pub(super) fn day(&self) -> Result<String, ConfigError> {
        let text = match self.inner {
            DeValue::Datetime(day) => day.to_string(),
            _ => self.string()?,
        };
        if is_day(&text) { Ok(text) } else { Err(self.error("is not a day", "write it like \"2027-01-31\"")) }
    }
}

/// A key as it may be printed.
fn printable(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Why a pattern can match nothing, if so.
pub(super) fn glob_fault(glob: &str) -> Option<&'static str> {
    if glob.trim().is_empty() {
        return Some("it is empty");
    }
    if glob.starts_with('/') || glob.contains('\\') {
        return Some("paths are relative, with '/'");
    }
    let depth = |open: char, close: char| {
        glob.chars().try_fold(0_i32, |n, c| {
            let n = n + i32::from(c == open) - i32::from(c == close);
            (n >= 0).then_some(n)
        })
    };
    let balanced = depth('{', '}') == Some(0) && depth('[', ']') == Some(0);
    (!balanced).then_some("a bracket is not closed")
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let number = |s: &str| s.parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(year), number(month), number(day));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_exist() {
        assert!(is_day("2027-01-31") && is_day("2028-02-29"));
        for no in ["2027-02-29", "2027-13-01", "2027-00-10", "27-01-01", "2027-1-1", "2027-01-32", "tomorrow"] {
            assert!(!is_day(no), "{no}");
        }
    }

    #[test]
    fn patterns_that_match_nothing_are_named() {
        assert_eq!(glob_fault("clusters/{live,dr}/**/*.y[a]ml"), None);
        for bad in ["", "/etc/x", "a\\b", "a/{b", "a/b}", "[a"] {
            assert!(glob_fault(bad).is_some(), "{bad}");
        }
    }
}
