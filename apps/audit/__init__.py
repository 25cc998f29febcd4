"""The append-only book of everything that was decided and done."""
