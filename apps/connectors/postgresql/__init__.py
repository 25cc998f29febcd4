"""The PostgreSQL connector: scanning it, enforcing in it and asking it as somebody."""
