"""A copy of the whole studio in a folder, and a studio put back from one."""
