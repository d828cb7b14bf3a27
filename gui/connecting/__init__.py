"""Going to a server: its address, its token, and where tokens are kept."""
