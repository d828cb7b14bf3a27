"""Tests of what ships beside the code: sample pipelines, fonts, set-up."""
