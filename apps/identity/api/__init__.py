"""People, teams, domains, roles and tokens at the REST door."""
