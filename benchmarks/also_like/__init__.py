"""The two lists measured side by side: topic, variety, age, and what they share."""
