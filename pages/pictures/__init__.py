"""First pictures of shots, for those who have none: drawn cards, and pictures made from words."""
