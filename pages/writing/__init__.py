"""Help with the sentence that a shot is made from: phrases to put into it, and another wording of it."""
