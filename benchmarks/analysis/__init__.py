"""How fast texts become terms."""
