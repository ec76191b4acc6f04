"""How good the lists are: the recommenders run here exactly as the service runs them."""
