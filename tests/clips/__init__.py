"""The clips that ship with the sample pipelines: how they are painted, encoded and checked."""
