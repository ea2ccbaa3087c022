"""How things look and how figures are said. It reads no database."""
