"""The pipeline as text: a live view and the export dialog."""
