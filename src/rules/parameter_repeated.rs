//! A parameter of a connection string stands twice, and says two things.

use crate::connection::DoubtKind;
use crate::declare_rule;
use crate::finding::Finding;
use crate::rule::{Context, parameters};

declare_rule! {
    /// ## What it finds
    ///
    /// A parameter that a change writes a second time into a connection string, with another value. Lists that a client collects
    /// (`readPreferenceTags`) are left alone.
    ///
    /// ## Why it hurts
    ///
    /// Most clients take the last one, pgx and lib/pq the first, and some refuse the string. A reader of the file sees either.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?connect_timeout=5
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?connect_timeout=5&sslmode=require&connect_timeout=30
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: postgresql://orders@orders-db.prod.example.internal:5432/orders?connect_timeout=5&sslmode=require
    /// ```
    ///
    /// ## What to do
    ///
    /// Keep the one that is meant.
    ///
    /// ## When it is wrong
    ///
    /// When a template appends a value to override another on purpose, for a client that takes the last.
    ///
    /// ## References
    ///
    /// - <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>
    pub(super) static PARAMETER_REPEATED = "parameter-repeated", Medium, Medium,
        "A parameter of a connection string stands twice and says two things", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    parameters::findings(ctx, &PARAMETER_REPEATED, DoubtKind::Repeated, out);
}
