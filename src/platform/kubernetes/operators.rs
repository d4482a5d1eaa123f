//! Objects of operators: where they keep what their server's own file would say.
//!
//! In: a custom object's entry. Out: its settings, those of a server under the server's own names, and texts that are its
//! file opened as that file. Paths stay those of the object.

use crate::document::Entry;

use super::super::flatten::{Flatten, Here, Scope, last_of_each};

/// What stands at some keys of an object.
enum Meaning {
    /// Settings of a server, under this name in its words.
    Settings(&'static str),
    /// The text of its file of this name.
    File(&'static str),
}

/// Keys of objects, by kind. Where the operator's own words are the server's (`postgresql.parameters`), nothing is said.
///
/// - <https://access.crunchydata.com/documentation/postgres-operator/latest/>
/// - <https://cloudnative-pg.io/documentation/current/connection_pooling/>
/// - <https://github.com/percona/percona-xtradb-cluster-operator/blob/main/deploy/cr.yaml>
/// - <https://dev.mysql.com/doc/mysql-operator/en/>
/// - <https://github.com/mariadb-operator/mariadb-operator/blob/main/docs/api_reference.md>
/// - <https://www.rabbitmq.com/kubernetes/operator/using-operator>
const KNOWN: &[(&str, &[&str], Meaning)] = &[
    ("PostgresCluster", &["spec", "config", "parameters"], Meaning::Settings("postgresql.parameters")),
    ("PostgresCluster", &["spec", "proxy", "pgBouncer", "config", "global"], Meaning::Settings("pgbouncer")),
    ("PerconaPGCluster", &["spec", "proxy", "pgBouncer", "config", "global"], Meaning::Settings("pgbouncer")),
    ("Pooler", &["spec", "pgbouncer", "parameters"], Meaning::Settings("pgbouncer")),
    ("PerconaXtraDBCluster", &["spec", "pxc", "configuration"], Meaning::File("my.cnf")),
    ("PerconaXtraDBCluster", &["spec", "haproxy", "configuration"], Meaning::File("haproxy.cfg")),
    ("PerconaServerMySQL", &["spec", "mysql", "configuration"], Meaning::File("my.cnf")),
    ("InnoDBCluster", &["spec", "mycnf"], Meaning::File("my.cnf")),
    ("MysqlCluster", &["spec", "mysqlConf"], Meaning::Settings("mysqld")),
    ("MariaDB", &["spec", "myCnf"], Meaning::File("my.cnf")),
    ("RabbitmqCluster", &["spec", "rabbitmq", "additionalConfig"], Meaning::File("rabbitmq.conf")),
];

/// Adds what one entry of an object of `kind` holds.
pub(super) fn flatten(kind: &str, entry: &Entry, here: &Here<'_>, scope: Scope, flat: &mut Flatten) {
    let own: Vec<_> =
        KNOWN.iter().filter(|(known, ..)| *known == kind).map(|(_, keys, meaning)| (*keys, meaning)).collect();
    below(&own, entry, here, scope, flat);
}

/// `known` are the places that may lie at or below `entry`, with the keys that lead there from its parent.
fn below(known: &[(&[&str], &Meaning)], entry: &Entry, here: &Here<'_>, scope: Scope, flat: &mut Flatten) {
    let next: Vec<(&[&str], &Meaning)> = known
        .iter()
        .filter_map(|(keys, meaning)| match keys.split_first() {
            Some((first, rest)) if *first == entry.key.text => Some((rest, *meaning)),
            _ => None,
        })
        .collect();
    let at = here.entry(entry);
    match next.iter().find(|(keys, _)| keys.is_empty()) {
        Some((_, Meaning::Settings(name))) => flat.walk(&entry.value, &at.called(name), scope),
        Some((_, Meaning::File(name))) => flat.walk(&entry.value, &at.holding(name), scope),
        None if next.is_empty() || entry.value.entries().is_empty() => flat.entry(entry, here, scope),
        None => {
            for inner in last_of_each(entry.value.entries()) {
                below(&next, inner, &at, scope, flat);
            }
        }
    }
}
