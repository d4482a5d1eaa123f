//! JSON patches (RFC 6902): operations on places of an object.
//!
//! Operations that cannot be done are counted and left out; kustomize would stop at the first.

use crate::document::{Entry, Node, NodeKind};
use crate::layer::merge;
use crate::source::SourceId;

/// A patched object is not nested deeper: copying a part into itself again and again would never end.
const MAX_DEPTH: usize = 160;

/// Does the operations of `patch`, which stands in the file `from`. `left` bounds the nodes that may be made.
///
/// # Errors
/// The number of operations that could not be done.
pub(super) fn apply(root: &mut Node, patch: &Node, from: SourceId, left: &mut usize) -> Result<(), usize> {
    let mut undone = |operation: &&Node| *left == 0 || one(root, operation, from, left).is_none();
    let failed = patch.items().iter().filter(|operation| undone(operation)).count();
    if failed == 0 { Ok(()) } else { Err(failed) }
}

/// Whether a document is a list of operations.
pub(super) fn is_patch(node: &Node) -> bool {
    let items = node.items();
    !items.is_empty() && items.iter().all(|item| item.get("op").is_some() && item.get("path").is_some())
}

fn one(root: &mut Node, operation: &Node, from: SourceId, left: &mut usize) -> Option<()> {
    let from = operation.source.unwrap_or(from);
    let path = operation.get("path")?;
    let steps = pointer(path.as_text()?)?;
    let value = || operation.get("value").map(|value| merge::from_file(value, from));
    let place = Place { path, from };
    match operation.get("op")?.as_text()? {
        "add" => {
            charge(&steps, operation.get("value")?, left)?;
            place.add(root, &steps, value()?)
        }
        "replace" => {
            charge(&steps, operation.get("value")?, left)?;
            place.replace(root, &steps, value()?)
        }
        "remove" => take(root, &steps).map(drop),
        "test" => is_same(find(root, &steps, from)?.0, operation.get("value")?).then_some(()),
        "copy" => {
            let (found, source) = find(root, &pointer(operation.get("from")?.as_text()?)?, root.source?)?;
            charge(&steps, found, left)?;
            let copied = merge::from_file(found, source);
            place.add(root, &steps, copied)
        }
        "move" => {
            let start = pointer(operation.get("from")?.as_text()?)?;
            if steps.len() > start.len() && steps.starts_with(&start) {
                return None;
            }
            let (found, source) = find(root, &start, root.source?)?;
            charge(&steps, found, left)?;
            let moved = take(root, &start)?;
            place.add(root, &steps, Node { source: moved.source.or(Some(source)), ..moved })
        }
        _ => None,
    }
}

/// The steps of a JSON pointer.
fn pointer(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    // kustomize takes paths without the slash in front, too.
    let steps = text.strip_prefix('/').unwrap_or(text).split('/');
    Some(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

fn index(step: &str, len: usize) -> Option<usize> {
    step.parse().ok().filter(|at| *at < len)
}

/// The node at `steps` and the file it stands in, below one of `source`.
fn find<'a>(node: &'a Node, steps: &[String], source: SourceId) -> Option<(&'a Node, SourceId)> {
    steps.iter().try_fold((node, node.source.unwrap_or(source)), |(node, source), step| {
        let next = match &node.kind {
            NodeKind::Sequence(items) => items.get(index(step, items.len())?)?,
            _ => node.get(step)?,
        };
        Some((next, next.source.unwrap_or(source)))
    })
}

fn find_mut<'a>(node: &'a mut Node, steps: &[String]) -> Option<&'a mut Node> {
    steps.iter().try_fold(node, |node, step| match &mut node.kind {
        NodeKind::Sequence(items) => {
            let at = index(step, items.len())?;
            items.get_mut(at)
        }
        NodeKind::Mapping(entries) => {
            entries.iter_mut().rev().find(|entry| entry.key.text == *step).map(|entry| &mut entry.value)
        }
        NodeKind::Scalar(_) => None,
    })
}

fn take(root: &mut Node, steps: &[String]) -> Option<Node> {
    let (last, parents) = steps.split_last()?;
    match &mut find_mut(root, parents)?.kind {
        NodeKind::Sequence(items) => index(last, items.len()).map(|at| items.remove(at)),
        NodeKind::Mapping(entries) => {
            let at = entries.iter().rposition(|entry| entry.key.text == *last)?;
            Some(entries.remove(at).value)
        }
        NodeKind::Scalar(_) => None,
    }
}

/// Where an operation says what it does.
struct Place<'a> {
    path: &'a Node,
    from: SourceId,
}

impl Place<'_> {
    fn add(&self, root: &mut Node, steps: &[String], value: Node) -> Option<()> {
        let Some((last, parents)) = steps.split_last() else {
            *root = value;
            return Some(());
        };
        let parent = find_mut(root, parents)?;
        match &mut parent.kind {
            NodeKind::Sequence(items) if last == "-" => items.push(value),
            NodeKind::Sequence(items) => {
                let at = index(last, items.len() + 1)?;
                items.insert(at, value);
            }
            NodeKind::Mapping(_) => merge::put(parent, self.entry(last, value)),
            NodeKind::Scalar(_) => return None,
        }
        Some(())
    }

    fn replace(&self, root: &mut Node, steps: &[String], value: Node) -> Option<()> {
        let Some((last, parents)) = steps.split_last() else {
            *root = value;
            return Some(());
        };
        let parent = find_mut(root, parents)?;
        match &mut parent.kind {
            NodeKind::Sequence(items) => {
                let at = index(last, items.len())?;
                *items.get_mut(at)? = value;
            }
            _ => {
                parent.get(last)?;
                merge::put(parent, self.entry(last, value));
            }
        }
        Some(())
    }

    /// The key stands in the pointer.
    fn entry(&self, key: &str, value: Node) -> Entry {
        let span = self.path.as_scalar().map_or(self.path.span, |path| {
            let end = path.text.len();
            // The last step of the pointer, unless escapes make it another text.
            if path.text.ends_with(key) { path.source_span(end - key.len()..end) } else { path.span }
        });
        let source = value.source.unwrap_or(self.from);
        // A value that was moved or copied keeps its own file, in which the pointer does not stand.
        let span = if source == self.from { span } else { value.span };
        Entry { key: merge::composed(key, span), value }
    }
}

fn charge(steps: &[String], value: &Node, left: &mut usize) -> Option<()> {
    *left = left.saturating_sub(merge::size(value));
    (*left > 0 && steps.len() + merge::depth(value) <= MAX_DEPTH).then_some(())
}

/// Whether two values say the same; the order of keys makes no difference.
fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (NodeKind::Scalar(a), NodeKind::Scalar(b)) => a.text == b.text,
        (NodeKind::Sequence(a), NodeKind::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (NodeKind::Mapping(x), NodeKind::Mapping(y)) => {
            x.len() == y.len() && x.iter().all(|e| b.get(&e.key.text).is_some_and(|other| is_same(&e.value, other)))
        }
        _ => false,
    }
}
