"""The desk's half of protocol 2: one session's ordered log over real links (sync/log/PROTOCOL.md §6, §8)."""
