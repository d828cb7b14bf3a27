"""What the desk asks of its server over HTTP: sessions from files, samples, checks, fonts and images."""
