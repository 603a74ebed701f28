//! A small world for tests: fresh databases on both engines, a fixed clock, a client.
