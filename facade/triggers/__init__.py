"""Triggers: what starts flows: clocks, webhooks, polls and events."""
