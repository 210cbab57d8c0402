"""Stand-ins for the outside world: real protocols on loopback, never in production."""
