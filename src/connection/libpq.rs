//! `host=db1 port=5432 dbname=orders`: keywords of libpq, separated by blanks, quoted with `'`.

use std::ops::Range;

use super::postgres::is_keyword;
use super::scan::{self, Input};
use super::{ConnectionString, Fault, FaultKind, Part, dialects, postgres};
use crate::secret::Secret;

pub(super) fn parse(input: &Input<'_>, hint: Option<&str>) -> Option<ConnectionString> {
    let asked = hint.is_some_and(super::uri::names_url);
    let pairs = pairs(input, asked)?;
    let known = |name: &str| is_keyword(name) || asked && is_keyword(&name.to_ascii_lowercase());
    let names = || pairs.iter().filter_map(|pair| pair.name.as_ref()).map(|name| name.text.as_str());
    let places = names().any(|name| matches!(name, "host" | "hostaddr" | "dbname" | "service"));
    // Text in general must be sure; under the key of a connection string one keyword will do.
    let (places, least) = if asked { (true, 1) } else { (places, 2) };
    if !places || names().filter(|name| known(name)).count() < least {
        return None;
    }
    let mut found = ConnectionString::new(
        &dialects::LIBPQ_KV,
        Part { text: String::new(), range: input.range.start..input.range.start },
    );
    let mut after_secret = false;
    for pair in pairs {
        let name = pair.name.filter(|name| {
            !after_secret
                || is_keyword(&name.text)
                || super::check::nearest(&[&crate::parameter::LIBPQ], &name.text).is_some()
        });
        let Some(name) = name else {
            if after_secret {
                scan::extend_secret(&mut found, input, pair.value.range.end);
            } else {
                let message =
                    "a word without `=`; separate `name=value` pairs with blanks and quote values that hold some"
                        .to_owned();
                found.faults.push(Fault { kind: FaultKind::NotAPair, message, range: pair.value.range });
            }
            continue;
        };
        if pair.open {
            let message = format!("the quote of `{}` is not closed", name.text);
            found.faults.push(Fault { kind: FaultKind::UnbalancedQuote, message, range: pair.value.range.clone() });
        }
        let is_name = super::check::is_name(&name.text);
        // What looks like a name is judged with all others, but for names of secrets.
        if !is_keyword(&name.text) && (!is_name || scan::is_secret_name(&name.text)) {
            let message = "libpq knows no parameter of this name, and refuses the string".to_owned();
            found.faults.push(Fault { kind: FaultKind::UnknownParameter, message, range: name.range.clone() });
        }
        if pair.gap && is_pair(&pair.value.text) {
            let message =
                format!("`{}` has no value and takes the next pair for its own; write `''` or remove it", name.text);
            found.faults.push(Fault { kind: FaultKind::WrongSeparator, message, range: pair.value.range.clone() });
        }
        after_secret = scan::is_secret_name(&name.text);
        if pair.open && !after_secret && holds_secret(&pair.value.text) {
            // The open quote has swallowed a password.
            found.secrets.push((name.text, Secret::new(&pair.value.text), pair.value.range));
            continue;
        }
        if after_secret && !is_name {
            // Half of the password may stand in what was taken for the name.
            let whole = name.range.start..pair.value.range.end;
            found.secrets.push(("password".to_owned(), Secret::new(input.raw(whole.clone())), whole));
            continue;
        }
        scan::add_param(&mut found, name, pair.value);
    }
    postgres::place(input, &mut found);
    hide_torn(input, &mut found);
    Some(found)
}

/// Hides words that belong to no pair where a password must be among them: its name is there, its value is not.
fn hide_torn(input: &Input<'_>, found: &mut ConnectionString) {
    let pieces: [&[u8]; 3] = [b"pas", b"ssw", b"pwd"];
    let is_piece = |three: &[u8]| pieces.iter().any(|piece| three.eq_ignore_ascii_case(piece));
    let names = |text: &str| text.as_bytes().windows(3).any(is_piece);
    if found.password.is_some() || !found.secrets.is_empty() || !names(input.raw(input.range.clone())) {
        return;
    }
    let torn = found.faults.iter().filter(|fault| fault.kind == FaultKind::NotAPair).map(|fault| fault.range.clone());
    let secrets: Vec<_> = torn.map(|r| ("password".to_owned(), Secret::new(input.raw(r.clone())), r)).collect();
    found.secrets = secrets;
}

/// Whether a value starts as a pair of its own.
fn is_pair(value: &str) -> bool {
    value.split_once('=').is_some_and(|(name, _)| is_keyword(name))
}

fn holds_secret(value: &str) -> bool {
    let names = value.split('=').filter_map(|before| before.split_whitespace().next_back());
    names.into_iter().any(scan::is_secret_name)
}

struct Pair {
    /// `None` for a word without `=`.
    name: Option<Part>,
    value: Part,
    /// A quote that nobody closes.
    open: bool,
    /// White space stands between `=` and the value.
    gap: bool,
}

/// `None` as soon as the text cannot be of this notation.
fn pairs(input: &Input<'_>, asked: bool) -> Option<Vec<Pair>> {
    let end = input.range.end;
    let mut at = input.range.start;
    let mut out: Vec<Pair> = Vec::new();
    loop {
        at += input.bytes(at..end).iter().take_while(|b| b.is_ascii_whitespace()).count();
        if at >= end {
            return Some(out);
        }
        let stop =
            at + input.bytes(at..end).iter().position(|b| *b == b'=' || b.is_ascii_whitespace()).unwrap_or(end - at);
        let blanks = |from: usize| input.bytes(from..end).iter().take_while(|b| b.is_ascii_whitespace()).count();
        let equals = stop + blanks(stop);
        let word = input.part(at..stop);
        let is_name = !word.text.is_empty() && word.text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let sure = is_name || asked || !out.is_empty();
        if input.bytes(equals..(equals + 1).min(end)) != b"=" || word.text.is_empty() {
            // The first word must be a pair; later ones may be torn pieces of a value.
            if out.is_empty() && !asked {
                return None;
            }
            let piece = at + input.bytes(at..end).iter().position(u8::is_ascii_whitespace).unwrap_or(end - at);
            out.push(Pair { name: None, value: input.part(at..piece), open: false, gap: false });
            at = piece;
            continue;
        }
        if !sure {
            return None;
        }
        let gap = blanks(equals + 1);
        let (value, next, open) = value(input, equals + 1 + gap..end);
        out.push(Pair { name: Some(word), value, open, gap: gap > 0 });
        at = next;
    }
}

/// The value at the start of `range`, where reading goes on, and whether its quote stays open.
fn value(input: &Input<'_>, range: Range<usize>) -> (Part, usize, bool) {
    let bytes = input.bytes(range.clone());
    let quoted = bytes.first() == Some(&b'\'');
    let skip = usize::from(quoted);
    let mut text: Vec<u8> = Vec::new();
    let raw = input.text.as_bytes().get(range.clone()).unwrap_or(&[]);
    let mut i = skip;
    while let (Some(&b), Some(&byte)) = (bytes.get(i), raw.get(i)) {
        if quoted && b == b'\'' || !quoted && b.is_ascii_whitespace() {
            break;
        }
        if b == b'\\' {
            i += 1;
            text.extend(raw.get(i));
        } else {
            text.push(byte);
        }
        i += 1;
    }
    let i = i.min(bytes.len());
    let place = range.start + skip..range.start + i;
    let open = quoted && i >= bytes.len();
    let text = String::from_utf8(text).unwrap_or_else(|_| input.raw(place.clone()).to_owned());
    (Part { text, range: place }, range.start + i + usize::from(quoted && !open), open)
}
