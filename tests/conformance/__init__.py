"""The wire over a real socket: one test a sentence of PROTOCOL.md and of the protocol that it describes."""
