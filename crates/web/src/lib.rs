//! Pages, sessions, uploads.
