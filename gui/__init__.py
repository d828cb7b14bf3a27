"""The desk: windows, canvas, inspector and docks."""
