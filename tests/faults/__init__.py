"""Faults on a real link: context managers over a real server, and servers that misbehave."""
