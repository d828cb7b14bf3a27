"""The embedded pipeline server: sessions, nodes, compositor and streams."""
