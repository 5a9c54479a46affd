"""What only the project itself runs: none of it is in the wheel."""
