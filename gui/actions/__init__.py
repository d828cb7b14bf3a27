"""Everything an operator can do, as one table, and its readers: menus, shortcuts, palette, cheat sheet."""
