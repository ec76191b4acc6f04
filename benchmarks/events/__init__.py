"""What readers did, sent to a served process: events a second that are taken, and how long a batch waits."""
