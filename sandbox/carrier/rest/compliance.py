"""Registration of senders: profiles, brands, campaigns, toll-free verification."""
