//! Names that lead to a server for everybody who uses them: a Service of type ExternalName, the addresses behind a Service
//! without a selector, a record in the DNS.
//!
//! In: a setting with what holds it. Out: whether its value is where such a name leads to, and to which engine. Only names
//! that speak of a database, cache or queue count: most records are of websites.

use crate::connection::{self, Engine};
use crate::setting::{Resource, Segment, Setting};

/// Kinds of resources with the keys that hold what the name leads to; an item of a list counts as its list.
const KINDS: &[(&str, &[&str])] = &[
    ("Service", &["externalName"]),
    ("Endpoints", &["ip"]),
    ("EndpointSlice", &["addresses"]),
    ("ServiceEntry", &["hosts", "address"]),
    ("aws_route53_record", &["records"]),
    ("google_dns_record_set", &["rrdatas"]),
    ("azurerm_dns_cname_record", &["record"]),
    ("azurerm_dns_a_record", &["records"]),
    ("azurerm_private_dns_cname_record", &["record"]),
    ("azurerm_private_dns_a_record", &["records"]),
    ("cloudflare_record", &["value", "content"]),
    ("cloudflare_dns_record", &["value", "content"]),
    ("digitalocean_record", &["value"]),
];

/// Whether the setting is where a name leads to.
pub(super) fn is_one(resource: &Resource, setting: &Setting) -> bool {
    // A resource of Terraform is named after its type.
    let typed = || resource.id.name.split_once('.').map(|(of, _)| of).filter(|_| resource.id.kind == "resource");
    let kind = typed().unwrap_or(resource.id.kind.as_str());
    let Some((_, keys)) = KINDS.iter().find(|(known, _)| *known == kind) else { return false };
    let mut steps = setting.path.segments().collect::<Vec<_>>().into_iter().rev();
    let key = steps.find_map(|step| match step {
        Segment::Key(key) => Some(key),
        _ => None,
    });
    key.is_some_and(|key| keys.contains(&key)) && looks_like_a_host(&setting.value.text)
}

/// The engine that the name leads to; `None` if it does not lead to a server that takes connections.
pub(super) fn engine(resource: &Resource, setting: &Setting) -> Option<Engine> {
    if !is_one(resource, setting) {
        return None;
    }
    let record = resource.settings.iter().find(|s| s.path.last() == "name").map(|s| s.value.text.as_str());
    let names = [Some(resource.id.name.as_str()), record, Some(setting.value.text.as_str())];
    names.into_iter().flatten().find_map(connection::engine_in_name)
}

fn looks_like_a_host(text: &str) -> bool {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    !text.is_empty() && text.len() < 254 && text.chars().all(plain) && text.contains(['.', ':'])
}
