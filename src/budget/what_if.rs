//! A state as if one number were another: a promotion, a failover or a resize, rehearsed on the facts.
//!
//! In: `replicas(Deployment shop/api)=20` and its like. Out: the same facts with that number. Pure, so that the command line
//! and the page ask the same question.

use std::collections::BTreeSet;

use crate::catalogue::Catalogue;
use crate::facts::{self, Facts, Origin, Pooler, PoolerCap, Reading};
use crate::quantity::Interval;

/// One number that is taken to be another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Which number.
    pub knob: Knob,
    /// Whose: a workload, a pooler or a server, by its name in the report.
    pub subject: String,
    /// What it is to be.
    pub value: String,
}

/// A number that can be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knob {
    /// The greatest number of replicas of a workload or a pooler.
    Replicas,
    /// The pool of each process of a workload, overflow included; of a pooler the size for each pair.
    Pool,
    /// Processes of each replica.
    Processes,
    /// The limit of a server.
    Limit,
    /// The size of a managed instance, which gives its limit.
    Class,
}

impl Knob {
    /// The names, as they are written.
    pub const NAMES: [(&'static str, Knob); 5] = [
        ("replicas", Knob::Replicas),
        ("pool", Knob::Pool),
        ("processes", Knob::Processes),
        ("limit", Knob::Limit),
        ("class", Knob::Class),
    ];

    fn is_of_server(self) -> bool {
        matches!(self, Knob::Limit | Knob::Class)
    }
}

/// Reads `replicas(Deployment shop/api)=20`.
///
/// # Errors
/// What is wrong with the text, with the remedy.
pub fn parse(text: &str) -> Result<WhatIf, String> {
    let form = "write it like 'replicas(Deployment shop/api)=20'";
    let (name, rest) = text.split_once('(').ok_or_else(|| format!("it has no '('; {form}"))?;
    // Names may hold brackets of their own: `Deployment shop/api (overlays/prod)`.
    let (subject, value) = rest.rsplit_once(")=").ok_or_else(|| format!("it has no ')='; {form}"))?;
    let known = Knob::NAMES.iter().find(|(known, _)| *known == name.trim());
    let Some((_, knob)) = known else {
        let names = Knob::NAMES.map(|(name, _)| name).join(", ");
        return Err(format!("it begins with none of {names}; {form}"));
    };
    let value = value.trim();
    if *knob != Knob::Class && value.parse::<u64>().is_err() {
        return Err(format!("its value is no whole number; {form}"));
    }
    if value.is_empty() || subject.trim().is_empty() {
        return Err(format!("it lacks a name or a value; {form}"));
    }
    Ok(WhatIf { knob: *knob, subject: subject.trim().to_owned(), value: value.to_owned() })
}

/// Turns one number of a state. Gives the name of what was turned.
///
/// # Errors
/// If nothing of the state has that name, or several have; the message names the nearest.
pub fn apply(facts: &mut Facts, what: &WhatIf, catalogue: &Catalogue) -> Result<String, String> {
    let name = resolve(facts, what)?;
    if what.knob == Knob::Class {
        return resize(facts, &name, &what.value, catalogue);
    }
    let n: u64 = what.value.parse().map_err(|_| "its value is no whole number".to_owned())?;
    let told = |was: &Reading| Reading { value: Interval::exact(n), origin: Origin::Declared, at: was.at };
    match what.knob {
        Knob::Limit => {
            facts.servers.iter_mut().filter(|s| s.id == name).for_each(|s| s.limit = told(&s.limit));
        }
        Knob::Replicas => {
            for workload in facts.workloads.iter_mut().filter(|w| w.id.to_string() == name) {
                let was = workload.max_replicas.value;
                workload.surge.value = rescaled(workload.surge.value, was, n);
                workload.max_replicas = told(&workload.max_replicas);
                workload.min_replicas.value = Interval::exact(workload.min_replicas.value.lo.min(n));
            }
            // A pooler in a pod has as many processes as there are pods.
            let turned = facts.workloads.iter().position(|w| w.id.to_string() == name);
            let has = |p: &&mut Pooler| p.name == name || turned.is_some() && p.workload == turned;
            for pooler in facts.poolers.iter_mut().filter(has) {
                pooler.pods.surge.value = rescaled(pooler.pods.surge.value, pooler.pods.max.value, n);
                pooler.pods.max = told(&pooler.pods.max);
                pooler.pods.min = told(&pooler.pods.min);
            }
        }
        Knob::Processes => {
            for workload in facts.workloads.iter_mut().filter(|w| w.id.to_string() == name) {
                workload.containers.iter_mut().for_each(|c| c.processes = told(&c.processes));
            }
        }
        Knob::Pool => {
            for pool in facts.pools.iter_mut().filter(|p| !p.is_pooler && p.key.owner == name) {
                pool.max = told(&pool.max);
                pool.overflow.value = Interval::ZERO;
            }
            for pooler in facts.poolers.iter_mut().filter(|p| p.name == name) {
                if let PoolerCap::Pairs { size, .. } = &mut pooler.cap {
                    *size = told(size);
                }
            }
        }
        Knob::Class => {}
    }
    Ok(name)
}

/// A surge keeps its share of the replicas, rounded up as Kubernetes does; a number that is no share stays.
fn rescaled(surge: Interval, was: Interval, n: u64) -> Interval {
    let (Some(surge_was), Some(was)) = (surge.known(), was.known()) else { return surge };
    // 25 % is the default and by far the most common; all at once is blue and green.
    let quarter = |n: u64| n.div_ceil(4);
    match surge_was {
        s if s == was => Interval::exact(n),
        s if s == quarter(was) => Interval::exact(quarter(n)),
        s => Interval::exact(s),
    }
}

fn resize(facts: &mut Facts, name: &str, class: &str, catalogue: &Catalogue) -> Result<String, String> {
    for server in facts.servers.iter_mut().filter(|s| s.id == name) {
        let Some(size) = &mut server.size else {
            return Err(format!("the limit of {name} does not follow from an instance class; use limit({name})=N"));
        };
        let Some((limit, reserved)) = facts::limit_of(catalogue, size.service, class) else {
            return Err(format!("no table of {} has this class; use limit({name})=N", size.service));
        };
        class.clone_into(&mut size.name);
        (server.limit, server.reserved) = (Reading { at: server.limit.at, ..limit }, reserved);
    }
    Ok(name.to_owned())
}

/// The full name of a subject: as it is, or the one name that ends with it.
fn resolve(facts: &Facts, what: &WhatIf) -> Result<String, String> {
    let names = names(facts, what.knob);
    if names.contains(&what.subject) {
        return Ok(what.subject.clone());
    }
    let ends =
        |name: &&String| name.strip_suffix(what.subject.as_str()).is_some_and(|before| before.ends_with([' ', '/']));
    let mut fitting = names.iter().filter(ends);
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(one), Some(two)) => Err(format!("that is {one} or {two}; write the whole name")),
        _ => Err(unknown(&names, what)),
    }
}

fn names(facts: &Facts, knob: Knob) -> BTreeSet<String> {
    if knob.is_of_server() {
        return facts.servers.iter().map(|s| s.id.clone()).collect();
    }
    let workloads = facts.workloads.iter().map(|w| w.id.to_string());
    let owners = facts.pools.iter().filter(|p| knob == Knob::Pool && !p.is_pooler).map(|p| p.key.owner.clone());
    let poolers = facts.poolers.iter().filter(|_| knob != Knob::Processes).map(|p| p.name.clone());
    workloads.chain(owners).chain(poolers).collect()
}

fn unknown(names: &BTreeSet<String>, what: &WhatIf) -> String {
    let (one, all) = if what.knob.is_of_server() { ("server", "servers") } else { ("workload", "workloads") };
    let wanted = what.subject.to_lowercase();
    let last = |name: &str| name.rsplit(['/', ' ']).next().unwrap_or(name).to_lowercase();
    let distance = |name: &String| {
        let whole = strsim::damerau_levenshtein(&wanted, &name.to_lowercase());
        whole.min(strsim::damerau_levenshtein(&last(&wanted), &last(name)))
    };
    let near = names.iter().map(|name| (distance(name), name)).min();
    match near.filter(|(distance, name)| *distance <= 2 + name.len() / 4) {
        Some((_, near)) => format!("no {one} of the files is called so; did you mean {near:?}?"),
        None if names.is_empty() => format!("no {all} were found in the files; name a folder that has them"),
        None => {
            let few: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            format!("no {one} of the files is called so; among its {all} are {}", few.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read() {
        let read = parse("replicas(Deployment shop/api (overlays/prod))=20").expect("it is one");
        assert_eq!((read.knob, read.subject.as_str()), (Knob::Replicas, "Deployment shop/api (overlays/prod)"));
        assert_eq!(parse("class(aws_db_instance.orders)=db.t4g.medium").expect("one").value, "db.t4g.medium");
        for text in ["", "replicas", "replicas(x)", "replicas(x)=many", "size(x)=1", "pool()=1", "limit(x)=", "(x)=1"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_of_the_replicas_stays_a_share() {
        let exact = Interval::exact;
        assert_eq!(rescaled(exact(2), exact(6), 20), exact(5));
        assert_eq!(rescaled(exact(6), exact(6), 20), exact(20));
        assert_eq!(rescaled(exact(3), exact(6), 20), exact(3));
        assert_eq!(rescaled(exact(0), exact(6), 20), exact(0));
    }
}
