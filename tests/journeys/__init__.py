"""Stories across areas, through HTTP, on the embedded engine and the sandbox."""
