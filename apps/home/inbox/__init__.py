"""The inbox: what waits for somebody's answer, and the page on which they give it."""
