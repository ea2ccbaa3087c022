"""How long an order will take, from what orders took on this computer before."""
