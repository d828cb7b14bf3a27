"""How it is: link, revisions, frames, decisions, telemetry."""
