"""Canvas gestures: one file a gesture, each an object that begins, moves and ends or is cancelled with a reason."""
