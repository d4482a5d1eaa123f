//! Settings inside a command line: `--spring.datasource.url=…`, `-Dname=value`, `--database-url …`, `DB_POOL_SIZE=5 puma`.
//!
//! In: the settings that hold a container's command, and variables that hold a program's options. Out: an [`Entry`] for
//! each, with its value's own place in the file.

use std::ops::Range;

use crate::facts::{Entry, Scope};
use crate::setting::{Resource, SettingRef, Settings};

/// Longer command lines are scripts; their words past this many are not looked at.
const MOST_WORDS: usize = 512;

/// Variables whose value is a list of options; also every name that ends in `_` and one of these.
const OPTION_VARIABLES: [&str; 8] = [
    "JAVA_OPTS",
    "JAVA_OPTIONS",
    "JAVA_ARGS",
    "JAVA_TOOL_OPTIONS",
    "JVM_OPTS",
    "JVM_ARGS",
    "CATALINA_OPTS",
    "JAVA_OPTS_APPEND",
];

/// A word of a command line: its setting, and its bytes in that setting's text without quotes around it.
struct Word<'a> {
    setting: SettingRef,
    text: &'a str,
    range: Range<usize>,
}

/// What a container's command sets, in order.
pub(super) fn of_command(settings: &Settings, resource: usize, command: &[u32]) -> Vec<Entry> {
    let Some(about) = settings.resources.get(resource) else { return Vec::new() };
    let parts = command.iter().filter_map(|&at| Some((reference(resource, at), about.settings.get(at as usize)?)));
    let words: Vec<Word> = parts.flat_map(|(at, setting)| words(&setting.value.text, at)).take(MOST_WORDS).collect();
    entries(settings, &words)
}

/// Adds what the option variables among a scope's entries set.
pub(super) fn add_options(scope: &mut Scope, settings: &Settings) {
    let names_options =
        |e: &&Entry| e.part.is_none() && is_option_variable(if e.is_env { &e.key } else { last_word(&e.key) });
    let held: Vec<SettingRef> = scope.entries.iter().filter(names_options).map(|e| e.setting).collect();
    for at in held {
        let words: Vec<Word> = words(&settings.get(at).value.text, at).take(MOST_WORDS).collect();
        scope.entries.extend(entries(settings, &words));
    }
}

fn reference(resource: usize, setting: u32) -> SettingRef {
    SettingRef { resource: u32::try_from(resource).unwrap_or(u32::MAX), setting }
}

fn last_word(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn is_option_variable(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_uppercase();
    OPTION_VARIABLES.iter().any(|known| {
        name.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('_'))
            || name == "JDK_JAVA_OPTIONS"
    })
}

fn entries(settings: &Settings, words: &[Word<'_>]) -> Vec<Entry> {
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        if let Some((key, is_env, value)) = assignment(word.text) {
            let range = word.range.start + value.start..word.range.start + value.end;
            found.extend(entry(settings, word.setting, key, is_env, range));
        } else if let Some(key) = option_name(word.text)
            && let Some(next) = words.get(i + 1).filter(|next| !next.text.starts_with('-'))
        {
            found.extend(entry(settings, next.setting, key, false, next.range.clone()));
        }
    }
    found
}

fn entry(settings: &Settings, at: SettingRef, key: &str, is_env: bool, range: Range<usize>) -> Option<Entry> {
    let resource: &Resource = settings.resources.get(at.resource as usize)?;
    let part = resource.settings.get(at.setting as usize)?.value.part(range)?;
    Some(Entry {
        key: key.to_owned(),
        is_env,
        unit: (at.resource as usize, u32::MAX),
        unit_name: String::new(),
        setting: at,
        part: Some(part),
    })
}

/// Name and value of `--name=value`, `-Dname=value` or `NAME=value`, and whether it is an environment variable.
pub(crate) fn assignment(word: &str) -> Option<(&str, bool, Range<usize>)> {
    let equals = word.find('=')?;
    let name = word.get(..equals)?;
    let value = unquoted(word, equals + 1..word.len());
    if let Some(key) = name.strip_prefix("-D").or_else(|| option_name(name)) {
        return is_key(key).then_some((key, false, value));
    }
    let is_variable = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    is_variable.then_some((name, true, value))
}

/// The name of a long option; `-database-url` of Go's flags is one too, `-c` is not.
pub(crate) fn option_name(word: &str) -> Option<&str> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|name| name.len() > 2))?;
    is_key(name).then_some(name)
}

fn is_key(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'[' | b']' | b':'))
}

/// The range without a pair of quotes around it.
fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let body = text.get(range.clone()).unwrap_or("");
    let quoted = |q: char| body.len() > 1 && body.starts_with(q) && body.ends_with(q);
    if quoted('"') || quoted('\'') { range.start + 1..range.end - 1 } else { range }
}

/// Words as a shell splits them: blanks inside quotes and expressions end none.
fn words(text: &str, setting: SettingRef) -> impl Iterator<Item = Word<'_>> {
    word_ranges(text).filter_map(move |range| Some(Word { setting, text: text.get(range.clone())?, range }))
}

/// The bytes of each word of a command line, without quotes around it.
pub(crate) fn word_ranges(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        at += rest.find(|c: char| !c.is_whitespace())?;
        let start = at;
        let mut quote = None;
        for (i, c) in text.get(start..)?.char_indices() {
            at = start + i;
            match (quote, c) {
                (None, c) if c.is_whitespace() => break,
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            at = start + i + c.len_utf8();
        }
        Some(unquoted(text, start..at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        words(text, SettingRef { resource: 0, setting: 0 }).map(|w| w.text).collect()
    }

    #[test]
    fn words_keep_what_stands_in_quotes_together() {
        assert_eq!(split(" a  'b c' --x=\"d e\" \u{e9}"), ["a", "b c", "--x=\"d e\"", "\u{e9}"]);
        assert_eq!(split("it's open"), ["it's open"]);
        assert_eq!(split("  "), Vec::<&str>::new());
    }

    #[test]
    fn assignments_are_known_in_every_notation() {
        let told = |word: &'static str| assignment(word).map(|(key, env, range)| (key, env, &word[range]));
        assert_eq!(told("--spring.datasource.url=jdbc:x"), Some(("spring.datasource.url", false, "jdbc:x")));
        assert_eq!(told("-Dpool.size='8'"), Some(("pool.size", false, "8")));
        assert_eq!(told("-db-url=postgres://a/b?x=y"), Some(("db-url", false, "postgres://a/b?x=y")));
        assert_eq!(told("DB_POOL=5"), Some(("DB_POOL", true, "5")));
        for word in ["-Xmx=1", "a=b", "postgres://a/b?x=y", "--=x", "=", "-D"] {
            let found = told(word);
            assert!(found.is_none() || word == "-Xmx=1", "{word}: {found:?}");
        }
    }

    #[test]
    fn option_variables_are_known_with_a_prefix() {
        for name in ["JAVA_OPTS", "_JAVA_OPTIONS", "CATALINA_OPTS", "ORDERS_JAVA_OPTS", "JDK_JAVA_OPTIONS"] {
            assert!(is_option_variable(name), "{name}");
        }
        for name in ["OPTS", "NODE_OPTIONS", "XJAVA_OPTS"] {
            assert!(!is_option_variable(name), "{name}");
        }
    }
}
