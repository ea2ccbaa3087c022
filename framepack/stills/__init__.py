"""Single pictures from words, or from a picture and words, by any diffusers pipeline that the person has."""
