//! The queueing figures of `pool-below-traffic`, held against published tables and against a simulation.

use plimsoll::rule::Traffic;

/// A pool of `size` under an offered load of `busy` connections, each held for `hold_ms`.
fn traffic(busy: f64, size: u64, hold_ms: f64) -> Traffic {
    Traffic { busy, processes: 1, each: size, rate: busy * 1000.0 / hold_ms, hold_ms }
}

/// Offered load, pool, share that waits, mean wait in milliseconds, for a hold time of 20 ms (Erlang C).
const TABLE: &[(f64, u64, f64, f64)] = &[
    (1.0, 2, 0.333, 6.7),
    (1.0, 3, 0.091, 0.9),
    (4.0, 5, 0.554, 11.1),
    (4.0, 6, 0.285, 2.8),
    (4.0, 8, 0.059, 0.3),
    (8.0, 9, 0.653, 13.1),
    (8.0, 11, 0.245, 1.6),
    (8.0, 14, 0.039, 0.1),
    (16.0, 20, 0.256, 1.3),
    (32.0, 38, 0.224, 0.7),
    (32.0, 44, 0.029, 0.05),
];

#[test]
fn the_figures_are_those_of_the_tables() {
    for (busy, size, share, mean) in TABLE {
        let (waits, wait) = traffic(*busy, *size, 20.0).waiting().expect("the load is below the pool");
        assert!((waits - share).abs() < 0.001, "{busy} of {size}: {waits} wait, {share} expected");
        assert!((wait - mean).abs() < 0.05 + mean * 0.02, "{busy} of {size}: {wait} ms, {mean} ms expected");
    }
}

#[test]
fn a_pool_at_its_load_never_catches_up() {
    assert_eq!(traffic(6.0, 6, 40.0).waiting(), None);
    assert!(traffic(6.0, 6, 40.0).utilisation() >= 1.0);
    assert!(traffic(6.0, 7, 40.0).waiting().is_some());
}

#[test]
fn one_large_pool_waits_less_than_many_small_ones() {
    // Fifty connections in all under a load of forty.
    let wait = |pools: u64| {
        let load = Traffic { busy: 40.0, processes: pools, each: 50 / pools, rate: 2000.0, hold_ms: 20.0 };
        load.waiting().map(|(_, mean)| mean).unwrap_or(f64::INFINITY)
    };
    let waits: Vec<f64> = [1, 2, 5, 10].into_iter().map(wait).collect();
    assert!(waits.windows(2).all(|w| matches!(w, [few, many] if few < many)), "{waits:?}");
}

#[test]
fn a_larger_pool_never_waits_longer() {
    for busy in [0.5, 3.0, 7.5, 20.0] {
        let waits = (1..60).map(|size| traffic(busy, size, 30.0).waiting().map_or(f64::INFINITY, |(_, mean)| mean));
        let waits: Vec<f64> = waits.collect();
        assert!(waits.windows(2).all(|w| matches!(w, [small, large] if large <= small)), "{busy}: {waits:?}");
    }
}

/// Random numbers that are the same on every run (xorshift64*).
struct Random(u64);

impl Random {
    /// Between 0 and 1, neither of them.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        (bits as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }
}

/// The share of requests that wait and their mean wait in a pool that is simulated request by request: random arrivals,
/// random hold times, the first who waits is served first.
fn simulate(load: &Traffic, requests: u32, seed: u64) -> (f64, f64) {
    let mut random = Random(seed);
    let mut free_at = vec![0.0_f64; usize::try_from(load.each).unwrap_or(1)];
    let (mut now, mut waited, mut waits) = (0.0, 0_u32, 0.0);
    for _ in 0..requests {
        now += random.exponential(1000.0 / load.rate);
        let hold = random.exponential(load.hold_ms);
        let Some(next) = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)) else { break };
        let start = next.max(now);
        waited += u32::from(start > now);
        waits += start - now;
        *next = start + hold;
    }
    (f64::from(waited) / f64::from(requests), waits / f64::from(requests))
}

#[test]
fn a_simulated_pool_waits_as_computed() {
    for (busy, size) in [(1.0, 2), (4.0, 6), (8.0, 11), (16.0, 20), (32.0, 38)] {
        let load = traffic(busy, size, 20.0);
        let (share, mean) = load.waiting().expect("the load is below the pool");
        let (seen_share, seen_mean) = simulate(&load, 300_000, 0x9E37_79B9_7F4A_7C15);
        assert!((share - seen_share).abs() < 0.02, "{busy} of {size}: {share} computed, {seen_share} seen");
        assert!((mean - seen_mean).abs() < mean * 0.12, "{busy} of {size}: {mean} ms computed, {seen_mean} ms seen");
    }
}
