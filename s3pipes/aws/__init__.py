"""What botocore is asked, and nothing else asks it: credentials, endpoint, profile; also proxies.

Knows settings and errors; no network of its own, no native module.
"""
