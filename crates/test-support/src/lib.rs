//! Test tools of the Postwire workspace: paired endpoints, virtual clock, test certificates.
