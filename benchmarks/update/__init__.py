"""What an update takes beside a full training."""
