"""Conversations that became cases: played again and again, so that what worked once keeps working."""
