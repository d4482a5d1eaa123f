//! Which line of one side is which line of the other. Bounded: no input makes it quadratic in the file's size.

use std::collections::BTreeMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A line of either side, in reading order. Lines are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The same on both sides: old and new index.
    Same(usize, usize),
    /// Only before.
    Removed(usize),
    /// Only after.
    Added(usize),
}

/// Stretches up to this length are compared exactly; longer ones are first cut at lines that occur once.
const EXACT: usize = 2_000;

/// Pairs the lines of two texts.
pub(super) fn align(old: &[&str], new: &[&str]) -> Vec<Step> {
    let (old, new) = intern(old, new);
    let prefix = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - prefix;
    let suffix = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let middle = (prefix..old.len() - suffix, prefix..new.len() - suffix);
    let mut pairs: Vec<(usize, usize)> = (0..prefix).map(|i| (i, i)).collect();
    pairs.extend(between(&old, &new, middle));
    pairs.extend((0..suffix).rev().map(|i| (old.len() - 1 - i, new.len() - 1 - i)));
    steps(&pairs, old.len(), new.len())
}

/// Lines as numbers, the same number for the same text.
fn intern<'a>(old: &[&'a str], new: &[&'a str]) -> (Vec<u32>, Vec<u32>) {
    let mut ids: BTreeMap<&'a str, u32> = BTreeMap::new();
    let mut id = |line: &&'a str| {
        let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        *ids.entry(line).or_insert(next)
    };
    (old.iter().map(&mut id).collect(), new.iter().map(&mut id).collect())
}

/// Pairs within two stretches that share neither beginning nor end.
fn between(old: &[u32], new: &[u32], (o, n): (Range<usize>, Range<usize>)) -> Vec<(usize, usize)> {
    // Lines that the other side does not have at all are changes for certain; without them little is left to compare.
    let (in_old, in_new) = (counts(old, &o), counts(new, &n));
    let keep_old: Vec<usize> = o.filter(|&i| in_new.contains_key(&old[i])).collect();
    let keep_new: Vec<usize> = n.filter(|&i| in_old.contains_key(&new[i])).collect();
    let mut pairs = Vec::new();
    let (mut from_old, mut from_new) = (0, 0);
    let mut anchors = if keep_old.len().max(keep_new.len()) > EXACT {
        let once = |counts: &BTreeMap<u32, usize>, id: u32| counts.get(&id) == Some(&1);
        let unique_new: BTreeMap<u32, usize> =
            keep_new.iter().enumerate().filter(|(_, i)| once(&in_new, new[**i])).map(|(at, i)| (new[*i], at)).collect();
        let candidates = keep_old.iter().enumerate().filter(|(_, i)| once(&in_old, old[**i]));
        rising(&candidates.filter_map(|(at, i)| Some((at, *unique_new.get(&old[*i])?))).collect::<Vec<_>>())
    } else {
        Vec::new()
    };
    anchors.push((keep_old.len(), keep_new.len()));
    for (to_old, to_new) in anchors {
        let a = keep_old.get(from_old..to_old).unwrap_or_default();
        let b = keep_new.get(from_new..to_new).unwrap_or_default();
        pairs.extend(exact(old, new, a, b));
        if let (Some(&i), Some(&j)) = (keep_old.get(to_old), keep_new.get(to_new)) {
            pairs.push((i, j));
        }
        (from_old, from_new) = (to_old + 1, to_new + 1);
    }
    pairs
}

fn counts(lines: &[u32], range: &Range<usize>) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for &line in lines.get(range.clone()).unwrap_or_default() {
        *counts.entry(line).or_insert(0) += 1;
    }
    counts
}

/// A shortest edit script, where the stretch is short enough to afford one; else no pairs.
fn exact(old: &[u32], new: &[u32], a: &[usize], b: &[usize]) -> Vec<(usize, usize)> {
    if a.is_empty() || b.is_empty() || a.len().max(b.len()) > EXACT {
        return Vec::new();
    }
    let left: Vec<u32> = a.iter().map(|&i| old[i]).collect();
    let right: Vec<u32> = b.iter().map(|&i| new[i]).collect();
    // A constant algorithm, so that the others are not linked into the wasm.
    let ops = capture_diff_slices(Algorithm::Myers, &left, &right);
    let equal = ops.into_iter().filter_map(|op| match op {
        DiffOp::Equal { old_index, new_index, len } => Some((old_index, new_index, len)),
        _ => None,
    });
    equal.flat_map(|(i, j, len)| (0..len).map(move |k| (i + k, j + k))).map(|(i, j)| (a[i], b[j])).collect()
}

/// The longest run of candidates that rises on both sides (they rise on the first by construction).
fn rising(candidates: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `tails[k]` ends the rising run of length k + 1 with the smallest end; `before` leads back along it.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(candidates.len());
    for (i, &(_, end)) in candidates.iter().enumerate() {
        let length = tails.partition_point(|&t| candidates[t].1 < end);
        before.push(length.checked_sub(1).map(|k| tails[k]));
        match tails.get_mut(length) {
            Some(tail) => *tail = i,
            None => tails.push(i),
        }
    }
    let mut run = Vec::with_capacity(tails.len());
    let mut at = tails.last().copied();
    while let Some(i) = at {
        run.push(candidates[i]);
        at = before[i];
    }
    run.reverse();
    run
}

fn steps(pairs: &[(usize, usize)], old: usize, new: usize) -> Vec<Step> {
    let mut steps = Vec::with_capacity(old.max(new));
    let (mut i, mut j) = (0, 0);
    for &(o, n) in pairs.iter().chain([&(old, new)]) {
        steps.extend((i..o).map(Step::Removed));
        steps.extend((j..n).map(Step::Added));
        if o < old {
            steps.push(Step::Same(o, n));
        }
        (i, j) = (o + 1, n + 1);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(old: &[&str], new: &[&str]) -> Vec<Step> {
        let steps = align(old, new);
        let of_old: Vec<usize> = steps
            .iter()
            .filter_map(|s| if let Step::Same(o, _) | Step::Removed(o) = s { Some(*o) } else { None })
            .collect();
        let of_new: Vec<usize> = steps
            .iter()
            .filter_map(|s| if let Step::Same(_, n) | Step::Added(n) = s { Some(*n) } else { None })
            .collect();
        assert_eq!(of_old, (0..old.len()).collect::<Vec<_>>());
        assert_eq!(of_new, (0..new.len()).collect::<Vec<_>>());
        for step in &steps {
            if let Step::Same(o, n) = step {
                assert_eq!(old[*o], new[*n]);
            }
        }
        steps
    }

    proptest! {
        #[test]
        fn every_line_appears_once_and_in_order(old in "[abc\n]{0,60}", new in "[abc\n]{0,60}") {
            apply(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_same_text_has_no_change() {
        assert!(apply(&["a", "b"], &["a", "b"]).iter().all(|s| matches!(s, Step::Same(..))));
    }

    #[test]
    fn large_files_are_cut_at_unique_lines() {
        let old: Vec<String> = (0..30_000).map(|i| format!("line {}", i % 29_000)).collect();
        let mut new = old.clone();
        new.rotate_left(10);
        new[15_000] = "another".to_owned();
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        let changed = apply(&old, &new).iter().filter(|s| !matches!(s, Step::Same(..))).count();
        assert!(changed < 100, "{changed}");
    }

    #[test]
    fn a_shuffled_file_ends_soon() {
        let old: Vec<String> = (0..40_000_u64).map(|i| format!("{}", i.wrapping_mul(2_654_435_761) % 977)).collect();
        let new: Vec<String> = (0..40_000_u64).map(|i| format!("{}", i.wrapping_mul(40_503) % 977)).collect();
        apply(&old.iter().map(String::as_str).collect::<Vec<_>>(), &new.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
