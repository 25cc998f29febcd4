"""People, teams, domains, roles, service accounts and how they sign in."""
