"""Where documents come from: folders, uploads, and mapping files that say where records are."""
