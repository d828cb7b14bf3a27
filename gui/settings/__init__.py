"""What the desk remembers between two runs: settings, recent servers, the window's layout."""
