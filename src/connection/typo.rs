//! Is the new host a slip of the finger for the old one?
//!
//! One or two edits are a slip unless they follow a system: numbers that count up, environments, regions, readers and
//! writers, colours, versions. A planned rename must not be called a typing error.

use std::ops::Range;

use super::host::environment_word;

/// Which slip it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostTypoKind {
    /// Two neighbours changed places.
    Transposed,
    /// A character is gone.
    Missing,
    /// A character is there twice.
    Doubled,
    /// A character came in.
    Added,
    /// One character stands for another.
    Replaced,
    /// A character of another script that looks the same, or an invisible one.
    Lookalike,
    /// A dot or white space at the end.
    Trailing,
    /// Two of the above.
    Several,
}

/// A probable slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTypo {
    /// Which one.
    pub kind: HostTypoKind,
    /// Number of edits.
    pub distance: usize,
    /// In words: "letter 'o' missing after 'pr'".
    pub what: String,
    /// Where it stands in the new host.
    pub at: Range<usize>,
}

/// Longest host that is compared; names in DNS end at 253.
const LONGEST: usize = 260;

/// Words that are exchanged for each other on purpose.
const SYSTEMATIC: [&[&str]; 5] = [
    &[
        "ro",
        "rw",
        "r",
        "w",
        "read",
        "write",
        "reader",
        "writer",
        "primary",
        "secondary",
        "master",
        "slave",
        "replica",
        "replicas",
        "standby",
        "leader",
        "main",
    ],
    &["blue", "green", "black", "white", "red", "canary", "stable", "active", "passive"],
    &["eu", "us", "ap", "ca", "sa", "me", "af", "il", "mx", "uk", "de", "fr", "asia", "europe"],
    &[
        "north",
        "south",
        "east",
        "west",
        "central",
        "northeast",
        "southeast",
        "northwest",
        "southwest",
        "northcentral",
        "southcentral",
    ],
    &["old", "new", "tmp", "temp", "bak", "backup", "next", "legacy"],
];

/// Whether `new` is plausibly `old` mistyped.
#[must_use]
pub fn host_typo(old: &str, new: &str) -> Option<HostTypo> {
    if old == new
        || old.len() > LONGEST
        || new.len() > LONGEST
        || old.is_empty()
        || crate::placeholder::is_in(old)
        || crate::placeholder::is_in(new)
    {
        return None;
    }
    if let Some(found) = lookalike(old, new).or_else(|| trailing(old, new)) {
        return Some(found);
    }
    let old: Vec<char> = old.to_lowercase().chars().collect();
    let lower: Vec<char> = new.to_lowercase().chars().collect();
    if old == lower || old.iter().all(|c| c.is_ascii_digit() || matches!(c, '.' | ':')) {
        return None;
    }
    let (old_text, new_text): (String, String) = (old.iter().collect(), lower.iter().collect());
    let distance = strsim::osa_distance(&old_text, &new_text);
    let allowed = if old.len() >= 8 { 2 } else { 1 };
    if distance == 0 || distance > allowed || old.len() < 4 || is_systematic(&old_text, &new_text) {
        return None;
    }
    Some(describe(&old, &lower, distance, new))
}

/// Characters that look like a letter of ASCII, and how their script is called.
fn looks_like(c: char) -> Option<(char, &'static str)> {
    const CYRILLIC: &str = "аaеeоoрpсcхxуyіiјjѕsһhԁdӏlтtмmкkвbнh";
    const GREEK: &str = "οoαaνvρpιiκkτtυuεe";
    let pair = |table: &str| {
        let chars: Vec<char> = table.chars().collect();
        chars.chunks_exact(2).find(|two| two.first() == Some(&c)).and_then(|two| two.get(1).copied())
    };
    if let Some(ascii) = pair(CYRILLIC) {
        return Some((ascii, "Cyrillic"));
    }
    if let Some(ascii) = pair(GREEK) {
        return Some((ascii, "Greek"));
    }
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).map(|ascii| (ascii, "full-width")),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(('-', "dash")),
        '\u{2024}' | '\u{3002}' => Some(('.', "dot")),
        'ı' => Some(('i', "dotless")),
        _ => None,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}')
}

/// `new` is `old` but for characters that only look right.
fn lookalike(old: &str, new: &str) -> Option<HostTypo> {
    if new.is_ascii() {
        return None;
    }
    let mut plain = String::new();
    let mut first: Option<(Range<usize>, String)> = None;
    let mut count = 0;
    for (i, c) in new.char_indices() {
        let what = if is_invisible(c) {
            format!("an invisible character U+{:04X}", u32::from(c))
        } else if let Some((ascii, script)) = looks_like(c) {
            plain.push(ascii);
            format!("{script} U+{:04X} instead of '{ascii}'", u32::from(c))
        } else {
            plain.push(c);
            continue;
        };
        count += 1;
        first.get_or_insert((i..i + c.len_utf8(), what));
    }
    let (at, what) = first.filter(|_| plain.eq_ignore_ascii_case(old))?;
    Some(HostTypo { kind: HostTypoKind::Lookalike, distance: count, what, at })
}

fn trailing(old: &str, new: &str) -> Option<HostTypo> {
    let rest = new.strip_prefix(old)?;
    let what = if !rest.is_empty() && rest.chars().all(|c| c == '.') {
        "a dot at the end"
    } else if !rest.is_empty() && rest.chars().all(char::is_whitespace) {
        "white space at the end"
    } else {
        return None;
    };
    Some(HostTypo {
        kind: HostTypoKind::Trailing,
        distance: rest.chars().count(),
        what: what.to_owned(),
        at: old.len()..new.len(),
    })
}

/// Runs of letters and of digits; separators are dropped.
fn tokens(host: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let bytes = host.as_bytes();
    let class = |b: u8| {
        if b.is_ascii_digit() {
            1
        } else if b.is_ascii_alphabetic() || b >= 0x80 {
            2
        } else {
            0
        }
    };
    for i in 0..=bytes.len() {
        let ends =
            i == bytes.len() || i > start && bytes.get(i).map(|b| class(*b)) != bytes.get(start).map(|b| class(*b));
        if !ends {
            continue;
        }
        if bytes.get(start).is_some_and(|b| class(*b) != 0) {
            out.extend(host.get(start..i));
        }
        start = i;
    }
    out
}

/// Whether all that differs follows a system.
fn is_systematic(old: &str, new: &str) -> bool {
    let (a, b) = (tokens(old), tokens(new));
    if a.len() != b.len() {
        // A word or number more or fewer: `db` → `db2`, `db-a` → `db`. A lost separator leaves the letters the same.
        let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
        let same_letters = a.concat() == b.concat();
        return !same_letters && is_subsequence(short, long);
    }
    let differing: Vec<(&&str, &&str)> = a.iter().zip(&b).filter(|(x, y)| x != y).collect();
    !differing.is_empty() && differing.iter().all(|(x, y)| is_counterpart(x, y))
}

fn is_subsequence(short: &[&str], long: &[&str]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|word| rest.any(|other| other == word))
}

fn is_counterpart(x: &str, y: &str) -> bool {
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let single = x.len() == 1 && y.len() == 1;
    digits(x) && digits(y)
        || single
        || environment_word(x).is_some() && environment_word(y).is_some()
        || SYSTEMATIC.iter().any(|words| words.contains(&x) && words.contains(&y))
}

/// Says what happened between the common start and the common end.
fn describe(old: &[char], new: &[char], distance: usize, original: &str) -> HostTypo {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let gone: &[char] = old.get(start..old.len() - end).unwrap_or(&[]);
    let came: &[char] = new.get(start..new.len() - end).unwrap_or(&[]);
    let before: String = old.get(start.saturating_sub(4)..start).unwrap_or(&[]).iter().collect();
    let place = if before.is_empty() { "at the start".to_owned() } else { format!("after '{before}'") };
    let (kind, what) = match (gone, came) {
        ([a, b], [c, d]) if distance == 1 && a == d && b == c => {
            (HostTypoKind::Transposed, format!("{} '{a}' and '{b}' swapped", plural(*a, *b)))
        }
        ([a], []) => (HostTypoKind::Missing, format!("{} missing {place}", named(*a))),
        ([], [a]) if start > 0 && old.get(start - 1) == Some(a) || old.get(start) == Some(a) && came.len() == 1 => {
            (HostTypoKind::Doubled, format!("{} doubled", named(*came.first().unwrap_or(&' '))))
        }
        ([], [a]) => (HostTypoKind::Added, format!("{} added {place}", named(*a))),
        ([a], [b]) => (HostTypoKind::Replaced, format!("{} instead of '{a}'", named(*b))),
        _ => (HostTypoKind::Several, format!("{distance} characters differ {place}")),
    };
    let byte = |chars: usize| original.char_indices().nth(chars).map_or(original.len(), |(i, _)| i);
    HostTypo { kind, distance, what, at: byte(start)..byte(start + came.len()) }
}

fn named(c: char) -> String {
    match c {
        '.' => "a dot".to_owned(),
        ' ' => "a blank".to_owned(),
        '-' => "a hyphen".to_owned(),
        c if c.is_ascii_digit() => format!("digit '{c}'"),
        c => format!("letter '{c}'"),
    }
}

fn plural(a: char, b: char) -> &'static str {
    if a.is_alphabetic() && b.is_alphabetic() { "letters" } else { "characters" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_named() {
        for (old, new, what) in [
            ("orders-db.prod.svc", "oders-db.prod.svc", "letter 'r' missing after 'o'"),
            ("orders-db.prod.svc", "orders-bd.prod.svc", "letters 'd' and 'b' swapped"),
            ("orders-db.prod.svc", "orderss-db.prod.svc", "letter 's' doubled"),
            ("orders-db.prod.svc", "orders-db.prid.svc", "letter 'i' instead of 'o'"),
            ("x.rds.amazonaws.com", "x.rdsamazonaws.com", "a dot missing after '.rds'"),
            ("db.example.com", "db.example.com.", "a dot at the end"),
            ("db.example.com", "db.example.com ", "white space at the end"),
            ("data.example.com", "d\u{430}ta.example.com", "Cyrillic U+0430 instead of 'a'"),
            ("localhost", "locahost", "letter 'l' missing after 'loca'"),
        ] {
            assert_eq!(host_typo(old, new).map(|t| t.what).as_deref(), Some(what), "{old} → {new}");
        }
    }

    #[test]
    fn what_follows_a_system_is_no_slip() {
        for (old, new) in [
            ("db1.example.com", "db2.example.com"),
            ("db.example.com", "db2.example.com"),
            ("orders-db-9", "orders-db-10"),
            ("orders-ro.data", "orders-rw.data"),
            ("db.eu-west-1.example", "db.us-west-1.example"),
            ("db-a.example.com", "db-b.example.com"),
            ("db.dev.example", "db.qa.example"),
            ("orders-pg14.example", "orders-pg16.example"),
            ("10.0.0.1", "10.0.0.2"),
            ("orders.example.com", "billing.example.com"),
            ("db-blue.example", "db-red.example"),
            ("${HOST}", "${HOSTS}"),
            ("DB.example.com", "db.example.com"),
            ("db.example.com", "db.example.com"),
        ] {
            assert_eq!(host_typo(old, new), None, "{old} → {new}");
        }
    }

    #[test]
    fn the_place_is_in_the_new_host() {
        let found = host_typo("orders-db.prod", "orders-db.prid").expect("a slip");
        assert_eq!(&"orders-db.prid"[found.at], "i");
    }
}
