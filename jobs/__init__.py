"""What the workers run: thin functions around the domain, each an entry point that commits."""
