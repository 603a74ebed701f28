//! Envelope encryption: root key, tenant keys, sealing.
