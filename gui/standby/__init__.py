"""Servers that copy the open session: who they are, going on at one, and a desk that looks at one (log §6.7)."""
