"""What comes next, and what is opened before it is asked for.

Knows URLs and streams, no torch.
"""
