"""What the README's figures come from; nothing else uses it."""
