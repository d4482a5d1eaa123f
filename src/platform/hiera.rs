//! Puppet's Hiera: `postgresql::server::config: …` is a class's parameter, its steps joined by `::`.
//!
//! In: a mapping most of whose keys hold `::`. Out: one configuration file, whose keys read as dotted ones.

use crate::document::{Entry, Node};

use super::pieces;
use super::{Platform, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "hiera",
    recognises: "Puppet's Hiera data, told by keys with `::`",
    claims,
    read: |root| pieces::configuration(root, &|key| key.contains("::").then(|| key.replace("::", "."))),
};

fn claims(root: &Root<'_>) -> bool {
    let is_parameter = |entry: &&Entry| entry.key.text.trim_matches(':').contains("::");
    let entries = Node::entries(root.node);
    let parameters = entries.iter().filter(is_parameter).count();
    parameters > 0 && parameters * 2 >= entries.len()
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};

    #[test]
    fn a_parameter_reads_as_a_dotted_key() {
        let (_, settings) = side(&[("data/prod.yaml", "shop::db::host: db\nshop::db::pool:\n  max: 5\n")]);
        let file = resource(&settings, "data/prod.yaml");
        let expected = ["file prod.yaml shop.db.host = db", "file prod.yaml shop.db.pool.max = 5"];
        assert_eq!(read_by_processes(file), expected);
        assert_eq!(paths(file), ["shop::db::host", "shop::db::pool.max"]);
    }
}
