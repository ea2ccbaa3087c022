"""The catalogues: what the studio says, in other languages than English. It knows no page and no reader."""
