"""Find a server, pick a session."""
