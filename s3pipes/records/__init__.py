"""From bytes to records: pieces, decompression, lines, members of archives, samples.

Takes any file or iterable of bytes, and knows neither torch nor S3.
"""
