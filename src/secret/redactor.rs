//! Makes text printable. In: text of the files under review. Out: [`Shown`], with every secret masked and every
//! character that could deceive the reader written out.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{MASK, Shown, keys, pairs, shapes};
use crate::placeholder;

/// Shortest secret that is looked for outside its own place: shorter text is found in innocent words.
const SHORTEST_LEARNT: usize = 6;

/// Values that are passwords somewhere and ordinary words everywhere else.
const COMMON: [&str; 38] = [
    "postgres",
    "postgresql",
    "password",
    "passwd",
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "secrets",
    "example",
    "default",
    "database",
    "mongodb",
    "mariadb",
    "rabbitmq",
    "clickhouse",
    "localhost",
    "production",
    "staging",
    "development",
    "username",
    "disabled",
    "enabled",
    "required",
    "prefer",
    "require",
    "verify-full",
    "replace-me",
    "placeholder",
    "testing",
    "testpassword",
    "mysecretpassword",
    "admin123",
    "administrator",
    "service",
    "orders",
    "string",
    "redacted",
];

/// Knows the secrets of one review and makes text printable.
#[derive(Default)]
pub struct Redactor {
    /// Every learnt form, by its first four bytes.
    learnt: BTreeMap<[u8; 4], BTreeSet<String>>,
    masked: Cell<usize>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("masked", &self.masked.get()).finish_non_exhaustive()
    }
}

impl Redactor {
    /// Knows no secret yet; what is secret by key, place or looks is masked all the same.
    #[must_use]
    pub fn new() -> Redactor {
        Redactor::default()
    }

    /// Remembers a literal secret, to be masked wherever it stands, also percent-encoded or escaped.
    ///
    /// Short values and common words are not remembered: they are masked at their own place only.
    pub fn learn(&mut self, secret: &str) {
        let secret = secret.trim();
        if placeholder::is_reference(secret) || COMMON.iter().any(|word| secret.eq_ignore_ascii_case(word)) {
            return;
        }
        let forms = [
            secret.to_owned(),
            percent_encoded(secret, true),
            percent_encoded(secret, false),
            percent_decoded(secret).0,
            secret.replace('\\', "\\\\").replace('"', "\\\""),
            secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
        ];
        for form in forms {
            self.remember(form.trim());
        }
        // A key of several lines is shown line by line in a diff.
        if secret.contains('\n') {
            secret.lines().map(str::trim).filter(|line| line.len() >= 16).for_each(|line| self.remember(line));
        }
    }

    fn remember(&mut self, form: &str) {
        let Some(Ok(head)) = form.as_bytes().get(..4).map(<[u8; 4]>::try_from) else { return };
        if form.len() >= SHORTEST_LEARNT {
            self.learnt.entry(head).or_default().insert(form.to_owned());
        }
    }

    /// Free text (names, paths, comments, whole lines) as it may be printed.
    #[must_use]
    pub fn text(&self, s: &str) -> Shown {
        let spans = self.secret_spans(s);
        self.masked.set(self.masked.get() + spans.len());
        let mut out = String::with_capacity(s.len());
        let mut at = 0;
        for span in spans {
            push_visible(&mut out, s.get(at..span.start).unwrap_or(""));
            out.push_str(MASK);
            at = span.end;
        }
        push_visible(&mut out, s.get(at..).unwrap_or(""));
        Shown(out)
    }

    /// A setting's value as it may be printed: masked as a whole where the key names a secret.
    ///
    /// References (`${DB_PASS}`) and values that are no secret whatever the key (`true`, nothing) are shown.
    #[must_use]
    pub fn value(&self, key: &str, value: &str) -> Shown {
        if !keys::is_secret_key(key) || pairs::is_trivial(value) || placeholder::is_reference(value) {
            return self.text(value);
        }
        self.masked.set(self.masked.get() + 1);
        Shown::of_static(MASK)
    }

    /// Whether the last part of a key names a secret (`spring.datasource.password`), not a thing about one
    /// (`password_encryption`, `existingSecret`, `tokenExpiry`).
    #[must_use]
    pub fn is_secret_key(key: &str) -> bool {
        keys::is_secret_key(key)
    }

    /// How many values were masked so far.
    #[must_use]
    pub fn masked_count(&self) -> usize {
        self.masked.get()
    }

    /// The byte ranges that [`Redactor::text`] masks: in order, apart from each other, on character boundaries.
    #[must_use]
    pub fn secret_spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        find_all(text, &mut spans);
        shapes::find(text, &mut spans);
        self.find_learnt(text, &mut spans);
        // Addresses inside addresses are percent-encoded, sometimes twice.
        let mut layer: Option<(String, Vec<usize>)> = None;
        for _ in 0..3 {
            let current = layer.as_ref().map_or(text, |(decoded, _)| decoded.as_str());
            if !has_encoded_structure(current) {
                break;
            }
            let (decoded, places) = percent_decoded(current);
            let places = match &layer {
                None => places,
                Some((_, outer)) => places.iter().map(|&i| outer.get(i).copied().unwrap_or(text.len())).collect(),
            };
            let mut inner = Vec::new();
            find_all(&decoded, &mut inner);
            let place = |i: usize| places.get(i).copied().unwrap_or(text.len());
            spans.extend(inner.into_iter().map(|r| place(r.start)..place(r.end)));
            layer = Some((decoded, places));
        }
        merged(text, spans)
    }

    fn find_learnt(&self, text: &str, out: &mut Vec<Range<usize>>) {
        if self.learnt.is_empty() {
            return;
        }
        let bytes = text.as_bytes();
        for (i, head) in bytes.windows(4).enumerate() {
            let Some(forms) = <[u8; 4]>::try_from(head).ok().and_then(|head| self.learnt.get(&head)) else { continue };
            let hits = forms.iter().filter(|form| bytes[i..].starts_with(form.as_bytes()));
            if let Some(longest) = hits.map(String::len).max() {
                out.push(i..i + longest);
            }
        }
    }
}

fn find_all(text: &str, out: &mut Vec<Range<usize>>) {
    let shadow = placeholder::opaque(text);
    shapes::find_logins(text, &shadow, out);
    pairs::find(text, &shadow, out);
}

fn merged(text: &str, mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.retain(|r| r.start < r.end && r.end <= text.len());
    spans.sort_by_key(|r| (r.start, r.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for mut span in spans {
        while !text.is_char_boundary(span.start) {
            span.start -= 1;
        }
        while !text.is_char_boundary(span.end) {
            span.end += 1;
        }
        match out.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

/// Whether text holds percent-encoded `://`, `=`, `:` or `@`.
fn has_encoded_structure(text: &str) -> bool {
    text.as_bytes().windows(3).any(|w| w[0] == b'%' && matches!(&w[1..], b"3A" | b"3a" | b"3D" | b"3d" | b"40" | b"25"))
}

/// Text with `%XX` resolved once, and for every byte (and the end) where it came from.
fn percent_decoded(text: &str) -> (String, Vec<usize>) {
    let bytes = text.as_bytes();
    let (mut out, mut places) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(bytes.len() + 1));
    let mut i = 0;
    while i < bytes.len() {
        let escape = bytes.get(i + 1..i + 3).filter(|_| bytes[i] == b'%').and_then(hex_byte);
        places.push(i);
        // Bytes that are no ASCII could make invalid text; they are no structure either.
        match escape.filter(u8::is_ascii) {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    places.push(bytes.len());
    (String::from_utf8(out).unwrap_or_default(), places)
}

fn hex_byte(two: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(*two.first()?)? * 16 + digit(*two.get(1)?)?)
}

fn percent_encoded(text: &str, upper: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for &b in text.as_bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else if upper {
            out.push_str(&format!("%{b:02X}"));
        } else {
            out.push_str(&format!("%{b:02x}"));
        }
    }
    out
}

/// Appends text with control, direction and invisible characters written as `\u{…}`.
fn push_visible(out: &mut String, text: &str) {
    for c in text.chars() {
        if deceives(c) {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
}

fn deceives(c: char) -> bool {
    if matches!(c, '\n' | '\t') {
        return false;
    }
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> String {
        Redactor::new().text(s).to_string()
    }

    #[test]
    fn only_the_secret_is_masked() {
        assert_eq!(
            text("url: postgres://app:hunter2@db1:5432/orders?sslmode=require"),
            "url: postgres://app:••••@db1:5432/orders?sslmode=require"
        );
        assert_eq!(
            text("Server=db1,1433;Password=hunter2;Database=orders"),
            "Server=db1,1433;Password=••••;Database=orders"
        );
        assert_eq!(text("postgres://app:${DB_PASS}@db1/orders"), "postgres://app:${DB_PASS}@db1/orders");
    }

    #[test]
    fn a_password_that_imitates_what_could_follow_it_is_masked_to_its_end() {
        for (line, shown) in [
            ("postgres://app:a@b://c@db1:5432/orders", "postgres://app:••••@db1:5432/orders"),
            ("postgres://app:x://y@b?z@db1/orders?sslmode=require", "postgres://app:••••@db1/orders?sslmode=require"),
            ("postgres://app:a@b?c=d@db1", "postgres://app:••••@db1"),
            ("mysql://app:a@b?w=d@db1/orders?ssl=true", "mysql://app:••••@db1/orders?ssl=true"),
            ("--url=x --password=a,--b", "--url=x --password=••••"),
            ("jdbc:mysql://db1/o?password=a&w=b&useSSL=true", "jdbc:mysql://db1/o?password=••••&useSSL=true"),
            // The `:` is lost.
            ("postgres://appS3cretOfMine@db1/orders", "postgres://••••@db1/orders"),
            ("postgres://app%3Bpw@db1/orders", "postgres://••••@db1/orders"),
        ] {
            assert_eq!(text(line), shown, "{line}");
        }
    }

    #[test]
    fn what_follows_a_password_stays_readable() {
        for line in [
            "postgres://app:••••@db1/orders?application_name=svc@prod&sslmode=require",
            "postgres://app:••••@db1/orders?user=app@tenant",
            "amqps://app:••••@mq1,amqps://app:••••@mq2",
            "args: [--password=••••, --port=1]",
            "jdbc:mysql://app:••••@db1:3306,app:••••@db2:3306/orders",
            "mongodb://app:••••@a:27017,b:27017/o?authSource=admin&w=1&journal=true",
            "mongodb://a/o?password=••••&w=majority&journal=true",
            "postgres://orders_Prod_2@db1/orders",
            "postgres://app%40tenant@db1/orders",
            "mongodb://CN%3Dapp%2COU%3Ds@a/orders?authMechanism=MONGODB-X509",
            "see http://a:8080/x?mail=a@example.org",
        ] {
            assert_eq!(text(&line.replace(MASK, "not-a-real-secret")), line, "{line}");
        }
    }

    #[test]
    fn addresses_inside_addresses_are_masked_too() {
        let shown = text("http://p/?to=postgres%3A%2F%2Fapp%3Ahunter2%40db1%2Forders");
        assert_eq!(shown, "http://p/?to=postgres%3A%2F%2Fapp%3A••••%40db1%2Forders");
        assert!(!text("x?u=postgres%253A%252F%252Fapp%253Ahunter2%2540db1").contains("hunter2"));
    }

    #[test]
    fn a_learnt_secret_is_masked_in_every_form() {
        let mut redactor = Redactor::new();
        redactor.learn("p@ss/w\"rd");
        for line in ["x p@ss/w\"rd y", "x p%40ss%2Fw%22rd y", "x p%40ss%2fw%22rd y", "x p@ss/w\\\"rd y"] {
            assert_eq!(redactor.text(line).as_str(), "x •••• y");
        }
        assert_eq!(redactor.masked_count(), 4);
    }

    #[test]
    fn short_and_common_secrets_are_not_hunted_for() {
        let mut redactor = Redactor::new();
        redactor.learn("abc");
        redactor.learn("postgres");
        assert_eq!(redactor.text("abc of postgres").as_str(), "abc of postgres");
        assert_eq!(redactor.value("password", "postgres").as_str(), MASK);
    }

    #[test]
    fn values_are_masked_by_their_key() {
        let redactor = Redactor::new();
        for (key, value, shown) in [
            ("db.password", "x", MASK),
            ("db.password", "${PW}", "${PW}"),
            ("db.password", "${PW:-hunter2}", MASK),
            ("auth", "true", "true"),
            ("password_encryption", "scram-sha-256", "scram-sha-256"),
            ("host", "db1", "db1"),
        ] {
            assert_eq!(redactor.value(key, value).as_str(), shown, "{key}={value}");
        }
    }

    #[test]
    fn characters_that_deceive_are_written_out() {
        assert_eq!(text("a\u{202e}b\u{200b}c\u{7}\td\u{1b}[31m"), "a\\u{202e}b\\u{200b}c\\u{7}\td\\u{1b}[31m");
    }
}
