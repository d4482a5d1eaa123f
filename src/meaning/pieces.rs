//! One long text as the several settings that it holds: the options of a command line, the lines of a script.
//!
//! In: the text before and after. Out: what differs in it, piece by piece, each with its name and its bytes. A text that
//! is neither a command line nor several lines has no pieces, and neither has one that only puts the same in another order.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::facts::{assignment, option_name, word_ranges};
use crate::secret::{Redactor, is_armoured};

/// Texts with more words or lines are programs or data; they are shown whole.
const MOST: usize = 4000;

/// Differences past this many make a text another text.
const MOST_CHANGED: usize = 100;

/// A command line of which more options differ was rewritten, and is shown as a whole too.
const MOST_OPTIONS: usize = 6;

/// A part of a text that has a meaning of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its name: `pool.max` of `-Dpool.max=5`, `DB_HOST` of `export DB_HOST=db`; empty for a line without one.
    pub(super) key: String,
    /// The bytes of its value.
    pub(super) range: Range<usize>,
    /// Whether it continues something that is secret by its name.
    pub(super) secret: bool,
}

/// A piece on either side; never absent on both.
pub(super) type PieceChange = (Option<Piece>, Option<Piece>);

/// What differs between two texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces {
    /// The pieces that differ, in the order of the new text, removed ones last.
    pub(super) changed: Vec<PieceChange>,
    /// Whether the whole is worth showing beside them: something else differs, or very much.
    pub(super) rest: bool,
    /// Whether the pieces are lines of a text, as opposed to options of a command.
    pub(super) lines: bool,
    /// What is secret by its place in the whole old and new text: `mysql -p…`. A piece alone would not tell.
    pub(super) hidden: (Vec<Range<usize>>, Vec<Range<usize>>),
}

/// The differences between two texts; `None` where they are better shown whole.
pub(super) fn differences(old: &str, new: &str) -> Option<Pieces> {
    if is_armoured(old) || is_armoured(new) {
        return None;
    }
    let is_several = |text: &str| text.trim().contains('\n');
    let (before, after) = (Command::of(old), Command::of(new));
    let pieces = match (before, after) {
        // Another program is another command line.
        (Some(before), Some(after)) if before.program(old) != after.program(new) => return None,
        (Some(before), Some(after)) => {
            let changed = compare((old, before.options), (new, after.options));
            let is_rewritten = changed.len() > MOST_OPTIONS;
            let rest = is_rewritten || !same_words((old, &before.rest), (new, &after.rest));
            Pieces { changed, rest, hidden: (before.hidden, after.hidden), lines: false }
        }
        _ if is_several(old) && is_several(new) => Pieces {
            changed: compare((old, lines(old)?), (new, lines(new)?)),
            rest: false,
            lines: true,
            hidden: (hidden(old), hidden(new)),
        },
        _ => return None,
    };
    (!pieces.changed.is_empty() && pieces.changed.len() <= MOST_CHANGED).then_some(pieces)
}

/// A command line: its options, and the words that belong to none.
struct Command {
    options: Vec<Piece>,
    rest: Vec<Range<usize>>,
    hidden: Vec<Range<usize>>,
}

impl Command {
    /// Reads a text that is a command line: it has several words, and options make up a good part of them.
    fn of(text: &str) -> Option<Command> {
        let mut command = Command { options: Vec::new(), rest: Vec::new(), hidden: hidden(text) };
        command.read(text, 0..text.len(), 2);
        let (options, rest) = (command.options.len(), command.rest.len());
        let is_script = text.trim().contains('\n') && options < rest;
        let is_one_word = options + rest < 2;
        (options > 0 && !is_script && !is_one_word && options + rest <= MOST).then_some(command)
    }

    fn read(&mut self, text: &str, within: Range<usize>, depth: u8) {
        let inner = text.get(within.clone()).unwrap_or("");
        let moved = |range: Range<usize>| within.start + range.start..within.start + range.end;
        let mut words = word_ranges(inner).take(MOST + 1).peekable();
        while let Some(range) = words.next() {
            let word = inner.get(range.clone()).unwrap_or("");
            let is_command = depth > 0 && word.contains(' ') && word.contains(" -");
            if is_command && !word.starts_with('-') {
                // What `sh -c "…"` runs.
                self.read(text, moved(range), depth - 1);
                continue;
            }
            if let Some((key, _, value)) = assignment(word) {
                let key = key.to_owned();
                self.push(text, key, moved(range.start + value.start..range.start + value.end));
                continue;
            }
            if !word.starts_with('-') || word.len() < 2 {
                self.rest.push(moved(range));
                continue;
            }
            let takes_next = option_name(word).or_else(|| (word.len() == 2).then_some(word));
            let next = takes_next.and_then(|_| {
                let is_value = |next: &Range<usize>| {
                    let next = inner.get(next.clone()).unwrap_or("-");
                    !(next.starts_with('-') || next.contains(' ') && next.contains(" -"))
                };
                words.next_if(is_value)
            });
            match (takes_next, next) {
                (Some(name), Some(next)) => {
                    // `-c max_connections=200`, `-e POOL=5`: the value has a name of its own.
                    let value = inner.get(next.clone()).unwrap_or("");
                    let own = value.split_once('=').map(|(own, _)| own).filter(|own| name.len() < 3 && is_name(own));
                    let skipped = own.map_or(0, |own| own.len() + 1);
                    self.push(text, own.unwrap_or(name).to_owned(), moved(next.start + skipped..next.end));
                }
                _ => {
                    let whole = moved(range);
                    let is_password = word.starts_with("-p") && self.program(text).is_some_and(is_mysql);
                    let is_opaque = is_password || self.hides(&whole);
                    let name = if is_opaque { word.get(..2).unwrap_or("-") } else { sized(word) };
                    let from = if name.len() < word.len() { whole.start + name.len() } else { whole.start };
                    self.options.push(Piece { key: name.to_owned(), range: from..whole.end, secret: is_password });
                }
            }
        }
    }

    fn hides(&self, range: &Range<usize>) -> bool {
        self.hidden.iter().any(|hidden| hidden.start < range.end && range.start < hidden.end)
    }

    /// The first word that is no option.
    fn program<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.rest.first().and_then(|range| text.get(range.clone()))
    }

    fn push(&mut self, text: &str, key: String, range: Range<usize>) {
        // `curl -u user:password`, and not the numbers of a user and a group.
        let login = text.get(range.clone()).and_then(|value| value.split_once(':'));
        let is_login = matches!(key.as_str(), "-u" | "user") && login.is_some_and(|(_, b)| b.parse::<u32>().is_err());
        self.options.push(Piece { key, range, secret: is_login });
    }
}

/// MySQL's own programs take the password right behind `-p`.
fn is_mysql(program: &str) -> bool {
    ["mysql", "mariadb"].iter().any(|name| program.rsplit('/').next().is_some_and(|base| base.starts_with(name)))
}

/// What is secret in a text by its looks and its place.
fn hidden(text: &str) -> Vec<Range<usize>> {
    Redactor::new().secret_spans(text)
}

/// The name of an option whose value follows without a sign: `-Xmx` of `-Xmx512m`, `-p` of `-p8080`.
fn sized(word: &str) -> &str {
    let end = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    let name = word.get(..end).unwrap_or(word);
    let is_name = name.len() == 2 || (name.len() == 4 && name.starts_with("-X"));
    let is_size = word
        .get(end..)
        .is_some_and(|size| size.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len() + 1 >= size.len());
    if is_name && is_size && !word.starts_with("--") { name } else { word }
}

fn is_name(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.bytes().all(is_part)
}

fn same_words(old: (&str, &[Range<usize>]), new: (&str, &[Range<usize>])) -> bool {
    let words = |(text, ranges): (&str, &[Range<usize>])| -> Vec<String> {
        ranges.iter().filter_map(|range| text.get(range.clone()).map(str::to_owned)).collect()
    };
    words(old) == words(new)
}

/// The lines of a text, without blank ones and comments.
fn lines(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    // What a line without a name belongs to: the last name and its indentation.
    let mut above: Option<(usize, bool)> = None;
    for (count, line) in text.split_inclusive('\n').enumerate() {
        let begin = start;
        start += line.len();
        let content = line.trim();
        if count > MOST {
            return None;
        }
        if content.is_empty() || content.starts_with('#') || content.starts_with("//") {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let at = begin + indent;
        if let Some((key, value)) = keyed(content) {
            above = Some((indent, Redactor::is_secret_key(key)));
            let range = at + value.start..at + value.end;
            pieces.push(Piece { key: key.to_owned(), range, secret: false });
        } else {
            let secret = above.is_some_and(|(outer, secret)| secret && indent >= outer);
            pieces.push(Piece { key: String::new(), range: at..at + content.len(), secret });
        }
    }
    Some(pieces)
}

/// Name and value of a line that sets something: `key = value`, `key: value`, `"key": value,`, `export KEY=value`.
fn keyed(line: &str) -> Option<(&str, Range<usize>)> {
    let skipped = ["export ", "- ", "ENV ", "declare -x "].iter().find_map(|word| line.strip_prefix(word));
    let body = skipped.unwrap_or(line).trim_start();
    let at = line.len() - body.len();
    let sign = body.find(['=', ':'])?;
    let key = body.get(..sign)?.trim_end().trim_matches(['"', '\'']);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_pair = body.get(sign + 1..)?.starts_with([' ', '\t']) || body.get(sign..)?.starts_with('=');
    let is_compared = body.get(sign + 1..)?.starts_with(['=', '>']);
    if key.is_empty() || !key.chars().all(is_part) || !is_pair || is_compared {
        return None;
    }
    let raw = body.get(sign + 1..)?;
    let value = raw.trim().trim_end_matches([',', ';']).trim_end();
    let begin = at + sign + 1 + (raw.len() - raw.trim_start().len());
    let quoted = |q: char| value.len() > 1 && value.starts_with(q) && value.ends_with(q);
    let range = begin..begin + value.len();
    let is_quoted = quoted('"') || quoted('\'');
    (!value.is_empty()).then(|| (key, if is_quoted { range.start + 1..range.end - 1 } else { range }))
}

/// Pairs the pieces of two texts by their names. Equal ones are no difference, wherever they stand.
fn compare(old: (&str, Vec<Piece>), new: (&str, Vec<Piece>)) -> Vec<PieceChange> {
    let (before, after) = without_equal(old, new);
    let nameless = |pieces: &[Piece]| pieces.iter().filter(|piece| piece.key.is_empty()).count();
    // Lines without names are each other's counterparts only where none came or went.
    let in_order = nameless(&before) == nameless(&after);
    let mut waiting: BTreeMap<String, VecDeque<Piece>> = BTreeMap::new();
    let mut gone = Vec::new();
    for piece in before {
        if piece.key.is_empty() && !in_order {
            gone.push(piece);
        } else {
            waiting.entry(piece.key.clone()).or_default().push_back(piece);
        }
    }
    let mut changed: Vec<PieceChange> = Vec::new();
    for piece in after {
        let partner = waiting.get_mut(&piece.key).and_then(VecDeque::pop_front);
        changed.push((partner, Some(piece)));
    }
    gone.extend(waiting.into_values().flatten());
    gone.sort_by_key(|piece| piece.range.start);
    changed.extend(gone.into_iter().map(|piece| (Some(piece), None)));
    changed
}

/// Takes out what stands on both sides with the same name and value.
fn without_equal(old: (&str, Vec<Piece>), new: (&str, Vec<Piece>)) -> (Vec<Piece>, Vec<Piece>) {
    let value = |text: &str, piece: &Piece| text.get(piece.range.clone()).unwrap_or("").to_owned();
    let mut count: BTreeMap<(String, String), usize> = BTreeMap::new();
    for piece in &new.1 {
        *count.entry((piece.key.clone(), value(new.0, piece))).or_default() += 1;
    }
    let mut common: BTreeMap<(String, String), usize> = BTreeMap::new();
    let take = |text: &str, piece: &Piece, from: &mut BTreeMap<(String, String), usize>| {
        let identity = (piece.key.clone(), value(text, piece));
        let left = from.get_mut(&identity).filter(|left| **left > 0);
        let is_equal = left.is_some();
        if let Some(left) = left {
            *left -= 1;
        }
        (identity, is_equal)
    };
    let mut before = Vec::new();
    for piece in old.1 {
        let (identity, is_equal) = take(old.0, &piece, &mut count);
        if is_equal {
            *common.entry(identity).or_default() += 1;
        } else {
            before.push(piece);
        }
    }
    let after = new.1.into_iter().filter(|piece| !take(new.0, piece, &mut common).1).collect();
    (before, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `key: old > new`, one line a difference; `…` where something else differs too.
    fn told(old: &str, new: &str) -> Vec<String> {
        let Some(pieces) = differences(old, new) else { return vec!["whole".into()] };
        let show = |text: &str, piece: &Option<Piece>| {
            piece.as_ref().map_or("-".to_owned(), |piece| match piece.secret {
                true => "secret".to_owned(),
                false => text[piece.range.clone()].to_owned(),
            })
        };
        let key = |(a, b): &PieceChange| b.as_ref().or(a.as_ref()).map_or("", |piece| &piece.key).to_owned();
        let line =
            |change: &PieceChange| format!("{}: {} > {}", key(change), show(old, &change.0), show(new, &change.1));
        pieces.changed.iter().map(line).chain(pieces.rest.then(|| "…".to_owned())).collect()
    }

    #[test]
    fn options_are_told_one_by_one() {
        let table: [(&str, &str, &[&str]); 10] = [
            ("-Da.max=100 -Xmx1g", "-Da.max=8 -Xmx1g", &["a.max: 100 > 8"]),
            ("-Xmx512m -Dx=1", "-Xmx1g -Dx=1", &["-Xmx: 512m > 1g"]),
            ("puma -t 5:5 -p 80", "puma -t 9:9 -p 80", &["-t: 5:5 > 9:9"]),
            ("app --pool 5 --log=x", "app --log=x --pool 7", &["pool: 5 > 7"]),
            ("DB_POOL=5 puma", "DB_POOL=9 puma", &["DB_POOL: 5 > 9"]),
            ("-Da=1 -Db=2", "-Db=2 -Dc=3", &["c: - > 3", "a: 1 > -"]),
            ("app a --x 1", "app b --x 2", &["x: 1 > 2", "…"]),
            ("postgres -c 'max=200'", "postgres -c 'max=300'", &["max: 200 > 300"]),
            ("sh -c \"exec app --pool 5\"", "sh -c \"exec app --pool 6\"", &["pool: 5 > 6"]),
            ("-Da=1\n-Db=2\n", "-Da=1\n-Db=3\n", &["b: 2 > 3"]),
        ];
        for (old, new, expected) in table {
            assert_eq!(told(old, new), expected, "{old} > {new}");
        }
    }

    #[test]
    fn what_is_secret_in_the_whole_text_is_in_no_name() {
        let pieces =
            differences("mysql -u a -phunter2x -h b", "mysql -u a -phunter3x -h b").expect("an option differs");
        let names: Vec<&str> =
            pieces.changed.iter().flat_map(|(a, b)| [a, b]).flatten().map(|p| p.key.as_str()).collect();
        assert_eq!(names, ["-p", "-p"]);
        assert!(pieces.changed.iter().flat_map(|(a, b)| [a, b]).flatten().all(|piece| piece.secret));
        assert_eq!(told("curl -u a:b x", "curl -u a:c x"), ["-u: secret > secret"]);
    }

    #[test]
    fn lines_are_told_one_by_one() {
        let table: [(&str, &str, &[&str]); 5] = [
            ("a = 1\nb = 2\n", "b = 2\na = 5\n", &["a: 1 > 5"]),
            ("{\n  \"max\": 5,\n  \"x\": 1\n}", "{\n  \"max\": 9,\n  \"x\": 1\n}", &["max: 5 > 9"]),
            ("set -e\nexport A='x'\nrun\n", "set -e\nexport A='y'\nstart\n", &["A: x > y", ": run > start"]),
            ("one\ntwo\n", "one\ntwo\nthree\n", &[": - > three"]),
            ("password: |\n  first\nx\n", "password: |\n  second\nx\n", &[": secret > secret"]),
        ];
        for (old, new, expected) in table {
            assert_eq!(told(old, new), expected, "{old} > {new}");
        }
    }

    #[test]
    fn ordinary_values_are_shown_whole() {
        for (old, new) in [
            ("5", "6"),
            ("--pool=5", "--pool=6"),
            ("app --x 1", "web --x 2"),
            ("a b c", "a b d"),
            ("one\n", "two\n"),
            ("# a\nx\n", "# b\nx\n"),
            ("-Da=1 -Db=2", "-Db=2 -Da=1"),
            ("postgres://u@h/d?a=b", "postgres://u@i/d?a=b"),
        ] {
            assert_eq!(told(old, new), ["whole"], "{old} > {new}");
        }
    }
}
