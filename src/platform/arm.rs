//! Azure Resource Manager templates and their parameter files.
//!
//! In: JSON with `resources` of `Microsoft.…` types, or with `parameters` that have values. Out: one resource each, with its
//! application settings and connection strings as variables, and one for the rest, whose parameters go by their names.

use crate::document::{Entry, Node};
use crate::setting::{Environment, KeyPath, ResourceId, Rollout, Shape, UnitKind, WorkloadShape};

use super::flatten::{Flatten, Here, Scope, last_of_each};
use super::{Platform, Reading, Root};
use super::{list, pieces};

pub(super) static PLATFORM: Platform = Platform {
    name: "arm",
    recognises: "Azure templates: applications with their settings, servers' parameters, parameter files",
    claims: |root| is_template(root.node) || is_parameter_file(root.node),
    read,
};

/// Keys that hold variables of applications and containers.
const ENV: &[&str] = &["appSettings", "connectionStrings", "environmentVariables", "env"];

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys).and_then(Node::as_text)
}

fn resources(node: &Node) -> &[Node] {
    node.get("resources").map(Node::items).unwrap_or_default()
}

fn is_template(node: &Node) -> bool {
    resources(node).iter().any(|item| text(item, &["type"]).is_some_and(|kind| kind.starts_with("Microsoft.")))
}

fn is_parameter_file(node: &Node) -> bool {
    let schema = text(node, &["$schema"]).unwrap_or_default();
    schema.contains("deploymentParameters.json") || (schema.contains("deploymentTemplate.json") && !is_template(node))
}

fn read(root: &Root<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut taken: Vec<&Node> = Vec::new();
    let items = resources(root.node);
    for (item, step) in items.iter().zip(list::steps("resources", items)) {
        let Some(kind) = text(item, &["type"]) else { continue };
        let place = match step {
            list::Step::Item(name) => name,
            list::Step::Index(index) => (index + 1).to_string(),
        };
        let name = text(item, &["name"]).map_or(place, str::to_owned);
        taken.push(item);
        let flat = resource(root, item, kind, &name);
        let runs = kind.eq_ignore_ascii_case("Microsoft.Web/sites")
            || kind.eq_ignore_ascii_case("Microsoft.App/containerApps");
        let shape = if runs {
            let container = pieces::container(&name, item, &KeyPath::default(), &[], &[], &flat);
            let replicas = flat.at(&KeyPath::default(), &["properties", "template", "scale", "maxReplicas"]);
            let rollout = Rollout::Elastic;
            Shape::Workload(Box::new(WorkloadShape {
                replicas,
                rollout,
                containers: vec![container],
                ..Default::default()
            }))
        } else {
            Shape::Plain
        };
        let id = ResourceId::new(kind.rsplit('/').next().unwrap_or(kind), "", &name);
        pieces::push(root, id, Environment::guess(&name), flat, shape, &mut reading);
    }
    rest(root, &mut reading);
    reading
}

/// One resource; a server's parameter is called as in the server's own file.
fn resource(root: &Root<'_>, item: &Node, kind: &str, name: &str) -> super::flatten::Flat {
    let kind = kind.to_ascii_lowercase();
    let engine = match () {
        () if !kind.ends_with("/configurations") => None,
        () if kind.contains("postgresql") => Some("postgresql.parameters"),
        () if kind.contains("mariadb") => Some("mariadb"),
        () if kind.contains("mysql") => Some("mysqld"),
        () => None,
    };
    let Some(engine) = engine else {
        return pieces::flatten(root, item, pieces::structure(ENV), name);
    };
    let parameter = name.trim_end_matches([')', ']', '\'']).rsplit(['/', '\'']).next().unwrap_or(name);
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, "parameters");
    for entry in last_of_each(item.entries()) {
        let here = Here::default().entry(entry);
        match entry.value.get("value") {
            Some(_) if entry.key.text == "properties" => {
                for property in last_of_each(entry.value.entries()) {
                    let below = here.entry(property);
                    let is_value = property.key.text == "value";
                    let scope = if is_value { Scope::file(unit) } else { Scope::STRUCTURE };
                    let called = format!("{engine}.{parameter}");
                    flat.walk(&property.value, &if is_value { below.called(&called) } else { below }, scope);
                }
            }
            _ => flat.walk(&entry.value, &here, Scope::STRUCTURE),
        }
    }
    flat.finish()
}

/// Parameters and variables under their own names, and whatever else the file holds.
fn rest(root: &Root<'_>, out: &mut Reading) {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    for entry in last_of_each(root.node.entries()) {
        let here = Here::default().entry(entry);
        match entry.key.text.as_str() {
            "resources" if !resources(root.node).is_empty() => others(entry, &here, &mut flat),
            "parameters" | "variables" if !entry.value.entries().is_empty() => {
                for named in last_of_each(entry.value.entries()) {
                    parameter(named, &here, unit, &mut flat);
                }
            }
            _ => flat.walk(&entry.value, &here, Scope::STRUCTURE),
        }
    }
    pieces::push(root, pieces::file_id(root), None, flat.finish(), Shape::Plain, out);
}

/// Items of `resources` that are none.
fn others(entry: &Entry, here: &Here<'_>, flat: &mut Flatten) {
    let odd: Vec<Node> = resources_without_type(&entry.value);
    if !odd.is_empty() {
        flat.walk(&Node::sequence(entry.value.span, odd), here, Scope::STRUCTURE);
    }
}

fn resources_without_type(list: &Node) -> Vec<Node> {
    list.items().iter().filter(|item| text(item, &["type"]).is_none()).cloned().collect()
}

/// `dbHost: {value: …}` and `dbHost: {defaultValue: …}` are the parameter `dbHost`.
fn parameter(named: &Entry, here: &Here<'_>, unit: u32, flat: &mut Flatten) {
    let name = &named.key.text;
    let below = here.entry(named);
    let scope = Scope::file(unit);
    let is_value = |entry: &&Entry| matches!(entry.key.text.as_str(), "value" | "defaultValue");
    let entries = last_of_each(named.value.entries());
    if !entries.iter().any(is_value) {
        return flat.walk(&named.value, &below.called(name), scope);
    }
    for entry in entries {
        let at = below.entry(entry);
        match is_value(&entry) {
            true => flat.walk(&entry.value, &at.called(name), scope),
            false => flat.walk(&entry.value, &at, Scope::STRUCTURE),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};

    const TEMPLATE: &str = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
 "parameters": {"dbHost": {"type": "string", "defaultValue": "db.example.net"}},
 "resources": [
  {"type": "Microsoft.Web/sites", "name": "api", "properties": {"siteConfig": {
    "appSettings": [{"name": "DB_POOL", "value": "5"}],
    "connectionStrings": [{"name": "Orders", "connectionString": "Server=db;Database=o", "type": "SQLAzure"}]}}},
  {"type": "Microsoft.DBforPostgreSQL/flexibleServers/configurations", "name": "[concat(parameters('s'), '/max_connections')]",
   "properties": {"value": "200", "source": "user-override"}}]}"#;

    #[test]
    fn settings_of_an_application_are_variables() {
        let (_, settings) = side(&[("azuredeploy.json", TEMPLATE)]);
        let api = resource(&settings, "sites api");
        let expected = ["env siteConfig DB_POOL = 5", "env siteConfig Orders = Server=db;Database=o"];
        assert_eq!(read_by_processes(api), expected);
    }

    #[test]
    fn a_servers_parameter_and_a_templates_go_by_their_names() {
        let (_, settings) = side(&[("azuredeploy.json", TEMPLATE)]);
        let limit = settings.resources.iter().find(|r| r.id.kind == "configurations").expect("it is there");
        assert_eq!(read_by_processes(limit), ["file parameters postgresql.parameters.max_connections = 200"]);
        let rest = resource(&settings, "azuredeploy.json");
        assert_eq!(read_by_processes(rest), ["file azuredeploy.json dbHost = db.example.net"]);
        assert!(paths(rest).contains(&"parameters.dbHost.defaultValue".to_owned()));
    }
}
