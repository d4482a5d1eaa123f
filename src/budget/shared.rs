//! What one repository opens, in a form that another one's budget can count: `plimsoll.facts/1`.
//!
//! Out: servers with their names and limits, and one client a line of every sum, each with its factors, its origin and its
//! places. In: the same from other repositories, as terms with the repository's name. Names and numbers only: no value of
//! a setting is in it.

use serde::{Deserialize, Serialize};

use crate::budget::index::Index;
use crate::budget::load::{Line, Scenario, Sum};
use crate::connection::Engine;
use crate::facts::{Facts, Foreign, Origin, Reading, Server};
use crate::quantity::Interval;
use crate::source::Location;

/// Name and version of the form.
pub const SCHEMA: &str = "plimsoll.facts/1";

/// Facts of one repository for the budget of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SharedFacts {
    /// [`SCHEMA`].
    pub schema: String,
    /// The repository, as it calls itself.
    pub from: String,
    /// Servers that it connects to or describes.
    pub servers: Vec<SharedServer>,
    /// Who opens how many connections to them.
    pub clients: Vec<SharedClient>,
}

/// A server as another repository sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SharedServer {
    /// Its name in the report.
    pub id: String,
    /// Its engine: `postgresql`.
    pub engine: String,
    /// Hosts under which it is reached.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Its limit, if a file of that repository tells it.
    #[serde(default)]
    pub limit: Option<Range>,
    /// Slots that applications never get.
    #[serde(default)]
    pub reserved: Option<Range>,
}

/// A client of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SharedClient {
    /// The server's `id`.
    pub server: String,
    /// Who: `Deployment shop/api`.
    pub workload: String,
    /// What is configured: `HikariCP spring.datasource`.
    pub pool: String,
    /// Replicas from the least to the greatest number.
    pub steady: Range,
    /// Replicas at peak.
    pub replicas: Range,
    /// Replicas during a rollout of it.
    pub rollout: Range,
    /// Processes of one replica.
    pub processes: Range,
    /// Pool ceiling of one process.
    pub ceiling: Range,
    /// Most connections over all replicas, where that is less than the product: behind a pooler.
    #[serde(default)]
    pub most: Option<u64>,
    /// `literal`, `mapped`, `default`, `assumed`, `unknown`: the weakest of its factors.
    pub origin: String,
    /// `file:line` of each factor.
    #[serde(default)]
    pub places: Vec<String>,
}

/// An interval; `null` as its upper end is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least that is possible.
    pub lo: u64,
    /// The greatest; unknown if absent.
    pub hi: Option<u64>,
}

impl From<Interval> for Range {
    fn from(interval: Interval) -> Range {
        Range { lo: interval.lo, hi: interval.hi }
    }
}

impl From<Range> for Interval {
    fn from(range: Range) -> Interval {
        Interval { lo: range.lo, hi: range.hi.map(|hi| hi.max(range.lo)) }
    }
}

impl SharedFacts {
    /// Reads a file of this form.
    ///
    /// # Errors
    /// Line and column of what is wrong, without quoting it.
    pub fn parse(text: &str) -> Result<SharedFacts, String> {
        let read: SharedFacts = serde_json::from_str(text)
            .map_err(|error| format!("line {}, column {} is not of the form {SCHEMA}", error.line(), error.column()))?;
        if read.schema == SCHEMA { Ok(read) } else { Err(format!("its schema is not {SCHEMA}")) }
    }

    /// Adds the clients to a state. A server that it does not know comes with its limit.
    pub fn join(&self, facts: &mut Facts) {
        for client in &self.clients {
            let Some(about) = self.servers.iter().find(|s| s.id == client.server) else { continue };
            let server = server_of(facts, about);
            facts.foreign.push(Foreign {
                from: self.from.clone(),
                server,
                workload: client.workload.clone(),
                pool_name: client.pool.clone(),
                steady: client.steady.into(),
                replicas: client.replicas.into(),
                rollout: client.rollout.into(),
                processes: client.processes.into(),
                ceiling: client.ceiling.into(),
                most: client.most,
                origin: self.origin(&client.origin),
            });
        }
    }

    fn origin(&self, name: &str) -> Origin {
        match name {
            "literal" => Origin::Literal,
            "mapped" => Origin::Declared,
            "default" => Origin::Default(format!("told by {}", self.from)),
            "assumed" => Origin::Assumed(format!("told by {}", self.from)),
            _ => Origin::Unknown(format!("{} does not know a factor", self.from)),
        }
    }
}

/// The server of the same name, or of a host that names it wherever one is.
fn server_of(facts: &mut Facts, about: &SharedServer) -> usize {
    let is_full = |host: &&String| host.contains('.') && !host.contains('*');
    let same = |s: &Server| s.id == about.id || about.hosts.iter().filter(is_full).any(|h| s.hosts.contains(h));
    if let Some(at) = facts.servers.iter().position(same) {
        return at;
    }
    let mut server = Server {
        hosts: about.hosts.clone(),
        ..Server::named(about.id.clone(), Engine::from_name(&about.engine).unwrap_or(Engine::Unknown))
    };
    let told = |range: Range| Reading { value: range.into(), origin: Origin::Declared, at: None };
    if let Some(limit) = about.limit {
        server.limit = told(limit);
        server.reserved = about.reserved.map_or(Reading::default_of(0, "none was told"), told);
    }
    facts.servers.push(server);
    facts.servers.len() - 1
}

/// What a state opens, for others. `name` makes printable text, `place` says where something stands.
#[must_use]
pub fn export(
    facts: &Facts,
    from: &str,
    name: &dyn Fn(&str) -> String,
    place: &dyn Fn(Location) -> String,
) -> SharedFacts {
    let index = Index::new(facts);
    let mut shared =
        SharedFacts { schema: SCHEMA.to_owned(), from: from.to_owned(), servers: Vec::new(), clients: Vec::new() };
    for (at, server) in facts.servers.iter().enumerate() {
        let Some(sum) = Sum::of_server(facts, &index, at, &|_| true) else { continue };
        // What came from another repository is told by it, and a client that only may belong here by nobody.
        let own = |l: &&Line<'_>| !l.maybe && !l.foreign;
        let lines: Vec<&Line<'_>> = sum.lines.iter().filter(own).collect();
        if lines.is_empty() && server.at.is_none() {
            continue;
        }
        let known = server.limit.value.hi.is_some();
        shared.servers.push(SharedServer {
            id: name(&server.id),
            engine: server.engine.as_str().to_owned(),
            hosts: server.hosts.iter().map(|h| name(h)).collect(),
            limit: known.then(|| server.limit.value.into()),
            reserved: known.then(|| server.reserved.value.into()),
        });
        shared.clients.extend(lines.into_iter().map(|line| client(server, line, name, place)));
    }
    shared
}

fn client(
    server: &Server,
    line: &Line<'_>,
    name: &dyn Fn(&str) -> String,
    place: &dyn Fn(Location) -> String,
) -> SharedClient {
    let product = line.copies.at(Scenario::Peak).times(line.processes.value).times(line.ceiling);
    let demand = line.demand(Scenario::NextRollout);
    SharedClient {
        server: name(&server.id),
        workload: name(&line.who),
        pool: name(&line.pool_name),
        steady: line.copies.at(Scenario::Steady).into(),
        replicas: line.copies.at(Scenario::Peak).into(),
        rollout: line.copies.at(Scenario::NextRollout).into(),
        processes: line.processes.value.into(),
        ceiling: line.ceiling.into(),
        most: demand.hi.filter(|_| line.most.is_some() && line.demand(Scenario::Peak) != product),
        origin: line.origin.as_str().to_owned(),
        places: line.evidence().into_iter().map(|(_, at)| place(at)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other() -> SharedFacts {
        SharedFacts::parse(
            r#"{"schema": "plimsoll.facts/1", "from": "billing",
                "servers": [{"id": "db.example.org", "engine": "postgresql", "hosts": ["db.example.org"],
                             "limit": {"lo": 100, "hi": 100}, "reserved": {"lo": 3, "hi": 3}}],
                "clients": [{"server": "db.example.org", "workload": "Deployment billing/api", "pool": "HikariCP",
                             "steady": {"lo": 2, "hi": 4}, "replicas": {"lo": 4, "hi": 4},
                             "rollout": {"lo": 5, "hi": 5}, "processes": {"lo": 1, "hi": 1},
                             "ceiling": {"lo": 10, "hi": 10}, "origin": "literal"}]}"#,
        )
        .expect("it is of the form")
    }

    #[test]
    fn clients_of_another_repository_are_terms_with_its_name() {
        let mut facts = Facts::default();
        other().join(&mut facts);
        let index = Index::new(&facts);
        let sum = Sum::of_server(&facts, &index, 0, &|_| false).expect("there is a server");
        assert_eq!(sum.server.usable(), Interval::exact(97));
        assert_eq!(sum.lines[0].who, "Deployment billing/api of billing");
        assert_eq!(sum.total(Scenario::Peak), Interval::exact(40));
        assert_eq!(sum.total(Scenario::Rollout), Interval::exact(40));
        assert_eq!(sum.total(Scenario::NextRollout), Interval::exact(50));
    }

    #[test]
    fn what_came_from_others_is_not_told_again() {
        let mut facts = Facts::default();
        other().join(&mut facts);
        let told = export(&facts, "fleet", &str::to_owned, &|_| String::new());
        assert_eq!(told.clients, []);
    }

    #[test]
    fn a_wrong_file_is_told_without_its_text() {
        for text in ["", "{}", "[]", r#"{"schema": "other/1", "from": "", "servers": [], "clients": []}"#] {
            let error = SharedFacts::parse(text).expect_err("it is wrong");
            assert!(error.contains(SCHEMA), "{error}");
        }
    }
}
