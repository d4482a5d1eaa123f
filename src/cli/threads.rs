//! The threads that read files side by side.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::spread::Spread;

/// Deep files are read by recursion, within the bounds that the core sets.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// As many threads as `jobs` says, else as the machine has processors.
pub(super) fn spread(jobs: Option<u16>) -> Spread {
    let available = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let most = jobs.map_or_else(available, usize::from);
    if most < 2 {
        return Spread::default();
    }
    Spread::over(move |n, work| {
        let next = AtomicUsize::new(0);
        let take = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= n {
                    return;
                }
                work(at);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..most.min(n) {
                // A thread that cannot be had is no loss: the others do its work.
                let _ = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, take);
            }
            take();
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_whatever_the_number_of_threads() {
        for jobs in [Some(1), Some(2), Some(7), None] {
            let done: Vec<usize> = spread(jobs).map(100, |n| n + 1);
            assert!(done.iter().enumerate().all(|(at, n)| *n == at + 1), "{jobs:?}");
        }
    }
}
