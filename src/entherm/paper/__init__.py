"""The paper behind entherm: its equations as an independent oracle, its figures and its claims."""
