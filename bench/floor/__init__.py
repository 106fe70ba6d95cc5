"""What daphne, PostgreSQL and Redis can do on this machine with no framework in between."""
