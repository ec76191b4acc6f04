"""How long a whole page takes beside its boxes one by one, and lists under editors' rules beside lists without."""
