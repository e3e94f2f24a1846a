"""What the user probably meant: the sentences that answer mistakes. Pure, and below everything."""
