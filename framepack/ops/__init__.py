"""Operators on tensors: products, norms, rotations, 8-bit numbers, and their Triton kernels. They know no block."""
