"""What access means: properties that hold for every rule, and the examples that settled them."""
