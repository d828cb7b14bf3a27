"""Rules broken one at a time, to see a test fail for each."""
