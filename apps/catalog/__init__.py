"""What systems hold: datasets, fields, tags with evidence, accounts and owners."""
