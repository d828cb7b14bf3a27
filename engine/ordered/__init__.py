"""The engine's half of protocol 2: one ordered log a session, served, kept and mirrored (sync/log/PROTOCOL.md)."""
