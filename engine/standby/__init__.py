"""An engine as the standby of another: copies of its sessions, run warm, ready to take over (log PROTOCOL.md §6.7)."""
