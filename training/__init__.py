"""How the embedded draft checkpoint is made: pictures, sentences, clips, two training stages, evaluation. Not needed at run time."""
