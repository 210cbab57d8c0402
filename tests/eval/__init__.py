"""The dispatcher put before checkers that do not know the product."""
