"""What is ordered over all projects, as a list that can be put in another order."""
