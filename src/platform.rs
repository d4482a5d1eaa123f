//! From documents to settings: which kind of deployment file is this, and what do its lists and names mean.
