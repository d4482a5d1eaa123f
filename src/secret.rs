//! Text that must not be printed, and text that may be.
//!
//! [`Secret`] has no `Display` and no `Serialize`. [`Shown`] is what findings and reports hold; only a literal of the
//! program, a number, the [`shown!`](crate::shown) macro and the [`Redactor`] make one. So a password cannot reach an
//! output by carelessness: the program would not compile.

mod keys;
mod pairs;
mod redactor;
mod shapes;
pub(crate) mod userinfo;

use std::fmt;

use crate::quantity::Interval;

pub(crate) use keys::words_of;
pub use redactor::Redactor;

/// Stands where a secret was.
pub const MASK: &str = "••••";

/// A value that must never be printed. Compare it, ask for its length, but it does not come out.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret as it is used (decoded).
    #[must_use]
    pub fn new(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    /// Whether there is nothing in it; an empty password is worth a word.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it only points at a value kept elsewhere (`${DB_PASS}`), so that nothing has to be hidden.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        crate::placeholder::is_reference(&self.0)
    }

    /// Lengthens the secret by what turned out to belong to it.
    pub(crate) fn append(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// The text itself, to compare with other text and to teach a [`Redactor`]. Never to print.
    pub(crate) fn text_for_matching(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Text that may be printed anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Shown(String);

impl Shown {
    /// At most `longest` characters; a longer text ends in an ellipsis.
    #[must_use]
    pub fn shortened(&self, longest: usize) -> Shown {
        match self.0.char_indices().nth(longest) {
            Some((end, _)) => Shown(format!("{}…", &self.0[..end])),
            None => self.clone(),
        }
    }

    /// Text of the program itself.
    #[must_use]
    pub fn of_static(text: &'static str) -> Shown {
        Shown(text.to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of `parts` with `separator` between them.
    #[must_use]
    pub fn join(parts: &[Shown], separator: &'static str) -> Shown {
        Shown(parts.iter().map(Shown::as_str).collect::<Vec<_>>().join(separator))
    }

    /// Fills the `{}` of `template` in order. Called by [`shown!`](crate::shown), which checks the template.
    #[doc(hidden)]
    #[must_use]
    pub fn fill(template: &'static str, values: &[&dyn Showable]) -> Shown {
        let mut out = String::with_capacity(template.len() + 16 * values.len());
        let mut values = values.iter();
        let mut pieces = template.split("{}");
        out.push_str(pieces.next().unwrap_or(""));
        for piece in pieces {
            if let Some(value) = values.next() {
                value.show(&mut out);
            }
            out.push_str(piece);
        }
        Shown(out)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What may stand in a [`shown!`](crate::shown) text: printable text and numbers. Closed on purpose.
pub trait Showable: sealed::Sealed {
    /// Appends the text.
    #[doc(hidden)]
    fn show(&self, out: &mut String);
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! showable_by_display {
    ($($t:ty),+) => {$(
        impl sealed::Sealed for $t {}
        impl Showable for $t {
            fn show(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }
        }
    )+};
}
showable_by_display!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f64, Interval);

macro_rules! shown_from_integer {
    ($($t:ty),+) => {$(
        impl From<$t> for Shown {
            fn from(n: $t) -> Shown {
                Shown(n.to_string())
            }
        }
    )+};
}
shown_from_integer!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, Interval);

impl sealed::Sealed for Shown {}
impl Showable for Shown {
    fn show(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

impl sealed::Sealed for &'static str {}
impl Showable for &'static str {
    fn show(&self, out: &mut String) {
        out.push_str(self);
    }
}

impl<T: Showable> sealed::Sealed for &T {}
impl<T: Showable> Showable for &T {
    fn show(&self, out: &mut String) {
        (**self).show(out);
    }
}

/// Number of `{}` in a template that holds no other brace.
///
/// # Panics
/// At compile time, from [`shown!`](crate::shown), if a brace is anything else than `{}`.
#[doc(hidden)]
#[must_use]
pub const fn placeholders(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut i, mut count) = (0, 0);
    while i < bytes.len() {
        if bytes[i] == b'{' {
            assert!(
                i + 1 < bytes.len() && bytes[i + 1] == b'}',
                "only empty braces stand for an argument; give other braces as one"
            );
            count += 1;
            i += 1;
        } else {
            assert!(bytes[i] != b'}', "only empty braces stand for an argument; give other braces as one");
        }
        i += 1;
    }
    count
}

/// Makes [`Shown`] text like `format!`, of arguments that may be printed: `Shown`, numbers, intervals, literals.
///
/// ```
/// use plimsoll::secret::Shown;
/// let total: Shown = plimsoll::shown!("pool of {} x {} replicas", 40, Shown::of_static("12"));
/// assert_eq!(total.as_str(), "pool of 40 x 12 replicas");
/// ```
///
/// Text from a file does not compile, neither as an argument nor caught from the scope:
///
/// ```compile_fail
/// let host = String::from("db1");
/// let text = plimsoll::shown!("host {}", host);
/// ```
/// ```compile_fail
/// let host = String::from("db1");
/// let text = plimsoll::shown!("host {}", host.as_str());
/// ```
/// ```compile_fail
/// let host = String::from("db1");
/// let text = plimsoll::shown!("host {host}");
/// ```
/// ```compile_fail
/// let text = plimsoll::shown!("one {}", 1, 2);
/// ```
#[macro_export]
macro_rules! shown {
    ($template:literal $(, $value:expr)* $(,)?) => {{
        const GIVEN: usize = 0 $(+ { let _ = stringify!($value); 1 })*;
        const _: () = assert!($crate::secret::placeholders($template) == GIVEN, "as many empty braces as arguments");
        $crate::secret::Shown::fill($template, &[$(&$value as &dyn $crate::secret::Showable),*])
    }};
}

/// Whether a text is a certificate or a key in PEM armour: nobody reads what is inside.
pub(crate) fn is_armoured(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_come_out_of_debug() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret(..))");
        assert!(Secret::new("a") == Secret::new("a") && Secret::new("a") != Secret::new("b"));
    }

    #[test]
    fn shown_text_is_filled_in_order() {
        let pool = Shown::of_static("orders");
        let text = shown!("{} wants {} of {}, {} {}", pool, 40, Interval::at_least(3), "literal", &pool);
        assert_eq!(text.as_str(), "orders wants 40 of at least 3, literal orders");
        assert_eq!(shown!("plain").as_str(), "plain");
    }

    #[test]
    fn a_shown_value_is_not_read_as_a_template() {
        let odd = Redactor::new().text("{} {}");
        assert_eq!(shown!("a {} b {}", odd, 1).as_str(), "a {} {} b 1");
    }
}
