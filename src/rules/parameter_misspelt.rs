//! A parameter of a connection string is spelt in a way that its client does not read.

use crate::connection::{ConnectionString, Fault, FaultKind};
use crate::declare_rule;
use crate::facts::Endpoint;
use crate::finding::{Confidence, Finding, FindingBuilder, Severity};
use crate::parameter::{self, ParamRole};
use crate::rule::Context;
use crate::rule::addresses::{Address, addresses};
use crate::rule::parameters::{fate, name_of, part_named, place, weighed};
use crate::rule::wording;
use crate::secret::Shown;
use crate::shown;

declare_rule! {
    /// ## What it finds
    ///
    /// A name of a parameter that a change brings in and that is a slip away from one its client knows, or that has the wrong case
    /// for a client that minds it (`sslMode` of Connector/J, `sslmode` of pgjdbc).
    ///
    /// ## Why it hurts
    ///
    /// pgjdbc, Connector/J, node-postgres, Prisma and others drop it without a word, so its default holds: for TLS that is plain
    /// text or a silent fall back to it. libpq, Npgsql and SqlClient refuse the string. The message says which of the two.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: jdbc:postgresql://orders-db.prod.example.internal:5432/orders?socketTimeout=30
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: jdbc:postgresql://orders-db.prod.example.internal:5432/orders?socketTimeuot=30
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: jdbc:postgresql://orders-db.prod.example.internal:5432/orders?socketTimeout=60
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the name as the message spells it.
    ///
    /// ## When it is wrong
    ///
    /// For a parameter that a new version of a driver knows and Plimsoll does not yet.
    ///
    /// ## References
    ///
    /// - <https://jdbc.postgresql.org/documentation/use/>
    /// - <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>
    pub(super) static PARAMETER_MISSPELT = "parameter-misspelt", Medium, Medium,
        "A parameter of a connection string is spelt in a way that its client does not read", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for address in addresses(ctx) {
        let Some(string) = &address.new.string else { continue };
        let before = out.len();
        out.extend(faults(&address, string).map(|fault| of_fault(ctx, &address, string, fault)));
        if out.len() == before {
            out.extend(respelt(ctx, &address, string));
        }
    }
}

/// Names that are a slip away from a known one, and were not there before.
fn faults<'a>(address: &Address<'a>, string: &'a ConnectionString) -> impl Iterator<Item = &'a Fault> {
    let old = address.old.and_then(|e| e.string.as_ref());
    let had = move |fault: &Fault| {
        old.is_some_and(|o| o.faults.iter().any(|f| f.kind == fault.kind && f.message == fault.message))
    };
    let near = |fault: &Fault| named(string, fault).is_some_and(|name| string.nearest_parameter(name).is_some());
    let is_one = move |fault: &Fault| match fault.kind {
        FaultKind::ParameterCase => true,
        FaultKind::UnknownParameter => near(fault),
        _ => false,
    };
    string.faults.iter().filter(move |fault| is_one(fault) && !had(fault))
}

/// The name that a fault is about.
fn named<'a>(string: &'a ConnectionString, fault: &Fault) -> Option<&'a str> {
    string.params.iter().find(|param| param.name.range == fault.range).map(|param| param.name.text.trim())
}

fn of_fault(ctx: &Context<'_>, address: &Address<'_>, string: &ConnectionString, fault: &Fault) -> Finding {
    let name = named(string, fault).unwrap_or_default();
    let meant = string.nearest_parameter(name).unwrap_or_default();
    let at = place(ctx, address.new, name, fault.range.clone());
    let (key, is, was) = (ctx.name(address.key()), ctx.name(name), ctx.name(meant));
    let title = match fault.kind {
        FaultKind::ParameterCase => shown!("{}: {} is not read in this spelling; write {}", key, is, was),
        _ => shown!("{}: the parameter {} is misspelt; write {}", key, is, was),
    };
    // Without its TLS parameter a client takes its default, which is seldom a strict one.
    let protects = string.dialect.about(meant).any(|p| matches!(p.role, ParamRole::TlsMode));
    let severity = weighed(address, if protects { Severity::High } else { Severity::Medium });
    let builder = FindingBuilder::new(PARAMETER_MISSPELT.name, severity, Confidence::Medium, at, title);
    finding(ctx, address, string, builder, (&is, &was))
}

/// A known parameter that became an unknown one of a similar name, with the same value.
fn respelt(ctx: &Context<'_>, address: &Address<'_>, string: &ConnectionString) -> Option<Finding> {
    let old = address.old?;
    let lacks = |e: &Endpoint, name: &str| part_named(e, name).is_none();
    let gone = old.parts.iter().filter_map(|p| Some((p, name_of(p)?))).take(100).filter(|(_, n)| lacks(address.new, n));
    let gone: Vec<_> = gone.filter(|(_, n)| parameter::is_known(n)).collect();
    let come = address.new.parts.iter().filter_map(|p| Some((p, name_of(p)?)));
    // Longer strings are nobody's, and each name is compared with each.
    let come = come.take(100).filter(|(_, n)| lacks(old, n));
    let (part, is, was) = come.filter(|(_, n)| !parameter::is_known(n)).find_map(|(part, is)| {
        // `Unicode` for `useUnicode`: the verb is lost, or one came.
        let cut = |a: &str, b: &str| a.len() > b.len() && a.len() - b.len() <= 6 && b.len() >= 4 && a.ends_with(b);
        let alike = |was: &str| {
            let (was, is) = (was.to_lowercase(), is.to_lowercase());
            strsim::damerau_levenshtein(&was, &is) <= 3.min(is.len() / 3) || cut(&was, &is) || cut(&is, &was)
        };
        let (_, was) = gone.iter().find(|(o, was)| o.text == part.text && alike(was))?;
        Some((part, is, *was))
    })?;
    let (key, is, was) = (ctx.name(address.key()), ctx.name(is), ctx.name(was));
    let title = shown!("{}: no client is known to read the parameter {}; before it was {}", key, is, was);
    let builder = FindingBuilder::new(PARAMETER_MISSPELT.name, Severity::Medium, Confidence::Medium, part.at, title);
    Some(finding(ctx, address, string, builder, (&is, &was)))
}

fn finding(
    ctx: &Context<'_>,
    address: &Address<'_>,
    string: &ConnectionString,
    builder: FindingBuilder,
    (is, meant): (&Shown, &Shown),
) -> Finding {
    let key = ctx.name(address.key());
    let common = "strict clients refuse the string; the others drop the parameter without a word, so its default holds";
    let what = match fate(string) {
        Some(fate) => shown!("a name that is not known: {}", fate),
        None => Shown::of_static(common),
    };
    // The new name is no earlier value; the old one is, where it stood in the old string.
    let stood = address.old.is_some_and(|old| old.parts.iter().filter_map(name_of).any(|n| ctx.name(n) == *meant));
    let was = stood.then(|| meant.clone());
    builder
        .message(what)
        .subject(address.subject(ctx), address.environment())
        .setting(key.clone(), was.clone(), Some(is.clone()))
        .symptom(Shown::of_static("often none: the parameter's default holds"))
        .fix(shown!("write {}", meant.clone()), Some(meant.clone()))
        .rollback(wording::set_back(&shown!("the name of the parameter in {}", key), was.as_ref()))
        .discriminator(is.clone())
        .build()
}
