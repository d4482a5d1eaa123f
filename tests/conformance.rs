//! Plimsoll's reading of connection strings, held against the recorded answers of the drivers themselves.
//!
//! In: `conformance/data/*.jsonl`, a file a driver, made by the programs in `conformance/generators`. Out: a line a
//! driver with its percentages, and every disagreement that `conformance/reasons.toml` does not explain. No driver is
//! needed. `SHOW=libpq cargo test --test conformance` prints what is explained, too.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test reads its data from the disk and prints its figures"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use plimsoll::connection::{self, ConnectionString, FaultKind};
use plimsoll::secret::Redactor;
use serde::Deserialize;

/// What every driver's accepted strings must reach, in percent, without those that are read as they were meant.
const AGREEMENT: f64 = 99.9;
/// What every driver's refused strings must reach, in percent.
const NAMED: f64 = 99.0;
/// Every password in the data holds a word that starts so.
const MARK: &str = "Zq";

/// The first line of a data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    driver: String,
    version: String,
    date: String,
    /// The dialects that its strings may be taken for; empty: any.
    #[serde(default)]
    dialect: OneOrMany,
    /// What the driver fills in where none is written.
    default_port: Option<u16>,
    default_host: Option<String>,
    /// Whether it tells names of parameters apart by case and separators.
    #[serde(default)]
    folds_names: bool,
    /// Another driver's data file, of the same strings and the same notation, which Plimsoll follows. Where the two do
    /// not agree, this one's answer is not asked for.
    follows: Option<String>,
    /// Of which parameters it tells: `all`, or `some` where it keeps others in fields of its own, without their names.
    #[serde(default)]
    params: String,
    /// The key of the setting in which such a string would stand.
    key: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn takes(&self, id: &str) -> bool {
        match self {
            OneOrMany::None => true,
            OneOrMany::One(only) => only == id,
            OneOrMany::Many(all) => all.iter().any(|one| one == id),
        }
    }
}

/// What a driver made of one string.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(rename = "in")]
    text: String,
    error: Option<String>,
    #[serde(default)]
    hosts: Vec<(String, Option<String>)>,
    database: Option<String>,
    user: Option<String>,
    password: Option<String>,
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// How a string came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// Both read the same, or both refuse.
    Agrees,
    /// The driver accepts it and reads another thing; Plimsoll reads what was meant and says so as a fault.
    AsMeant,
    /// The driver accepts it and Plimsoll reads another thing.
    Differs,
    /// The driver accepts it and Plimsoll calls it malformed.
    FalseAlarm,
    /// The driver refuses it and Plimsoll finds nothing wrong.
    Missed,
    /// A password's word comes out, whatever the driver says.
    Shown,
}

/// An explanation of disagreements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Names of data files, without the ending.
    drivers: Vec<String>,
    outcome: Outcome,
    /// What differs, all of it: `dialect`, `hosts`, `database`, `user`, `password`, `params`. Empty: whatever does.
    #[serde(default)]
    parts: Vec<String>,
    /// A fault of this kind, spelt as in the source, is among Plimsoll's.
    fault: Option<String>,
    /// The driver's own message holds this.
    #[serde(default)]
    error: String,
    /// One of these patterns matches the whole string; `*` stands for anything. Empty: any string.
    #[serde(default)]
    like: Vec<String>,
    /// Whether it is right that nothing is said: the string is left out of the percentages.
    #[serde(default)]
    excused: bool,
    /// How many strings of each driver it explains, in the order of `drivers`: more or fewer fail the test.
    count: Vec<usize>,
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reasons {
    #[serde(default)]
    reason: Vec<Reason>,
}

/// One string, judged.
struct Judged {
    answer: Answer,
    outcome: Outcome,
    parts: BTreeSet<&'static str>,
    faults: Vec<FaultKind>,
    /// For whoever looks at it.
    reading: String,
}

#[test]
fn strings_are_read_as_their_drivers_read_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let reasons: Reasons = toml::from_str(&std::fs::read_to_string(folder.join("reasons.toml")).unwrap()).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(folder.join("data")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    let show = std::env::var("SHOW").unwrap_or_default();
    let mut failures = String::new();
    let mut known = BTreeSet::new();
    for path in &files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        judge_driver(&name, &folder.join("data"), &reasons.reason, &show, &mut failures);
        known.insert(name);
    }
    for reason in &reasons.reason {
        let names =
            reason.drivers.len() == reason.count.len() && reason.drivers.iter().all(|name| known.contains(name));
        if !names || reason.why.trim().is_empty() {
            let _ =
                writeln!(failures, "reasons.toml: names a driver without data, or lacks a count or why: {reason:?}");
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// A data file.
fn read(folder: &Path, name: &str) -> (Header, Vec<Answer>) {
    let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap();
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let header = serde_json::from_str(lines.next().unwrap_or("")).unwrap_or_else(|e| panic!("{name}: {e}"));
    let answer = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}"));
    (header, lines.map(answer).collect())
}

/// Whether two drivers made the same of a string.
fn is_same(a_of: &Header, a: &Answer, b_of: &Header, b: &Answer) -> bool {
    if a.error.is_some() || b.error.is_some() {
        return a.error.is_some() && b.error.is_some();
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let has = |params: &BTreeMap<String, String>, (name, value): (&String, &String)| params.get(name) == Some(value);
    hosts(a_of, a.hosts.iter().cloned()) == hosts(b_of, b.hosts.iter().cloned())
        && [(&a.database, &b.database), (&a.user, &b.user), (&a.password, &b.password)]
            .iter()
            .all(|(a, b)| text(a) == text(b))
        && a.params.iter().all(|pair| has(&b.params, pair))
        && (a_of.params == "some" || b.params.iter().all(|pair| has(&a.params, pair)))
}

/// Prints a driver's figures; appends what is wrong with them.
fn judge_driver(name: &str, folder: &Path, reasons: &[Reason], show: &str, failures: &mut String) {
    let (header, answers) = read(folder, name);
    let leader = header.follows.as_ref().map(|leader| read(folder, leader));
    let others: BTreeMap<String, Answer> =
        leader.iter().flat_map(|(_, answers)| answers).map(|a| (a.text.clone(), a.clone())).collect();
    let is_disputed = |answer: &Answer| {
        let Some((leader, _)) = &leader else { return false };
        others.get(&answer.text).is_none_or(|other| !is_same(&header, answer, leader, other))
    };
    let mut disputed = 0;
    let mut counts: BTreeMap<(bool, Outcome), usize> = BTreeMap::new();
    let mut explained: Vec<usize> = vec![0; reasons.len()];
    let (mut unexplained, mut excused) = (String::new(), 0);
    for answer in answers {
        if is_disputed(&answer) {
            disputed += 1;
            continue;
        }
        let refused = answer.error.is_some();
        let judged = judge(&header, answer);
        let reason = reasons.iter().position(|reason| reason.covers(name, &judged));
        if reason.and_then(|i| reasons.get(i)).is_some_and(|reason| reason.excused && judged.outcome != Outcome::Agrees)
        {
            excused += 1;
        } else {
            *counts.entry((refused, judged.outcome)).or_default() += 1;
        }
        match reason.and_then(|i| explained.get_mut(i)) {
            _ if judged.outcome == Outcome::Agrees => {}
            Some(count) => *count += 1,
            None => describe(&mut unexplained, &judged),
        }
        if reason.is_some() && judged.outcome != Outcome::Agrees && show == name {
            let mut text = String::new();
            describe(&mut text, &judged);
            print!("explained: {text}");
        }
    }
    let count = |refused, outcome| counts.get(&(refused, outcome)).copied().unwrap_or(0);
    let all = |refused: bool| counts.iter().filter(|((r, _), _)| *r == refused).map(|(_, n)| n).sum::<usize>();
    let as_meant = count(false, Outcome::AsMeant);
    let shown = count(false, Outcome::Shown) + count(true, Outcome::Shown);
    let accepted = all(false) - as_meant - count(false, Outcome::Shown);
    let refused = all(true) - count(true, Outcome::Shown);
    let agreement = percent(count(false, Outcome::Agrees), accepted);
    let named = percent(count(true, Outcome::Agrees), refused);
    println!(
        "{name:24} {agreement:6.2} % of {accepted:4} accepted, {as_meant:3} more read as meant; {named:6.2} % of \
         {refused:4} refused named; {disputed:3} disputed, {excused:3} excused, {shown} show a piece of a password  ({} {}, {})",
        header.driver, header.version, header.date
    );
    if agreement < AGREEMENT || named < NAMED {
        let _ = writeln!(
            failures,
            "{name}: {agreement:.2} % of the accepted and {named:.2} % of the refused strings; {AGREEMENT} and {NAMED} are wanted"
        );
    }
    if !unexplained.is_empty() {
        let _ = writeln!(failures, "{name}: without a reason:\n{unexplained}");
    }
    for (reason, count) in reasons.iter().zip(explained) {
        let Some(i) = reason.drivers.iter().position(|driver| driver == name) else { continue };
        let expected = reason.count.get(i).copied().unwrap_or(0);
        if expected != count {
            let _ = writeln!(failures, "{name}: reason explains {count} strings, not {expected}: {}", reason.why);
        }
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 }
}

fn describe(out: &mut String, judged: &Judged) {
    let Judged { answer, outcome, parts, faults, reading } = judged;
    let said = match &answer.error {
        Some(error) => format!("refused: {error}"),
        None => format!(
            "{:?} database {:?} user {:?} password {:?} {:?}",
            answer.hosts, answer.database, answer.user, answer.password, answer.params
        ),
    };
    let _ = writeln!(
        out,
        "  {outcome:?} {parts:?} {faults:?}\n    {:?}\n    driver:   {said}\n    plimsoll: {reading}",
        answer.text
    );
}

fn judge(header: &Header, answer: Answer) -> Judged {
    let string = connection::parse(&answer.text, Some(header.key.as_deref().unwrap_or("DATABASE_URL")));
    let parts = match (&string, &answer.error) {
        (Some(string), None) => differences(header, string, &answer),
        (None, None) => BTreeSet::from(["none"]),
        (_, Some(_)) => BTreeSet::new(),
    };
    let shown = is_shown(string.as_ref(), &answer.text);
    let faults: Vec<FaultKind> = string.iter().flat_map(|s| &s.faults).map(|fault| fault.kind).collect();
    let outcome = match &answer.error {
        _ if shown => Outcome::Shown,
        Some(_) if faults.is_empty() => Outcome::Missed,
        Some(_) => Outcome::Agrees,
        None if parts.is_empty() && faults.iter().any(|kind| is_malformed(*kind)) => Outcome::FalseAlarm,
        None if parts.is_empty() => Outcome::Agrees,
        None if faults.iter().any(|kind| reads_as_meant(*kind)) => Outcome::AsMeant,
        None => Outcome::Differs,
    };
    let reading = string.as_ref().map_or_else(|| "no connection string".to_owned(), reading);
    Judged { answer, outcome, parts, faults, reading }
}

/// Faults that say "the client will not take this".
fn is_malformed(kind: FaultKind) -> bool {
    use FaultKind::{
        BadEscape, BadPort, MissingSlashes, NotAPair, PortNotAllowed, SchemeCase, UnbalancedQuote, UnknownScheme,
    };
    matches!(
        kind,
        BadEscape | BadPort | MissingSlashes | NotAPair | PortNotAllowed | SchemeCase | UnbalancedQuote | UnknownScheme
    )
}

/// Faults that say "the client reads this otherwise than it was meant".
fn reads_as_meant(kind: FaultKind) -> bool {
    use FaultKind::{
        BadHost, BadPort, EdgeSpace, EmptyHost, MissingSlashes, NotAPair, UnescapedPassword, UserInfoIgnored,
        WrongSeparator,
    };
    matches!(
        kind,
        BadHost
            | BadPort
            | EdgeSpace
            | EmptyHost
            | MissingSlashes
            | NotAPair
            | UnescapedPassword
            | UserInfoIgnored
            | WrongSeparator
    )
}

/// Whether a password's word comes out of the redacted string, a fault, or a part.
fn is_shown(string: Option<&ConnectionString>, text: &str) -> bool {
    let Some(string) = string else { return Redactor::new().text(text).as_str().contains(MARK) };
    string.redacted(text).contains(MARK)
        || string.faults.iter().any(|fault| fault.message.contains(MARK))
        || string.parts().iter().any(|part| part.text.as_ref().is_some_and(|text| text.contains(MARK)))
}

fn differences(header: &Header, string: &ConnectionString, answer: &Answer) -> BTreeSet<&'static str> {
    let mut out = BTreeSet::new();
    let text = |part: &Option<connection::Part>| part.as_ref().map_or("", |part| part.text.as_str()).to_owned();
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    if !header.dialect.takes(string.dialect.id) {
        out.insert("dialect");
    }
    let mut ours: Vec<_> =
        string.hosts.iter().map(|h| (h.host.text.clone(), h.port.as_ref().map(|port| port.text.clone()))).collect();
    // A port without a host is a parameter to us.
    let lone_port = string.params.iter().find(|p| p.name.text == "port").filter(|_| ours.is_empty());
    ours.extend(
        lone_port.iter().flat_map(|p| p.value.text.split(',')).map(|port| (String::new(), Some(port.to_owned()))),
    );
    if hosts(header, ours.into_iter()) != hosts(header, answer.hosts.iter().cloned()) {
        out.insert("hosts");
    }
    if text(&string.database) != said(&answer.database) {
        out.insert("database");
    }
    if text(&string.user) != said(&answer.user) {
        out.insert("user");
    }
    let secrets = string.secret_values();
    let (password, others) = secrets.split_at(usize::from(string.password.is_some()));
    if password.concat() != said(&answer.password) {
        out.insert("password");
    }
    let name = |name: &str| if header.folds_names { folded(name) } else { name.to_owned() };
    let plain = string
        .params
        .iter()
        .filter(|p| lone_port.is_none_or(|port| *p != port))
        .map(|p| (p.name.text.as_str(), p.value.text.as_str()));
    let secret = string.secrets.iter().map(|(name, ..)| name.as_str()).zip(others.iter().copied());
    // One that another password overrides is hidden and not used.
    let secret = secret.filter(|(name, _)| *name != "password" || answer.params.contains_key("password"));
    // What stands twice counts as it stands last.
    let ours: BTreeMap<String, String> = plain.chain(secret).map(|(n, v)| (name(n), v.to_owned())).collect();
    let theirs: BTreeMap<String, String> = answer.params.iter().map(|(n, v)| (name(n), v.clone())).collect();
    let told = theirs.iter().all(|(name, value)| ours.get(name) == Some(value));
    if if header.params == "some" { !told } else { ours != theirs } {
        out.insert("params");
    }
    out
}

fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Hosts and ports with the driver's defaults in the place of what is not written.
fn hosts(header: &Header, written: impl Iterator<Item = (String, Option<String>)>) -> Vec<(String, String)> {
    let default = header.default_port.map_or_else(String::new, |port| port.to_string());
    let default_host = header.default_host.clone().unwrap_or_default();
    let full = |(host, port): (String, Option<String>)| {
        let port = port.filter(|port| !port.is_empty()).unwrap_or_else(|| default.clone());
        let port = port.parse::<u64>().map_or(port, |port| port.to_string());
        (if host.is_empty() { default_host.clone() } else { host }, port)
    };
    let out: Vec<(String, String)> = written.map(full).collect();
    // Nothing written and the default written are the same.
    if out == [(default_host, default)] { Vec::new() } else { out }
}

fn reading(string: &ConnectionString) -> String {
    let hosts: Vec<_> =
        string.hosts.iter().map(|h| (&h.host.text, h.port.as_ref().map(|port| port.text.as_str()))).collect();
    let text = |part: &Option<connection::Part>| part.as_ref().map(|part| part.text.clone());
    let params: Vec<_> = string.params.iter().map(|p| (&p.name.text, &p.value.text)).collect();
    let secrets: Vec<_> = string.secrets.iter().map(|(name, ..)| name).collect();
    format!(
        "{} {hosts:?} database {:?} user {:?} secrets {:?} {secrets:?} {params:?}",
        string.dialect.id,
        text(&string.database),
        text(&string.user),
        string.secret_values(),
    )
}

impl Reason {
    fn covers(&self, name: &str, judged: &Judged) -> bool {
        self.drivers.iter().any(|driver| driver == name)
            && self.outcome == judged.outcome
            && (self.parts.is_empty() || self.parts.iter().map(String::as_str).collect::<BTreeSet<_>>() == judged.parts)
            && self.fault.as_ref().is_none_or(|kind| judged.faults.iter().any(|fault| format!("{fault:?}") == *kind))
            && judged.answer.error.as_deref().unwrap_or("").contains(&self.error)
            && (self.like.is_empty() || self.like.iter().any(|pattern| matches(pattern, &judged.answer.text)))
    }
}

/// Whether `pattern` matches all of `text`; `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}
