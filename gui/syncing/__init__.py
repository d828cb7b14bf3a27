"""What an operator sees and does of the ordered log: the Sync dock, faults, conflicts, who else is here."""
