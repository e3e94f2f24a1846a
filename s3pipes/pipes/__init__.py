"""Torch's datapipes, one per file; `s3pipes` names them all. Only torch's part of the work is here.

`base.py` alone imports torch's classes, `register.py` makes ours methods of every pipe.
"""
