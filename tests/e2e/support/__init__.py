"""What the end-to-end tests stand on: the program under test, and the world around it."""
