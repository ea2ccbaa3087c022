"""What tests share: tiny checkpoints and pictures, a studio that runs, workers, pages without a browser."""
