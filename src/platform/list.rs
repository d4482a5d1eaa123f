//! Who is who in a list: items go by what names them, so that reordering a list of named things changes nothing.
//!
//! In: the items of one list and the key it stands under. Out: one step per item. Kubernetes, Compose and others say by
//! which fields they know the items of their lists; elsewhere the usual names count, and the user's own word counts
//! before all ([`ListKeys`]). Of several items of one name the later ones are numbered. Position is the last resort, and
//! the rule where order means something (`command`, `args`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::{Node, NodeKind, ScalarKind};
use crate::setting::{KeyPath, Segment};

/// How one item is named among its siblings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// By its own identity.
    Item(String),
    /// By its position among the items without identity.
    Index(usize),
}

impl Step {
    pub(super) fn segment(&self) -> Segment<'_> {
        match self {
            Step::Item(name) => Segment::Item(name),
            Step::Index(index) => Segment::Index(*index),
        }
    }
}

/// Lists whose items go by keys that the user names, as `[[list]]` of the policy file tells.
#[derive(Debug, Clone, Default)]
pub struct ListKeys {
    rules: Arc<Vec<ListKey>>,
}

/// One `[[list]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListKey {
    /// The path of the list: keys joined by dots, `*` for any one key, `**` for any number of them.
    pub path: String,
    /// The keys that name an item together; each may lead into it (`match.host`).
    pub keys: Vec<String>,
}

impl ListKeys {
    /// Rules in order: the first whose path fits a list decides.
    #[must_use]
    pub fn new(rules: Vec<ListKey>) -> ListKeys {
        ListKeys { rules: Arc::new(rules) }
    }

    /// These rules first, then the others.
    #[must_use]
    pub fn followed_by(self, others: ListKeys) -> ListKeys {
        ListKeys { rules: Arc::new(self.rules.iter().chain(others.rules.iter()).cloned().collect()) }
    }

    /// One step for each of `items` of the list at `path`, where the user named its keys.
    pub(super) fn steps(&self, path: &KeyPath, items: &[Node]) -> Option<Vec<Step>> {
        // What runs containers is read by Kubernetes' own rules.
        if self.rules.is_empty() || matches!(path.last(), "containers" | "initContainers" | "ephemeralContainers") {
            return None;
        }
        let keys = path.segments().filter_map(|segment| match segment {
            Segment::Key(key) | Segment::Embedded(key) => Some(key.replace('.', "/")),
            Segment::Item(_) | Segment::Index(_) => None,
        });
        let place = keys.collect::<Vec<_>>().join("/");
        let rule = self.rules.iter().find(|rule| fast_glob::glob_match(rule.path.replace('.', "/"), &place))?;
        Some(to_steps(numbered(items.iter().map(|item| told_name(&rule.keys, item)).collect())))
    }
}

/// The name of an item by the user's keys; at least one of them must be there.
fn told_name(keys: &[String], item: &Node) -> Option<String> {
    let texts: Vec<&str> = keys.iter().filter_map(|key| text_at(item, key)).collect();
    let name = texts.join("/");
    let plain = !name.chars().any(char::is_control) && !name.contains("://") && name.chars().count() <= MOST_CHARS;
    (!texts.is_empty() && plain && !looks_random(&name)).then_some(name)
}

/// One step for each of `items`, all different; `key` is the key under which the list stands.
pub(super) fn steps(key: &str, items: &[Node]) -> Vec<Step> {
    to_steps(if is_ordered(key) { vec![None; items.len()] } else { numbered(names(key, items)) })
}

fn to_steps(names: Vec<Option<String>>) -> Vec<Step> {
    let mut position = 0;
    names
        .into_iter()
        .map(|name| match name {
            Some(name) => Step::Item(name),
            None => {
                position += 1;
                Step::Index(position - 1)
            }
        })
        .collect()
}

/// Lists whose order is their meaning.
fn is_ordered(key: &str) -> bool {
    matches!(
        key,
        "command"
            | "args"
            | "arguments"
            | "entrypoint"
            | "cmd"
            | "argv"
            | "test"
            | "CMD"
            | "ENTRYPOINT"
            | "RUN"
            | "run"
    )
}

/// Numbers the later ones of one name, so that two of them do not cost the whole list its identity.
fn numbered(names: Vec<Option<String>>) -> Vec<Option<String>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut number = |name: String| {
        // No name holds a `#` of its own, so that a numbered one is told from all others.
        let name = name.replace('#', "_");
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}#{count}") }
    };
    names.into_iter().map(|name| name.map(&mut number)).collect()
}

fn names(key: &str, items: &[Node]) -> Vec<Option<String>> {
    if items.iter().all(|item| matches!(item.kind, NodeKind::Scalar(_))) {
        return items.iter().map(|item| own_text(key, item)).collect();
    }
    // The first way that tells all items apart wins; otherwise the one that names the most, if that is at least half.
    let mut best: (usize, Vec<Option<String>>) = (0, Vec::new());
    for way in known(key).iter().chain(USUAL) {
        let named: Vec<Option<String>> = items.iter().map(|item| name_by(way, item)).collect();
        let mut different: Vec<&String> = named.iter().flatten().collect();
        let count = different.len();
        different.sort_unstable();
        different.dedup();
        if different.len() == items.len() {
            return named;
        }
        let telling = different.len() + count;
        let enough = count == items.len() || (count * 2 >= items.len() && different.len() * 2 >= count);
        if telling > best.0 && enough {
            best = (telling, named);
        }
    }
    if best.1.is_empty() { vec![None; items.len()] } else { best.1 }
}

/// A way to name an item: fields divided by blanks, which make up the name together. Of `a|b` the first that is there
/// counts, `a?` may be absent, `a=x` is `x` where absent, `a.b` leads into a mapping, and `@…` is a function.
type Way = &'static str;

/// How the readers of well-known lists tell their items apart, the most telling way first.
///
/// Kubernetes: the `x-kubernetes-list-map-keys` and `x-kubernetes-patch-merge-key` of its OpenAPI description,
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>. Where an item has an optional name
/// of its own (the ports of a Service), the name comes first, because a changed number is then seen as changed.
fn known(list: &str) -> &'static [Way] {
    match list {
        "ports" => &["containerPort protocol=TCP", "target published? protocol=tcp", "name", "port protocol=TCP"],
        "envFrom" => &["@source prefix?"],
        "sources" => &["@source", "chart|path|ref"],
        "hostAliases" => &["ip"],
        "topologySpreadConstraints" => &["topologyKey whenUnsatisfiable"],
        "tolerations" => &["key? operator=Equal value? effect?"],
        "conditions" => &["type"],
        "subjects" => &["kind name namespace?"],
        "ownerReferences" => &["kind name"],
        "metrics" => {
            &["type resource.name|containerResource.name|pods.metric.name|object.metric.name|external.metric.name \
             containerResource.container?"]
        }
        "triggers" => &["name", "type metadata.metricName?"],
        "rules" => &["alert|record labels.severity?", "@ingress", "@permission"],
        "paths" => &["path"],
        "tls" => &["secretName"],
        "from" | "to" => &["@peer"],
        "matchExpressions" | "matchFields" => &["key operator"],
        "patches" | "patchesJson6902" => &["path", "target.kind target.name target.namespace?"],
        "configs" | "secrets" => &["source target?"],
        "volumes" => &["name", "target"],
        "dependencies" => &["alias|name"],
        "releases" => &["name namespace?"],
        "parameters" => &["name|key|ParameterKey"],
        "users" | "accounts" | "mysql_users" | "postgresql_users" => &["name host?", "username|user host?"],
        _ => &[],
    }
}

/// How items of any other list name themselves, the most telling way first.
///
/// `mountPath` stands before `name`, because one volume may be mounted twice. A host is a value and no name: a changed
/// one must be seen as changed.
const USUAL: &[Way] = &[
    "mountPath",
    "devicePath",
    "name",
    "id",
    "key",
    "Name",
    "Key",
    "Id",
    "ID",
    "secretKey",
    "option",
    "ParameterName",
    "job_name",
    "alias",
    "slug",
    "uid",
    "metadata.name",
    "containerPort protocol=TCP",
    "port protocol=TCP",
    "@operation",
    "path",
    "@ingress",
];

fn name_by(way: &str, item: &Node) -> Option<String> {
    let mut name = String::new();
    for field in way.split_whitespace() {
        let Some(text) = field_text(field, item)? else { continue };
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(&text);
    }
    (!name.is_empty() && name.chars().count() <= MOST_CHARS).then_some(name)
}

/// The text of one field; `Some(None)` where it may be absent and is, `None` where it may not.
fn field_text(field: &str, item: &Node) -> Option<Option<String>> {
    if let Some(function) = field.strip_prefix('@') {
        return made_name(function, item).map(Some);
    }
    let (field, optional) = field.strip_suffix('?').map_or((field, false), |field| (field, true));
    let (field, default) = field.split_once('=').map_or((field, None), |(field, default)| (field, Some(default)));
    // A port beside an address is a part of an endpoint and not a name.
    let is_endpoint = ["host", "address", "hostname"].iter().any(|key| item.get(key).is_some());
    if field == "port" && is_endpoint {
        return None;
    }
    match field.split('|').find_map(|path| text_at(item, path)) {
        Some(text) if is_name(text) => Some(Some(text.to_owned())),
        Some(_) => None,
        None => default.map(|text| Some(text.to_owned())).or(optional.then_some(None)),
    }
}

fn text_at<'a>(item: &'a Node, path: &str) -> Option<&'a str> {
    path.split('.').try_fold(item, |node, key| node.get(key))?.as_text()
}

/// Names that are made of more than the text of a field.
fn made_name(function: &str, item: &Node) -> Option<String> {
    match function {
        "source" => source(item),
        "ingress" => ingress_host(item),
        "permission" => permission(item),
        "peer" => peer(item),
        "operation" => operation(item),
        _ => None,
    }
}

/// The object that a variable block or a projected volume takes in: `configMapRef/app`.
fn source(item: &Node) -> Option<String> {
    const KINDS: [&str; 6] = ["configMapRef", "secretRef", "configMap", "secret", "serviceAccountToken", "downwardAPI"];
    let (kind, object) = KINDS.iter().find_map(|kind| Some((*kind, item.get(kind)?)))?;
    let name = ["name", "secretName", "path"].iter().find_map(|key| object.get(key)?.as_text());
    match name {
        Some(name) if is_name(name) => Some(format!("{kind}/{name}")),
        Some(_) => None,
        None => Some(kind.to_owned()),
    }
}

/// The host of an Ingress rule; the rule for all hosts has none.
fn ingress_host(item: &Node) -> Option<String> {
    item.get("http").or_else(|| item.get("paths"))?;
    match item.get("host") {
        Some(host) => host.as_text().filter(|text| is_name(text)).map(str::to_owned),
        None => Some("*".to_owned()),
    }
}

/// What a rule of a Role is about: `apps/deployments,statefulsets`.
fn permission(item: &Node) -> Option<String> {
    item.get("verbs")?;
    let words = |key: &str| {
        let words = item.get(key).map(Node::items).unwrap_or_default().iter().filter_map(Node::as_text);
        words.filter(|word| word.is_empty() || is_name(word)).collect::<Vec<_>>().join(",")
    };
    let what = ["resources", "nonResourceURLs"].iter().map(|key| words(key)).find(|text| !text.is_empty())?;
    let groups = words("apiGroups");
    Some(if groups.is_empty() { what } else { format!("{groups}/{what}") })
}

/// Whom a NetworkPolicy lets in: `namespace shop`, `pod app=web`, `10.0.0.0/8`.
fn peer(item: &Node) -> Option<String> {
    let cidr = text_at(item, "ipBlock.cidr").filter(|text| is_name(text)).map(str::to_owned);
    let selected = |key: &str, word: &str| {
        let labels = item.get(key)?.get("matchLabels").map(Node::entries).unwrap_or_default();
        let pairs = labels.iter().filter_map(|label| Some((label.key.text.as_str(), label.value.as_text()?)));
        let label = |(key, value): (&str, &str)| {
            // Every namespace carries its own name under this key.
            if key == "kubernetes.io/metadata.name" { value.to_owned() } else { format!("{key}={value}") }
        };
        let mut pairs: Vec<String> = pairs.filter(|(k, v)| is_name(k) && is_name(v)).map(label).collect();
        pairs.sort_unstable();
        Some(format!("{word} {}", if pairs.is_empty() { "*".to_owned() } else { pairs.join(",") }))
    };
    let parts = [cidr, selected("namespaceSelector", "namespace"), selected("podSelector", "pod")];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// A step of a JSON patch, by what it does where.
fn operation(item: &Node) -> Option<String> {
    let (op, path) = (text_at(item, "op")?, text_at(item, "path")?);
    (is_name(op) && is_name(path)).then(|| format!("{op} {path}"))
}

/// The text of a scalar item, where it can serve as a name.
fn own_text(key: &str, item: &Node) -> Option<String> {
    let scalar = item.as_scalar().filter(|s| s.kind != ScalarKind::Null)?;
    let text = scalar.text.as_str();
    // Ports (`8080:80`) and mounts (`data:/data`) may hold a colon; `user:password` must not become a name.
    let colon = match text.split_once(':') {
        Some((_, rest)) => text.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with('/'),
        None => true,
    };
    let telling = !is_secret_key(key) && colon && !text.contains(' ') && is_name(text);
    telling.then(|| text.to_owned())
}

/// Longest name; what is longer is a text and no name.
const MOST_CHARS: usize = 120;

/// Whether `text` may stand in a path: short, one word, and nothing that could carry a password.
fn is_name(text: &str) -> bool {
    let short = !text.is_empty() && text.len() <= 64;
    let plain = text.chars().all(|c| c.is_alphanumeric() || "-_./:*+~ ".contains(c)) && !text.contains("://");
    short && plain && !looks_random(text)
}

/// Long runs of mixed letters and digits: keys, tokens, digests. They are values and never names.
pub(super) fn looks_random(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        run.len() >= 16 && digits >= 3 && digits < run.len()
    })
}

pub(super) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "secret", "token", "credential", "apikey", "private"].iter().any(|word| key.contains(word))
}

/// Keeps the names that stand once.
pub(super) fn unique(names: Vec<Option<String>>) -> Vec<Option<String>> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names.iter().flatten() {
        *seen.entry(name).or_default() += 1;
    }
    let once: Vec<bool> =
        names.iter().map(|name| name.as_deref().is_some_and(|name| seen.get(name) == Some(&1))).collect();
    names.into_iter().zip(once).map(|(name, once)| name.filter(|_| once)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;
    use crate::source::{Side, Source, SourceId, Span};

    /// The items of a list in YAML's flow style.
    fn items(text: &str) -> Vec<Node> {
        let source = Source::new("a.yaml", Side::New, text.as_bytes());
        let document = format::parse(&source, SourceId(0));
        document.roots.first().map(|root| root.items().to_vec()).unwrap_or_default()
    }

    fn shown(steps: Vec<Step>) -> Vec<String> {
        let show = |step| match step {
            Step::Item(name) => name,
            Step::Index(index) => format!("#{index}"),
        };
        steps.into_iter().map(show).collect()
    }

    fn check(key: &str, list: &str, expected: &[&str]) {
        assert_eq!(shown(steps(key, &items(list))), expected, "{key}: {list}");
    }

    #[test]
    fn named_things_go_by_their_name() {
        check("containers", "[{name: web}, {name: proxy}]", &["web", "proxy"]);
        check("volumeClaimTemplates", "[{metadata: {name: data}, spec: {a: 1}}]", &["data"]);
        check("lineinfile", "[{option: max, value: 1}, {option: min, value: 2}]", &["max", "min"]);
    }

    #[test]
    fn lists_of_kubernetes_go_by_its_own_keys() {
        check("volumeMounts", "[{name: conf, mountPath: /a}, {name: conf, mountPath: /b}]", &["/a", "/b"]);
        check("ports", "[{containerPort: 53, protocol: UDP}, {containerPort: 53, name: dns}]", &["53/UDP", "53/TCP"]);
        check("ports", "[{name: http, port: 80}, {name: https, port: 443}]", &["http", "https"]);
        check("ports", "[{port: 80}]", &["80/TCP"]);
        check(
            "envFrom",
            "[{configMapRef: {name: app}}, {secretRef: {name: app}, prefix: A_}]",
            &["configMapRef/app", "secretRef/app/A_"],
        );
        check(
            "sources",
            "[{configMap: {name: a}}, {serviceAccountToken: {path: t}}]",
            &["configMap/a", "serviceAccountToken/t"],
        );
        check(
            "tolerations",
            "[{operator: Exists}, {key: db, value: x, effect: NoSchedule}]",
            &["Exists", "db/Equal/x/NoSchedule"],
        );
        check("subjects", "[{kind: Group, name: a}, {kind: User, name: a}]", &["Group/a", "User/a"]);
        check(
            "metrics",
            "[{type: Resource, resource: {name: cpu}}, {type: Resource, resource: {name: memory}}]",
            &["Resource/cpu", "Resource/memory"],
        );
        check(
            "topologySpreadConstraints",
            "[{topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]",
            &["zone/DoNotSchedule"],
        );
        check("hostAliases", "[{ip: 10.0.0.1, hostnames: [a]}]", &["10.0.0.1"]);
    }

    #[test]
    fn a_list_of_one_key_may_be_several_things() {
        check(
            "rules",
            "[{alert: A, labels: {severity: page}}, {alert: A, labels: {severity: warn}}]",
            &["A/page", "A/warn"],
        );
        check("rules", "[{host: a.example, http: {}}, {http: {}}]", &["a.example", "*"]);
        check("rules", "[{apiGroups: [''], resources: [pods, services], verbs: [get]}]", &["pods,services"]);
        check(
            "from",
            "[{podSelector: {matchLabels: {app: web}}}, {ipBlock: {cidr: 10.0.0.0/8}}]",
            &["pod app=web", "10.0.0.0/8"],
        );
        check(
            "sources",
            "[{repoURL: 'https://x.example/c', chart: redis}, {repoURL: 'https://x.example/g', ref: v}]",
            &["redis", "v"],
        );
        check("ports", "[{target: 80, published: 8080}]", &["80/8080/tcp"]);
        check(
            "patch",
            "[{op: add, path: /spec/a, value: 1}, {op: remove, path: /spec/a}]",
            &["add /spec/a", "remove /spec/a"],
        );
    }

    #[test]
    fn a_changed_host_is_a_value_and_no_name() {
        check("servers", "[{host: db-1, port: 5432}]", &["#0"]);
    }

    #[test]
    fn arguments_keep_their_positions() {
        check("args", "[-c, fsync=off]", &["#0", "#1"]);
    }

    #[test]
    fn the_later_ones_of_one_name_are_numbered() {
        check("features", "[a, b, a]", &["a", "b", "a#2"]);
        check("jobs", "[{name: a, v: 1}, {name: b}, {name: a, v: 2}]", &["a", "b", "a#2"]);
    }

    #[test]
    fn no_secret_becomes_a_name() {
        check("urls", "['postgres://app:hunter2@db/orders']", &["#0"]);
        check("passwords", "[hunter2]", &["#0"]);
        check("users", "['admin:hunter2', 'requirepass hunter2']", &["#0", "#1"]);
        check("volumes", "['data:/data', './a.conf:/etc/a.conf:ro']", &["data:/data", "./a.conf:/etc/a.conf:ro"]);
        check("ports", "['127.0.0.1:5432:5432']", &["127.0.0.1:5432:5432"]);
        check("keys", "[AKq83hfQpx72Lmv0Zt]", &["#0"]);
    }

    #[test]
    fn the_user_names_the_keys_of_a_list() {
        let rule = |path: &str, keys: &[&str]| ListKey {
            path: path.to_owned(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        let told = ListKeys::new(vec![rule("spec.routes", &["host", "match.path"]), rule("**.limits", &["tier"])]);
        let at = |keys: &[&str]| keys.iter().fold(KeyPath::default(), |path, key| path.child(Segment::Key(key)));
        let list = items("[{host: a, match: {path: '/x/{id}'}}, {host: a}, {other: 1}]");
        let steps = told.steps(&at(&["spec", "routes"]), &list).map(shown);
        assert_eq!(steps, Some(vec!["a//x/{id}".to_owned(), "a".to_owned(), "#0".to_owned()]));
        assert_eq!(told.steps(&at(&["routes"]), &list), None);
        let limits = items("[{tier: gold}, {tier: gold}]");
        for place in [&["limits"][..], &["a", "b", "limits"], &["a.b", "limits"]] {
            assert_eq!(told.steps(&at(place), &limits).map(shown), Some(vec!["gold".to_owned(), "gold#2".to_owned()]));
        }
        assert_eq!(ListKeys::default().steps(&at(&["limits"]), &limits), None);
    }

    #[test]
    fn an_empty_list_has_no_steps() {
        assert_eq!(steps("ports", &[]), Vec::new());
        let nothing = Node::mapping(Span::default(), Vec::new());
        check("ports", "[{}]", &["#0"]);
        assert_eq!(steps("x", &[nothing]), [Step::Index(0)]);
    }
}
