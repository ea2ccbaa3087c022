"""Words in films: cards, titles, lower thirds and captions, drawn with fonts that have what is written."""
