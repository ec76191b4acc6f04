"""Stories measured: copies found, follow-ups and forms of other days kept apart, no copies side by side."""
