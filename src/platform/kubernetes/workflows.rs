//! Argo workflows: each template that runs a container is one, and they run to completion.

use crate::document::Node;
use crate::setting::{ContainerShape, KeyPath, Rollout, Segment, WorkloadShape};
use crate::source::SourceId;

use super::super::flatten::Flat;
use super::super::list;
use super::pods::container;
use super::text;

/// Keys that lead to the templates of a workflow of `kind`; none if it is no workflow.
pub(super) fn templates(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate" => Some(&["spec", "templates"]),
        "CronWorkflow" => Some(&["spec", "workflowSpec", "templates"]),
        _ => None,
    }
}

/// The workflow as a workload: the containers of its templates.
pub(super) fn workload(source: SourceId, node: &Node, keys: &[&str], flat: &Flat) -> WorkloadShape {
    let base = keys.iter().fold(KeyPath::default(), |path, key| path.child(Segment::Key(key)));
    let items = node.path(keys).map(Node::items).unwrap_or_default();
    let mut containers = Vec::new();
    for (template, step) in items.iter().zip(list::steps("templates", items)) {
        let at = base.child(step.segment());
        let name = text(template, &["name"]).unwrap_or_default();
        for key in ["container", "script"] {
            let Some(node) = template.get(key) else { continue };
            let shape = container(source, node, &at.child(Segment::Key(key)), false, flat);
            containers.push(ContainerShape { name: name.to_owned(), ..shape });
        }
        for keys in [&["initContainers"][..], &["containerSet", "containers"], &["sidecars"]] {
            let nested = template.path(keys).map(Node::items).unwrap_or_default();
            let list = keys.iter().fold(at.clone(), |path, key| path.child(Segment::Key(key)));
            let steps = list::steps(keys.last().unwrap_or(&""), nested);
            let init = keys == ["initContainers"];
            let shape =
                |(node, step): (&Node, list::Step)| container(source, node, &list.child(step.segment()), init, flat);
            containers.extend(nested.iter().zip(steps).map(shape));
        }
    }
    WorkloadShape { rollout: Rollout::InPlace, containers, job: true, ..WorkloadShape::default() }
}
