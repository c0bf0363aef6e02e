"""Background work of every kind: one queue, lanes, leases, one worker program."""
