"""A secret's reference becomes its value at the moment it is needed, and never before."""
