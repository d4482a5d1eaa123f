//! The hosting platforms, as data: how a file is told, what runs in it, and where its variables and copies stand.

use crate::document::Node;
use crate::platform::Root;
use crate::setting::Rollout;

/// A hosting platform's file.
pub(super) struct App {
    /// Whether a document is of this platform.
    pub(super) claims: fn(&Root<'_>) -> bool,
    /// Keys that hold variables.
    pub(super) env: &'static [&'static str],
    /// What runs, or is named, in it.
    pub(super) parts: &'static [Part],
    /// Keys whose value names the environment.
    pub(super) stage: &'static [&'static [&'static str]],
}

/// One kind of thing in a file.
pub(super) struct Part {
    /// Keys to the mapping or list of them; empty where the document is the thing.
    pub(super) at: &'static [&'static str],
    /// What one is called.
    pub(super) kind: &'static str,
    /// Keys that name one, in a list or as the document.
    pub(super) name: &'static [&'static [&'static str]],
    /// Keys to the greatest number of copies; the first that is written counts.
    pub(super) copies: &'static [&'static [&'static str]],
    /// Keys to the image.
    pub(super) image: &'static [&'static str],
    /// Keys to the command.
    pub(super) command: &'static [&'static [&'static str]],
    /// Keys to the containers or processes in one, where it has several.
    pub(super) containers: Option<&'static [&'static str]>,
    /// How a new version replaces the old one.
    pub(super) rollout: Rollout,
    /// Whether it only gives variables to others.
    pub(super) is_configuration: bool,
}

const SERVICE: Part = Part {
    at: &[],
    kind: "service",
    name: &[&["name"]],
    copies: &[],
    image: &["image"],
    command: &[],
    containers: None,
    rollout: Rollout::Doubled,
    is_configuration: false,
};

/// All platforms; the first that claims a document reads it.
pub(super) static APPS: &[App] = &[
    // <https://fly.io/docs/reference/configuration/>; the number of machines is not in the file.
    App {
        claims: |root| {
            is_named(root, "fly", ".toml") && has_any(root, &["app", "env", "http_service", "services", "processes"])
        },
        env: &["env"],
        parts: &[Part {
            kind: "app",
            name: &[&["app"]],
            containers: Some(&["processes"]),
            rollout: Rollout::Elastic,
            ..SERVICE
        }],
        stage: &[&["app"]],
    },
    // <https://render.com/docs/blueprint-spec>
    App {
        claims: |root| {
            let service =
                |item: &Node| is_any(item.get("type"), &["web", "worker", "pserv", "cron", "static", "keyvalue"]);
            let services = items(root, "services");
            (is_named(root, "render", ".yaml") || services.iter().any(|item| item.get("envVars").is_some()))
                && services.iter().any(service)
        },
        env: &["envVars"],
        parts: &[
            Part {
                at: &["services"],
                copies: &[&["scaling", "maxInstances"], &["numInstances"]],
                command: &[&["startCommand"], &["dockerCommand"]],
                ..SERVICE
            },
            Part { at: &["envVarGroups"], kind: "envVarGroup", is_configuration: true, ..SERVICE },
        ],
        stage: &[],
    },
    // <https://devcenter.heroku.com/articles/app-json-schema>
    App {
        claims: |root| root.file_name() == "app.json" && has_any(root, &["formation", "buildpacks", "addons", "env"]),
        env: &["env"],
        parts: &[Part { at: &["formation"], kind: "process", copies: &[&["quantity"]], ..SERVICE }],
        stage: &[],
    },
    // <https://docs.digitalocean.com/products/app-platform/reference/app-spec/>
    App {
        claims: |root| {
            let parts = ["services", "workers", "jobs", "static_sites", "functions"];
            let built = ["envs", "instance_size_slug", "instance_count", "github", "run_command", "dockerfile_path"];
            let is_part = |item: &Node| built.iter().any(|key| item.get(key).is_some());
            root.node.get("name").is_some() && parts.iter().any(|key| items(root, key).iter().any(is_part))
        },
        env: &["envs"],
        parts: &[
            Part { at: &["services"], copies: DIGITAL_OCEAN_COPIES, command: &[&["run_command"]], ..SERVICE },
            Part {
                at: &["workers"],
                kind: "worker",
                copies: DIGITAL_OCEAN_COPIES,
                command: &[&["run_command"]],
                ..SERVICE
            },
            Part { at: &["jobs"], kind: "job", copies: DIGITAL_OCEAN_COPIES, ..SERVICE },
            Part { at: &["functions"], kind: "function", rollout: Rollout::Elastic, ..SERVICE },
        ],
        stage: &[&["name"]],
    },
    // <https://docs.railway.com/reference/config-as-code>
    App {
        claims: |root| is_named(root, "railway", "") && has_any(root, &["build", "deploy"]),
        env: &["variables"],
        parts: &[Part { copies: &[&["deploy", "numReplicas"]], command: &[&["deploy", "startCommand"]], ..SERVICE }],
        stage: &[],
    },
    // <https://vercel.com/docs/project-configuration>
    App {
        claims: |root| root.file_name() == "vercel.json" || root.file_name() == "now.json",
        env: &["env"],
        parts: &[],
        stage: &[],
    },
    // <https://docs.netlify.com/configure-builds/file-based-configuration/>
    App { claims: |root| root.file_name() == "netlify.toml", env: &["environment"], parts: &[], stage: &[] },
    // <https://cloud.google.com/appengine/docs/standard/reference/app-yaml>
    App {
        claims: |root| {
            let own =
                ["env_variables", "automatic_scaling", "manual_scaling", "basic_scaling", "instance_class", "handlers"];
            root.node.get("runtime").is_some_and(|node| node.as_text().is_some()) && has_any(root, &own)
        },
        env: &["env_variables", "build_env_variables"],
        parts: &[Part {
            name: &[&["service"]],
            copies: &[
                &["automatic_scaling", "max_instances"],
                &["automatic_scaling", "max_num_instances"],
                &["basic_scaling", "max_instances"],
                &["manual_scaling", "instances"],
            ],
            command: &[&["entrypoint"]],
            rollout: Rollout::Elastic,
            ..SERVICE
        }],
        stage: &[&["service"]],
    },
    // <https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>
    App {
        claims: |root| {
            let functions = root.node.get("functions").is_some_and(|node| node.as_scalar().is_none());
            root.node.path(&["provider", "name"]).is_some() && (functions || root.node.get("service").is_some())
        },
        env: &["environment"],
        parts: &[Part {
            at: &["functions"],
            kind: "function",
            copies: &[&["reservedConcurrency"]],
            rollout: Rollout::Elastic,
            ..SERVICE
        }],
        stage: &[&["provider", "stage"]],
    },
    // <https://docs.cloudfoundry.org/devguide/deploy-apps/manifest-attributes.html>
    App {
        claims: |root| {
            // Values of a chart may list applications too; what only Cloud Foundry says tells them apart.
            let own = ["buildpacks", "buildpack", "disk_quota", "random-route", "no-route"];
            let is_app = |item: &Node| own.iter().any(|key| item.get(key).is_some());
            let listed = items(root, "applications");
            listed.iter().any(is_app) || (root.file_name().starts_with("manifest") && !listed.is_empty())
        },
        env: &["env"],
        parts: &[Part {
            at: &["applications"],
            kind: "application",
            copies: &[&["instances"]],
            command: &[&["command"]],
            ..SERVICE
        }],
        stage: &[],
    },
    // <https://learn.microsoft.com/azure/container-apps/azure-resource-manager-api-spec>
    App {
        claims: |root| {
            let template = root.node.path(&["properties", "template", "containers"]);
            template.is_some_and(|list| !list.items().is_empty())
        },
        env: &["env"],
        parts: &[Part {
            kind: "container app",
            copies: &[&["properties", "template", "scale", "maxReplicas"]],
            command: &[&["command"], &["args"]],
            containers: Some(&["properties", "template", "containers"]),
            rollout: Rollout::Elastic,
            ..SERVICE
        }],
        stage: &[],
    },
    // <https://docs.aws.amazon.com/apprunner/latest/dg/config-file-ref.html>
    App {
        claims: |root| is_named(root, "apprunner", ".yaml") && root.node.get("run").is_some(),
        env: &["env"],
        parts: &[Part { command: &[&["run", "command"]], rollout: Rollout::Elastic, ..SERVICE }],
        stage: &[],
    },
];

const DIGITAL_OCEAN_COPIES: &[&[&str]] = &[&["autoscaling", "max_instance_count"], &["instance_count"]];

fn has_any(root: &Root<'_>, keys: &[&str]) -> bool {
    keys.iter().any(|key| root.node.get(key).is_some())
}

fn items<'a>(root: &Root<'a>, key: &str) -> &'a [Node] {
    root.node.get(key).map(Node::items).unwrap_or_default()
}

fn is_any(node: Option<&Node>, words: &[&str]) -> bool {
    node.and_then(Node::as_text).is_some_and(|text| words.contains(&text))
}

/// Whether the file is called `word`, alone or with more words behind a dot or a dash: `fly.staging.toml`.
fn is_named(root: &Root<'_>, word: &str, end: &str) -> bool {
    let rest = root.file_name().strip_prefix(word).and_then(|rest| rest.strip_suffix(end));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
}
