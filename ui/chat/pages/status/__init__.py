"""What the desk is made of, and whether it is well."""
