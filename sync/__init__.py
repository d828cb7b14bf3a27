"""The desk's side of the wire, without Qt: connection, gates, store, gestures and export."""
