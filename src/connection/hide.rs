//! Secrets that a slip put where none belongs: a login inside a host or a database, a `password=` inside another value.
//!
//! In: a connection string that is read. Out: the same with those pieces among its secrets. If in doubt, more is hidden.

use std::ops::Range;

use super::scan::{self, Input};
use super::{ConnectionString, Fault, FaultKind, Part};
use crate::secret::{Secret, userinfo};

/// Finds them in every part that is shown.
pub(super) fn strays(input: &Input<'_>, found: &mut ConnectionString) {
    let hosts = found.hosts.iter().flat_map(|server| [Some(&server.host), server.port.as_ref()]);
    let others = found.user.iter().chain(found.params.iter().map(|p| &p.value));
    let mut strays: Vec<Range<usize>> = hosts.flatten().filter_map(|part| in_address(input, part)).collect();
    strays.extend(found.database.iter().filter_map(|part| in_database(input, part)));
    strays.extend(others.filter_map(|part| in_value(input, part)));
    strays.extend(found.user.iter().filter(|_| found.password.is_none()).filter_map(|user| in_user(input, user)));
    for param in found.params.iter_mut().filter(|param| param.name.text.contains('@')) {
        // A login with a raw `?` in its user is cut into a host and a parameter of a strange name.
        strays.push(param.name.range.clone());
        param.name.text = "unreadable".to_owned();
        let message = "an `@` in a parameter's name: a `?` in front of it is not escaped, write `%3F`".to_owned();
        let range = param.name.range.clone();
        found.faults.push(Fault { kind: FaultKind::UnescapedPassword, message, range });
    }
    for range in strays {
        found.secrets.push(("password".to_owned(), Secret::new(input.raw(range.clone())), range));
    }
}

/// What stands before an `@` in a host is no host.
fn in_address(input: &Input<'_>, part: &Part) -> Option<Range<usize>> {
    let at = input.rfind(part.range.clone(), b'@').filter(|&at| at > part.range.start);
    at.map(|at| part.range.start..at).or_else(|| named(input, &part.range))
}

/// No database has an `@` in its name; what stands before one is a login behind a slash too many.
pub(super) fn in_database(input: &Input<'_>, part: &Part) -> Option<Range<usize>> {
    in_value(input, part).or_else(|| in_address(input, part))
}

/// A login whose `:` is lost.
fn in_user(input: &Input<'_>, part: &Part) -> Option<Range<usize>> {
    let Range { start, end } = part.range;
    let is_login = input.bytes(end..end + 1) == b"@";
    (is_login && userinfo::may_hold_password(input.bytes(start..end))).then_some(start..end)
}

/// A whole URL, or a pair that names a secret.
fn in_value(input: &Input<'_>, part: &Part) -> Option<Range<usize>> {
    let bytes = input.bytes(part.range.clone());
    if let Some(i) = bytes.windows(3).position(|three| three == b"://") {
        let start = part.range.start + i + 3;
        let login = userinfo::find("", input.bytes(start..part.range.end)).and_then(|info| info.password());
        return login.map(|r| start + r.start..start + r.end);
    }
    named(input, &part.range)
}

/// From behind the `=` of a name such as `password` to the end.
fn named(input: &Input<'_>, range: &Range<usize>) -> Option<Range<usize>> {
    const LONGEST_NAME: usize = 24;
    let bytes = input.bytes(range.clone());
    let equals = bytes.iter().enumerate().filter(|&(_, &b)| b == b'=').map(|(i, _)| range.start + i);
    let is_secret = |&equals: &usize| {
        let before = input.raw(range.start.max(equals.saturating_sub(LONGEST_NAME))..equals).trim_end();
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).map_or(0, |i| i + 1);
        before.get(start..).is_some_and(|name| !name.is_empty() && scan::is_secret_name(name))
    };
    equals.into_iter().find(is_secret).map(|equals| equals + 1..range.end)
}
