"""PostgreSQL 18 and Redis run from their wheels, for machines that have neither."""
