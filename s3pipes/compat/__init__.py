"""What torchdata's users bring along: its environment variables, as our settings.

Nothing else of s3pipes reads them.
"""
