//! A number makes sense in another unit than the one its client reads.

use crate::connection::DoubtKind;
use crate::declare_rule;
use crate::finding::Finding;
use crate::rule::{Context, parameters};

declare_rule! {
    /// ## What it finds
    ///
    /// A timeout in a connection string that its client reads in milliseconds and that is 60 or less, or one in seconds that lasts
    /// a quarter of an hour for a connection, or hours for an answer. Zero means "no end" and is left to other rules.
    ///
    /// ## Why it hurts
    ///
    /// pgjdbc counts `connectTimeout` in seconds, Connector/J the same word in milliseconds. Five milliseconds fail every
    /// connection; ten thousand seconds are no limit at all.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?connectTimeout=5000
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?connectTimeout=5
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?connectTimeout=8000
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the number in the client's unit; the message names it.
    ///
    /// ## When it is wrong
    ///
    /// For a batch job that may wait for hours.
    ///
    /// ## References
    ///
    /// - <https://jdbc.postgresql.org/documentation/use/>
    /// - <https://dev.mysql.com/doc/connector-j/en/connector-j-connp-props-networking.html>
    pub(super) static VALUE_IN_WRONG_UNIT = "value-in-wrong-unit", Medium, Medium,
        "A number makes sense in another unit than the one its client reads", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    parameters::findings(ctx, &VALUE_IN_WRONG_UNIT, DoubtKind::Unit, out);
}
