"""How the embedded draft checkpoint is made: pictures, words, clips, two stages, evaluation. Not used at run time."""
