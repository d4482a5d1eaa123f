//! The references inside one text: `$(DB_HOST)`, `${var.db_host}`, `{{ .Values.db.host }}`, `%{hiera('db::host')}`, `((db))`.
//!
//! In: a text. Out: each expression with its place, how it is written, and the names it asks for. What a name means, and
//! whether anything answers to it, is decided elsewhere.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::placeholder;

/// How an expression is written, which tells who fills it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notation {
    /// `$(NAME)`: the kubelet, of the variables of the container.
    Container,
    /// `${NAME}`, `$NAME`: a shell, Compose, Spring, Terraform.
    Dollar,
    /// `{{ … }}`, `<%= … %>`, `#{…}`, `${{ … }}`: a template.
    Template,
    /// `%{…}`: Hiera.
    Hiera,
    /// `((name))`: BOSH, Concourse, Cloud Foundry.
    Parentheses,
}

/// One expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// How it is written.
    pub notation: Notation,
    /// What it asks for, in order and without repetition.
    pub names: Vec<String>,
    /// Whether it says what holds without an answer.
    pub has_default: bool,
}

/// Longest text that is looked through, in bytes; longer ones are files, not settings.
const LONGEST: usize = 16 * 1024;

/// The expressions of a text in their order.
#[must_use]
pub fn atoms(text: &str) -> Vec<Atom> {
    let mut found: Vec<Atom> = intrinsic(text).into_iter().collect();
    if !found.is_empty() || text.len() > LONGEST || !text.contains(['$', '{', '%', '(', '<', '#']) {
        return found;
    }
    // Text full of openers that are never closed is given up: each costs a look ahead.
    let mut failures = 0;
    let mut at = 0;
    while at < text.len() && failures < 64 {
        let Some(rest) = text.get(at..) else { break };
        match atom_at(text, at) {
            Some(atom) => {
                at = atom.range.end.max(at + 1);
                if !atom.names.is_empty() {
                    found.push(atom);
                }
            }
            None => {
                failures += usize::from(["${", "$(", "{{", "#{", "<%", "%{", "(("].iter().any(|o| rest.starts_with(o)));
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }
    found
}

/// A tagged scalar that names a value: `!Ref DbHost`, `!GetAtt Db.Endpoint.Address`.
fn intrinsic(text: &str) -> Option<Atom> {
    const TAGS: [&str; 5] = ["!Ref ", "!GetAtt ", "!ImportValue ", "!secret ", "!env "];
    let name = TAGS.iter().find_map(|tag| text.strip_prefix(tag)).filter(|name| is_name(name))?;
    let names = vec![name.to_owned()];
    Some(Atom { range: 0..text.len(), notation: Notation::Template, names, has_default: false })
}

fn atom_at(text: &str, at: usize) -> Option<Atom> {
    let rest = text.get(at..)?;
    // `$$` and `$$(NAME)` are ways to write a dollar sign.
    let escaped = rest.starts_with('$') && text.get(..at).is_some_and(|before| before.ends_with('$'));
    if escaped {
        return None;
    }
    for (open, close, notation) in [("%{", "}", Notation::Hiera), ("((", "))", Notation::Parentheses)] {
        if let Some(inner) = rest.strip_prefix(open) {
            let end = inner.find(close).filter(|end| *end <= 512)?;
            let names = names_in(inner.get(..end)?, notation);
            let range = at..at + open.len() + end + close.len();
            return Some(Atom { range, notation, names, has_default: false });
        }
    }
    if let Some(end) = placeholder::end_of(text.as_bytes(), at) {
        let whole = text.get(at..end)?;
        let (notation, inner) = opened(whole)?;
        let has_default = placeholder::fallback(whole).is_some() || !placeholder::is_reference(whole);
        return Some(Atom { range: at..end, notation, names: names_in(inner, notation), has_default });
    }
    bare_variable(text, at)
}

/// The notation of an expression, and what stands inside its brackets.
fn opened(whole: &str) -> Option<(Notation, &str)> {
    let inside = |open: &str, close: &str| whole.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let template = inside("${{", "}}").or_else(|| inside("{{", "}}")).or_else(|| inside("<%", "%>"));
    if let Some(inner) = template.or_else(|| inside("#{", "}")) {
        return Some((Notation::Template, inner));
    }
    let container = inside("$(", ")").map(|inner| (Notation::Container, inner));
    container.or_else(|| inside("${", "}").map(|inner| (Notation::Dollar, inner)))
}

/// `$NAME` where nothing else can be meant: in capitals, between separators.
fn bare_variable(text: &str, at: usize) -> Option<Atom> {
    let name = text.get(at..)?.strip_prefix('$')?;
    let len = name.bytes().position(|b| !(b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'));
    let len = len.unwrap_or(name.len());
    let name = name.get(..len).filter(|name| name.len() > 2 && !name.starts_with(|c: char| c.is_ascii_digit()))?;
    let is_edge = |c: char| !c.is_alphanumeric() && c != '$';
    let open = text.get(..at)?.chars().next_back().is_none_or(is_edge);
    let closed = text.get(at + 1 + len..)?.chars().next().is_none_or(is_edge);
    let names = vec![name.to_owned()];
    (open && closed).then_some(Atom { range: at..at + 1 + len, notation: Notation::Dollar, names, has_default: false })
}

/// The names that an expression asks for.
fn names_in(inner: &str, notation: Notation) -> Vec<String> {
    let inner = inner.trim_matches(|c: char| c == '-' || c == '=' || c.is_whitespace());
    let found = match notation {
        Notation::Parentheses | Notation::Container => is_name(inner).then(|| inner.to_owned()).into_iter().collect(),
        Notation::Hiera => asked_of_hiera(inner).into_iter().collect(),
        Notation::Dollar => of_dollar(inner),
        Notation::Template => of_template(inner),
    };
    let mut seen = BTreeSet::new();
    found.into_iter().filter(|name| seen.insert(name.clone())).collect()
}

fn is_name(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    !text.is_empty() && text.len() < 256 && text.chars().all(part)
}

/// `hiera('a::b')`, `lookup("a")`, `alias('a')`; a fact (`%{::environment}`) by its name.
fn asked_of_hiera(inner: &str) -> Option<String> {
    let quoted = inner.split(['\'', '"']).nth(1);
    quoted.or(Some(inner)).filter(|name| is_name(name)).map(str::to_owned)
}

/// A variable with or without a default, or an expression of Terraform.
fn of_dollar(inner: &str) -> Vec<String> {
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(inner.len());
    let (name, rest) = (inner.get(..end).unwrap_or(""), inner.get(end..).unwrap_or(""));
    let is_variable = rest.is_empty() || rest.starts_with([':', '?', '+', '=']);
    // `${NAME-default}` is the shell's; a dash in a small name is Spring's.
    let name = match name.split_once('-') {
        Some((variable, _)) if variable.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') => {
            variable
        }
        _ => name,
    };
    if is_variable && is_name(name) {
        return vec![name.to_owned()];
    }
    identifiers(inner).filter(|word| word.contains('.')).map(str::to_owned).collect()
}

/// Paths (`.Values.db.host`), variables of Jinja, and what Ruby reads from the environment.
fn of_template(inner: &str) -> Vec<String> {
    if inner.contains("ENV") {
        let quoted = inner.split(['\'', '"']).skip(1).step_by(2);
        return quoted.filter(|name| is_name(name)).map(str::to_owned).collect();
    }
    const WORDS: &[&str] = &[
        "if", "else", "and", "or", "not", "is", "in", "with", "range", "end", "include", "tpl", "printf", "quote",
        "default", "toString", "toYaml", "eq", "ne", "index", "int", "required", "template", "define", "true", "false",
        "none", "None", "nil", "ternary", "coalesce", "lookup", "print", "join", "trunc", "nindent", "indent",
    ];
    let paths: Vec<&str> = identifiers(inner).filter(|word| word.starts_with('.') && word.len() > 1).collect();
    if !paths.is_empty() {
        return paths.into_iter().map(str::to_owned).collect();
    }
    // What stands behind a bar is a filter.
    let asked = inner.split('|').next().unwrap_or(inner);
    identifiers(asked).filter(|word| !WORDS.contains(word)).map(str::to_owned).collect()
}

/// Words outside quotes that are made of letters, digits, `_`, `-` and dots, and start with a letter, `_` or a dot.
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    let outside = text.split(['"', '\'', '`']).step_by(2);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let words = outside.flat_map(move |part| part.split(move |c: char| !is_part(c)));
    words
        .map(|word| word.trim_end_matches(['-', '.']))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '.')) && word.len() > 1)
}

/// The name of a text that is one expression without a default, asking for one thing.
#[must_use]
pub fn only_name(text: &str) -> Option<String> {
    let text = text.trim();
    match atoms(text).as_slice() {
        [atom] if atom.range == (0..text.len()) && !atom.has_default => match atom.names.as_slice() {
            [name] => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_tells_its_names() {
        for (text, names) in [
            ("$(DB_HOST):5432", "DB_HOST"),
            ("jdbc:postgresql://${DB_HOST:localhost}:${DB_PORT}/x", "DB_HOST DB_PORT"),
            ("redis://$REDIS_HOST:6379", "REDIS_HOST"),
            ("${POOL-16}", "POOL"),
            ("${spring.data-source.url}", "spring.data-source.url"),
            ("${var.use != \"x\" ? module.a.host : module.b.host}", "var.use module.a.host module.b.host"),
            ("${tostring(var.redis_port)}", "var.redis_port"),
            ("{{ .Values.db.host | quote }}", ".Values.db.host"),
            ("{{ mongo_port if kind == 'mongodb' else db_port }}", "mongo_port kind db_port"),
            ("%{hiera('a::redis_host')}", "a::redis_host"),
            ("((db_host))", "db_host"),
            ("!GetAtt Db.Endpoint.Address", "Db.Endpoint.Address"),
            ("<%= ENV['DB_HOST'] %>", "DB_HOST"),
            ("$$(NOT)", ""),
            ("pa$WORD9x", ""),
            ("plain", ""),
        ] {
            let found: Vec<String> = atoms(text).into_iter().flat_map(|a| a.names).collect();
            assert_eq!(found.join(" "), names, "{text}");
        }
    }

    #[test]
    fn a_default_is_told() {
        for (text, told) in [("${A:b}", true), ("${A:-b}", true), ("${A}", false), ("$(A)", false), ("((a))", false)] {
            assert_eq!(atoms(text).first().map(|a| a.has_default), Some(told), "{text}");
        }
    }

    #[test]
    fn broken_text_is_read_in_time() {
        for text in ["${".repeat(6000), "((".repeat(6000), "%{é".repeat(3000), "$é$(".repeat(2000)] {
            let _ = atoms(&text);
        }
    }
}
