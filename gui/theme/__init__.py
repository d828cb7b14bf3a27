"""How the desk looks: tokens, fonts, icons' colours, the style sheet."""
