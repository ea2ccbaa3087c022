"""The library of LoRAs: files that change a model, kept once, with what a person says of them."""
