"""The meaning of access: rules, masks, filters and the one decision over them."""
