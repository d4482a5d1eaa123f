//! Files that say how a process is started: Dockerfiles, Procfiles, systemd units, shell scripts.
//!
//! In: a document of one of those syntaxes. Out: one resource for the file. Its variables are environment blocks, its
//! commands are command lines, the files that a script writes are files. How often the process runs is not known here,
//! so nothing of it is counted.

use crate::document::{Entry, FormatId, Node, NodeKind};
use crate::setting::{Environment, Resource, ResourceId, Shape, Standing, UnitKind};

use super::flatten::{Flatten, Here, Scope, last_of_each};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "process",
    recognises: "Dockerfiles, Procfiles, systemd units and shell scripts",
    claims: |root| {
        let known = [FormatId::Dockerfile, FormatId::Procfile, FormatId::Systemd, FormatId::Shell];
        known.contains(&root.format)
    },
    read,
};

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::new(root.source);
    let here = Here::default();
    let entries = last_of_each(root.node.entries());
    match root.format {
        FormatId::Dockerfile => stage(&mut flat, &here, root.node, root.file_name()),
        FormatId::Procfile => entries.into_iter().for_each(|entry| command(&mut flat, &here, entry, &entry.key.text)),
        FormatId::Systemd => entries.into_iter().for_each(|entry| section(&mut flat, &here, entry, root.file_name())),
        _ => script(&mut flat, &here, root.node, root.file_name()),
    }
    let flat = flat.finish();
    let resource = Resource {
        id: ResourceId::new("file", "", root.path),
        source: root.source,
        path: root.path.to_owned(),
        environment: Environment::Unknown,
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
        standing: Standing::Written,
    };
    Reading { resources: vec![resource], problems: flat.problems }
}

/// A stage of a Dockerfile, and the stages before it.
fn stage(flat: &mut Flatten, here: &Here<'_>, node: &Node, name: &str) {
    for entry in last_of_each(node.entries()) {
        let below = here.entry(entry);
        match (entry.key.text.as_str(), &entry.value.kind) {
            ("ENV" | "ARG", NodeKind::Mapping(_)) => drop(flat.env_block(&entry.value, &below, name)),
            ("CMD" | "ENTRYPOINT", _) => command(flat, here, entry, name),
            ("stages", NodeKind::Mapping(stages)) => {
                for inner in stages {
                    stage(flat, &below.entry(inner), &inner.value, &inner.key.text);
                }
            }
            _ => flat.walk(&entry.value, &below, Scope::STRUCTURE),
        }
    }
}

/// A section of a systemd unit.
fn section(flat: &mut Flatten, here: &Here<'_>, section: &Entry, name: &str) {
    let here = here.entry(section);
    for entry in last_of_each(section.value.entries()) {
        let below = here.entry(entry);
        match entry.value.kind {
            NodeKind::Mapping(_) => drop(flat.env_block(&entry.value, &below, name)),
            _ if matches!(entry.key.text.as_str(), "ExecStart" | "Exec") => command(flat, &here, entry, name),
            _ => flat.walk(&entry.value, &below, Scope::STRUCTURE),
        }
    }
}

/// The words of one command line.
fn command(flat: &mut Flatten, here: &Here<'_>, entry: &Entry, name: &str) {
    let unit = flat.unit(UnitKind::Command, name);
    flat.walk(&entry.value, &here.entry(entry), Scope { unit: Some(unit), ..Scope::STRUCTURE });
}

/// A script: its variables, its commands, the files that it writes.
fn script(flat: &mut Flatten, here: &Here<'_>, node: &Node, name: &str) {
    let mut blocks: Vec<u32> = vec![flat.unit(UnitKind::Env, name)];
    for entry in last_of_each(node.entries()) {
        let below = here.entry(entry);
        let is_variable = entry.key.text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        match &entry.value.kind {
            NodeKind::Sequence(_) if entry.key.map == crate::document::OffsetMap::None => {
                command(flat, here, entry, name)
            }
            // What one name may be in different branches: each is read by a run of its own.
            NodeKind::Sequence(values) => {
                for (index, value) in values.iter().enumerate() {
                    while blocks.len() <= index {
                        blocks.push(flat.unit(UnitKind::Env, name));
                    }
                    let unit = blocks.get(index).copied();
                    let at = below.position(index).called(&entry.key.text);
                    flat.walk(value, &at, Scope { unit, ..Scope::STRUCTURE });
                }
            }
            NodeKind::Scalar(_) if is_variable => {
                let unit = blocks.first().copied();
                flat.walk(&entry.value, &below.called(&entry.key.text), Scope { unit, ..Scope::STRUCTURE });
            }
            _ => {
                let unit = flat.unit(UnitKind::File, &entry.key.text);
                flat.walk(&entry.value, &below, Scope::file(unit));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};

    fn check(path: &str, text: &str, expected: &[&str]) {
        let (_, settings) = side(&[(path, text)]);
        assert_eq!(read_by_processes(resource(&settings, path)), expected, "{text}");
    }

    #[test]
    fn a_dockerfile_sets_variables_and_runs_a_command() {
        let text = "FROM a AS build\nENV X=1\nFROM build\nENV DB_POOL=5\nCMD [\"app\", \"--db-pool=7\"]\n";
        let expected = [
            "command Dockerfile CMD[0] = app",
            "command Dockerfile CMD[1] = --db-pool=7",
            "env Dockerfile DB_POOL = 5",
            "env build X = 1",
        ];
        check("Dockerfile", text, &expected);
        let (_, settings) = side(&[("Dockerfile", text)]);
        let expected = ["CMD[0]", "CMD[1]", "ENV.DB_POOL", "FROM", "stages.build.ENV.X", "stages.build.FROM"];
        assert_eq!(paths(resource(&settings, "Dockerfile")), expected);
    }

    #[test]
    fn a_procfile_has_a_command_for_each_process() {
        check("Procfile", "web: app -p 5\nwork: run\n", &["command web web = app -p 5", "command work work = run"]);
    }

    #[test]
    fn a_unit_sets_variables_and_runs_a_command() {
        let text =
            "[Unit]\nAfter=db\n[Service]\nEnvironment=A=1 B=2\nEnvironmentFile=/etc/x\nExecStart=/bin/app --pool 5\n";
        let expected = [
            "env app.service A = 1",
            "env app.service B = 2",
            "command app.service Service.ExecStart = /bin/app --pool 5",
        ];
        check("app.service", text, &expected);
    }

    #[test]
    fn a_script_sets_variables_writes_files_and_runs_commands() {
        let text =
            "export A=1\nif x; then B=2; else B=3; fi\ncat > app.ini <<E\n[db]\npool = 5\nE\nexec app --pool 4\n";
        let expected = [
            "file app.ini db.pool = 5",
            "env env.sh A = 1",
            "env env.sh B = 2",
            "env env.sh B = 3",
            "command env.sh run[0] = exec app --pool 4",
        ];
        check("env.sh", text, &expected);
    }

    #[test]
    fn a_script_inside_a_configmap_keeps_every_command() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  run.sh: |\n    #!/bin/sh\n    A=1\n    \
                   exec app\n  nginx.conf: |\n    server {\n      listen 80;\n      server_name x;\n    }\n";
        let (_, settings) = side(&[("a.yaml", map)]);
        let object = resource(&settings, "ConfigMap a");
        assert_eq!(read_by_processes(object), ["env run.sh A = 1", "env run.sh run[0] = exec app"]);
        let inside: Vec<String> = paths(object).into_iter().filter(|path| path.contains('!')).collect();
        let expected = [
            "data.nginx.conf!server.listen",
            "data.nginx.conf!server.server_name",
            "data.run.sh!A",
            "data.run.sh!run[0]",
        ];
        assert_eq!(inside, expected);
    }
}
