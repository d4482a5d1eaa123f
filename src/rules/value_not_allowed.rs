//! A parameter of a connection string has a value that its client does not know.

use crate::connection::DoubtKind;
use crate::declare_rule;
use crate::finding::Finding;
use crate::rule::{Context, parameters};

declare_rule! {
    /// ## What it finds
    ///
    /// A value that a change writes and that is none of the few its client takes: `sslmode=required` for libpq, `sslMode=verify-full`
    /// for Connector/J, a target that no client has; a duration without a unit for Go, and one with a unit where a bare number is
    /// read.
    ///
    /// ## Why it hurts
    ///
    /// libpq, pgjdbc and most others refuse it when they start. node-postgres, Prisma and psqlODBC take it and use a default, which
    /// may be plain text.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?sslmode=verify-full
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?sslmode=verifyfull&connect_timeout=5s
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?sslmode=verify-full&connect_timeout=5
    /// ```
    ///
    /// ## What to do
    ///
    /// Write the value as the client spells it; the message names the nearest.
    ///
    /// ## When it is wrong
    ///
    /// For a value that a new version of a driver knows and Plimsoll does not yet.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/libpq-ssl.html>
    pub(super) static VALUE_NOT_ALLOWED = "value-not-allowed", Medium, Medium,
        "A parameter of a connection string has a value that its client does not know", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    parameters::findings(ctx, &VALUE_NOT_ALLOWED, DoubtKind::Value, out);
}
