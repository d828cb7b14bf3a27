"""What both ends of the wire know: messages, params, stamps and layout. Imports nothing else of the project."""
