//! Which resource of the old side is which one of the new side.
//!
//! In the order of trust: the same identity in the same file; the same identity in another file; another namespace, kind or
//! name in the same file; another kind, name or namespace in another file; a plain file under another name. The answer is
//! the same with the sides swapped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::setting::{Resource, ResourceId, Segment, Setting, Settings, Shape, Standing};
use crate::source::fnv1a;

use super::tree::{ROOT, Tree};

/// A resource of either side with its counterpart, as indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) old: Option<usize>,
    pub(super) new: Option<usize>,
}

/// Every written resource of both sides exactly once.
pub(super) fn pairs(old: &Settings, new: &Settings) -> Vec<Pair> {
    let mut pairing = Pairing {
        old: old.resources.iter().map(Arc::as_ref).collect(),
        new: new.resources.iter().map(Arc::as_ref).collect(),
        free_old: written(old),
        free_new: written(new),
        pairs: Vec::new(),
    };
    // Documents of one plain file have no names but their position, so their content comes first.
    pairing.by_key(|r| r.id.is_file().then(|| (&r.path, content(r))));
    // The same where items of one name stand in another order and have each other's number.
    pairing.by_key(|r| r.id.is_file().then(|| (&r.path, Tree::of(r).node(ROOT).content)));
    // A number says where a document stands and not which it is, so its content comes before its number.
    let several = several_documents(old, new);
    pairing.by_similarity(HALF, |r| several.contains(&r.path).then_some(()).and_then(|()| numbered(r)));
    pairing.by_key(|r| Some((&r.id, &r.path, content(r))));
    pairing.by_key(|r| Some((&r.id, &r.path)));
    pairing.by_key(|r| Some((&r.id, content(r))));
    pairing.by_key(|r| Some((&r.id, file_name(&r.path))));
    pairing.by_key(|r| Some(&r.id));
    pairing.by_key(|r| (!r.id.is_file()).then_some((&r.path, &r.id.kind, &r.id.name)));
    // One name: a Deployment that became a StatefulSet or a Rollout, a ConfigMap that became a Secret.
    pairing.by_similarity(SAME_NAME, |r| is_workload(r).then_some((&r.id.namespace, &r.id.name)));
    pairing.by_similarity(MOST, |r| (!r.id.is_file()).then_some((&r.id.namespace, &r.id.name)));
    pairing.by_similarity(MOST, |r| (!r.id.is_file()).then_some((&r.path, &r.id.kind)));
    pairing.by_similarity(MOST, |r| (!r.id.is_file()).then_some((r.environment, &r.id.kind)));
    pairing.by_similarity(MOST, |r| r.id.is_file().then_some(()));
    pairing.finish()
}

/// In percent of the larger one's settings: what two resources have in common at least to be one under another name.
const MOST: usize = 60;
/// The same for documents of one file.
const HALF: usize = 50;
/// The same for workloads of one name and two kinds, whose manifests differ by what the kinds need.
const SAME_NAME: usize = 30;

/// Files with several documents that go by numbers.
fn several_documents<'a>(old: &'a Settings, new: &'a Settings) -> BTreeSet<&'a String> {
    let all = old.resources.iter().chain(&new.resources);
    all.filter(|r| numbered(r).is_some() && r.id.name != r.path).map(|r| &r.path).collect()
}

/// The file of a document that has no name but its number in it.
fn numbered(resource: &Resource) -> Option<&str> {
    let label = resource.id.name.strip_prefix(&resource.path).filter(|_| resource.id.is_file())?;
    let is_number = label.strip_prefix('#').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    (label.is_empty() || is_number).then_some(resource.path.as_str())
}

fn is_workload(resource: &Resource) -> bool {
    matches!(resource.shape, Shape::Workload(_))
}

/// Whether a setting is a resource's own, and not what every object of its kind has or what says whose it is.
pub(super) fn is_own(resource: &Resource, setting: &Setting) -> bool {
    let first = setting.path.segments().next();
    resource.id.is_file() || !matches!(first, Some(Segment::Key("apiVersion" | "kind" | "metadata" | "status")))
}

/// What layers make differs where what is written differs.
fn written(side: &Settings) -> Vec<usize> {
    let resources = side.resources.iter().enumerate();
    resources.filter(|(_, r)| r.standing != Standing::Effective).map(|(at, _)| at).collect()
}

struct Pairing<'a> {
    old: Vec<&'a Resource>,
    new: Vec<&'a Resource>,
    free_old: Vec<usize>,
    free_new: Vec<usize>,
    pairs: Vec<Pair>,
}

impl<'a> Pairing<'a> {
    /// Pairs free resources of one key, the first with the first.
    fn by_key<K: Ord>(&mut self, key: impl Fn(&'a Resource) -> Option<K>) {
        if self.free_old.is_empty() || self.free_new.is_empty() {
            return;
        }
        let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for &index in self.free_new.iter().rev() {
            if let Some(key) = self.new.get(index).copied().and_then(&key) {
                waiting.entry(key).or_default().push(index);
            }
        }
        let mut made = Vec::new();
        for &index in &self.free_old {
            let partner = self.old.get(index).copied().and_then(&key).and_then(|key| waiting.get_mut(&key)?.pop());
            made.extend(partner.map(|partner| (index, partner)));
        }
        self.take(made);
    }

    /// Pairs free resources of one group that have most of their settings in common, the likest first.
    fn by_similarity<K: Ord>(&mut self, least: usize, group: impl Fn(&'a Resource) -> Option<K>) {
        if self.free_old.is_empty() || self.free_new.is_empty() {
            return;
        }
        let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (olds, news) in self.common_settings(&group).values() {
            // What stands in very many files tells nothing about which is which.
            if olds.len() > 16 || news.len() > 16 {
                continue;
            }
            for &old in olds {
                for &new in news {
                    *shared.entry((old, new)).or_default() += 1;
                }
            }
        }
        type Name<'n> = (&'n ResourceId, &'n String);
        let mut candidates: Vec<(usize, Name<'_>, Name<'_>, usize, usize)> = shared
            .into_iter()
            .filter_map(|((o, n), common)| {
                let (old, new) = (self.old.get(o)?, self.new.get(n)?);
                let most = own(old).max(own(new));
                let telling = common > 1 || file_name(&old.path) == file_name(&new.path);
                let (a, b) = ((&old.id, &old.path), (&new.id, &new.path));
                // Names in an order that does not depend on the side.
                (telling && common * 100 >= most * least).then_some((
                    common * 1000 / most.max(1),
                    a.min(b),
                    a.max(b),
                    o,
                    n,
                ))
            })
            .collect();
        candidates.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.cmp(b)));
        let mut made: BTreeMap<usize, usize> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (.., old, new) in candidates {
            if !made.contains_key(&old) && taken.insert(new) {
                made.insert(old, new);
            }
        }
        self.take(made.into_iter().collect());
    }

    /// For each setting of a group: the free resources of both sides that have it.
    fn common_settings<K: Ord>(
        &self,
        group: &impl Fn(&'a Resource) -> Option<K>,
    ) -> BTreeMap<(K, u64), (Vec<usize>, Vec<usize>)> {
        let mut index: BTreeMap<(K, u64), (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (side, free) in [(&self.old, &self.free_old), (&self.new, &self.free_new)].into_iter().enumerate() {
            for &at in free.1 {
                let Some(resource) = free.0.get(at) else { continue };
                for setting in resource.settings.iter().filter(|setting| is_own(resource, setting)) {
                    let Some(group) = group(resource) else { break };
                    let sides = index.entry((group, mark(setting))).or_default();
                    if side == 0 { sides.0.push(at) } else { sides.1.push(at) }
                }
            }
        }
        index
    }

    fn take(&mut self, made: Vec<(usize, usize)>) {
        for &(old, new) in &made {
            self.pairs.push(Pair { old: Some(old), new: Some(new) });
        }
        let olds: BTreeSet<usize> = made.iter().map(|&(old, _)| old).collect();
        let news: BTreeSet<usize> = made.iter().map(|&(_, new)| new).collect();
        self.free_old.retain(|index| !olds.contains(index));
        self.free_new.retain(|index| !news.contains(index));
    }

    fn finish(mut self) -> Vec<Pair> {
        self.pairs.extend(self.free_old.iter().map(|&old| Pair { old: Some(old), new: None }));
        self.pairs.extend(self.free_new.iter().map(|&new| Pair { old: None, new: Some(new) }));
        self.pairs
    }
}

fn own(resource: &Resource) -> usize {
    resource.settings.iter().filter(|setting| is_own(resource, setting)).count()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Fingerprint of one setting with its value.
fn mark(setting: &Setting) -> u64 {
    // The kind counts: two documents that differ only in the type of a value are two.
    let kind = fnv1a(&[setting.value.kind as u8]).rotate_left(31);
    setting.path.fingerprint() ^ fnv1a(setting.value.text.as_bytes()).rotate_left(17) ^ kind
}

/// Fingerprint of everything a resource sets.
fn content(resource: &Resource) -> u64 {
    resource.settings.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, setting| {
        hash.rotate_left(5).wrapping_mul(0x0100_0000_01b3) ^ mark(setting)
    })
}
