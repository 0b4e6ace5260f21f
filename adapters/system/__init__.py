"""The machine underneath: its clock and its random generator."""
