"""Datapipes, one per file; `s3pipes` names them all."""
