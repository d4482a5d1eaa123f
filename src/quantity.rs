//! Counts and durations that may be uncertain: closed intervals whose upper end may be unknown.
//!
//! Unknown is a value. It survives addition and multiplication (except by an exact zero) and is never read as 0.

/// A closed interval `[lo, hi]` of whole numbers; `hi` is `None` where nothing bounds it.
///
/// `lo` is what is proven; the truth lies somewhere in the interval. All arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// The least value that is possible.
    pub lo: u64,
    /// The greatest value that is possible, `None` if unknown.
    pub hi: Option<u64>,
}

impl Interval {
    /// Exactly zero.
    pub const ZERO: Interval = Interval { lo: 0, hi: Some(0) };

    /// Exactly `n`.
    #[must_use]
    pub const fn exact(n: u64) -> Interval {
        Interval { lo: n, hi: Some(n) }
    }

    /// From `lo` to `hi`; the ends are put in order.
    #[must_use]
    pub fn between(lo: u64, hi: u64) -> Interval {
        Interval { lo: lo.min(hi), hi: Some(hi.max(lo)) }
    }

    /// At least `lo`, with no known upper end.
    #[must_use]
    pub const fn at_least(lo: u64) -> Interval {
        Interval { lo, hi: None }
    }

    /// The single value, where both ends are the same.
    #[must_use]
    pub fn known(self) -> Option<u64> {
        self.hi.filter(|&hi| hi == self.lo)
    }

    /// The sum; unknown if either is.
    #[must_use]
    pub fn plus(self, other: Interval) -> Interval {
        Interval { lo: self.lo.saturating_add(other.lo), hi: self.hi.zip(other.hi).map(|(a, b)| a.saturating_add(b)) }
    }

    /// The product; unknown if either is, except that an exact zero makes zero.
    #[must_use]
    pub fn times(self, other: Interval) -> Interval {
        if self == Interval::ZERO || other == Interval::ZERO {
            return Interval::ZERO;
        }
        Interval { lo: self.lo.saturating_mul(other.lo), hi: self.hi.zip(other.hi).map(|(a, b)| a.saturating_mul(b)) }
    }

    /// What is left of `self` after `other` is taken away, never below zero.
    #[must_use]
    pub fn minus(self, other: Interval) -> Interval {
        Interval {
            lo: other.hi.map_or(0, |hi| self.lo.saturating_sub(hi)),
            hi: self.hi.map(|hi| hi.saturating_sub(other.lo)),
        }
    }

    /// The smaller of both, end by end: where one has no known upper end, the other bounds it.
    #[must_use]
    pub fn min(self, other: Interval) -> Interval {
        let hi = match (self.hi, other.hi) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        Interval { lo: self.lo.min(other.lo), hi }
    }

    /// The least interval that holds both.
    #[must_use]
    pub fn hull(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.zip(other.hi).map(|(a, b)| a.max(b)) }
    }

    /// So many hundredths of it, rounded up.
    #[must_use]
    pub fn percent_up(self, percent: u64) -> Interval {
        let part = |n: u64| n.saturating_mul(percent).div_ceil(100);
        Interval { lo: part(self.lo), hi: self.hi.map(part) }
    }

    /// The larger of both, end by end.
    #[must_use]
    pub fn max(self, other: Interval) -> Interval {
        Interval { lo: self.lo.max(other.lo), hi: self.hi.zip(other.hi).map(|(a, b)| a.max(b)) }
    }
}

impl std::fmt::Display for Interval {
    /// `40`, `40–60`, or `at least 40`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.hi {
            Some(hi) if hi == self.lo => write!(f, "{hi}"),
            Some(hi) => write!(f, "{}–{hi}", self.lo),
            None if self.lo == 0 => write!(f, "unknown"),
            None => write!(f, "at least {}", self.lo),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_survives_addition_and_multiplication() {
        let unknown = Interval::at_least(2);
        assert_eq!(unknown.plus(Interval::exact(3)), Interval::at_least(5));
        assert_eq!(unknown.times(Interval::exact(3)), Interval::at_least(6));
    }

    #[test]
    fn an_exact_zero_makes_zero() {
        assert_eq!(Interval::at_least(2).times(Interval::ZERO), Interval::ZERO);
    }

    #[test]
    fn arithmetic_saturates() {
        let big = Interval::exact(u64::MAX);
        assert_eq!(big.times(big), big);
        assert_eq!(big.plus(big), big);
    }

    #[test]
    fn display_never_hides_uncertainty() {
        let shown: Vec<String> =
            [Interval::exact(4), Interval::between(4, 9), Interval::at_least(4), Interval::at_least(0)]
                .iter()
                .map(ToString::to_string)
                .collect();
        assert_eq!(shown, ["4", "4–9", "at least 4", "unknown"]);
    }
}
