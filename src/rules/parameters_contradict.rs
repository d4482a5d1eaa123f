//! Two parameters of a connection string cannot both be meant.

use crate::connection::DoubtKind;
use crate::declare_rule;
use crate::finding::Finding;
use crate::rule::{Context, parameters};

declare_rule! {
    /// ## What it finds
    ///
    /// Parameters that a change brings together and that exclude each other: `ssl=false` beside `sslmode=require`, `useSSL` beside
    /// another `sslMode`, `tls` beside another `ssl`, `directConnection` beside several hosts, the size of a pool that is switched
    /// off, a password beside the login of the operating system.
    ///
    /// ## Why it hurts
    ///
    /// One of the two has no effect. Which one is the client's choice, and it is seldom the one that the author looked at.
    ///
    /// ## Example
    ///
    /// ```yaml before prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?sslMode=REQUIRED
    /// ```
    ///
    /// ```yaml after prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?sslMode=REQUIRED&useSSL=false
    /// ```
    ///
    /// ```yaml fixed prod/app.yaml
    /// database:
    ///   url: jdbc:mysql://orders-db.prod.example.internal:3306/orders?sslMode=REQUIRED&connectTimeout=5000
    /// ```
    ///
    /// ## What to do
    ///
    /// Remove the older switch and keep the mode.
    ///
    /// ## When it is wrong
    ///
    /// Where two versions of a driver read the same string, each its own parameter.
    ///
    /// ## References
    ///
    /// - <https://dev.mysql.com/doc/connector-j/en/connector-j-connp-props-security.html>
    /// - <https://jdbc.postgresql.org/documentation/ssl/>
    pub(super) static PARAMETERS_CONTRADICT = "parameters-contradict", Medium, Medium,
        "Two parameters of a connection string cannot both be meant", check;
}

fn check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    parameters::findings(ctx, &PARAMETERS_CONTRADICT, DoubtKind::Contradiction, out);
}
