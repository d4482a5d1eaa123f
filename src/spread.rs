//! Independent pieces of work: one after the other, or side by side where the host has threads.
//!
//! The core starts no threads. Whoever calls it may hand in a way to run pieces at once; results come back in order, so
//! that the answer is the same either way.

use std::sync::OnceLock;

/// Runs `work(0)` to `work(n - 1)` in any order and on any threads, each once, and returns when all are done.
pub type Runner = dyn Fn(usize, &(dyn Fn(usize) + Sync)) + Send + Sync;

/// How independent pieces are run; by default one after the other.
#[derive(Default)]
pub struct Spread {
    runner: Option<Box<Runner>>,
}

impl std::fmt::Debug for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.runner.is_some() { "Spread(at once)" } else { "Spread(in turn)" })
    }
}

impl Spread {
    /// Pieces are run by `runner`.
    pub fn over(runner: impl Fn(usize, &(dyn Fn(usize) + Sync)) + Send + Sync + 'static) -> Spread {
        Spread { runner: Some(Box::new(runner)) }
    }

    /// What `make` gives for 0 to `n - 1`, in that order.
    pub fn map<T: Send + Sync>(&self, n: usize, make: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let Some(runner) = self.runner.as_ref().filter(|_| n > 1) else { return (0..n).map(make).collect() };
        let slots: Vec<OnceLock<T>> = std::iter::repeat_with(OnceLock::new).take(n).collect();
        runner(n, &|at| {
            if let Some(slot) = slots.get(at) {
                slot.get_or_init(|| make(at));
            }
        });
        // A piece that the runner left out is made here, so that none is ever missing.
        slots.into_iter().enumerate().map(|(at, slot)| slot.into_inner().unwrap_or_else(|| make(at))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_however_they_are_made() {
        let backwards = Spread::over(|n, work| (0..n).rev().for_each(work));
        let forgetful = Spread::over(|n, work| (0..n).step_by(2).for_each(work));
        for spread in [Spread::default(), backwards, forgetful] {
            assert_eq!(spread.map(5, |n| n * n), [0, 1, 4, 9, 16], "{spread:?}");
        }
    }
}
