"""What readers did, counted and asked for: events a second, the first list after each batch, rows of co-reading."""
