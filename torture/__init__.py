"""What s3pipes promises of failures, put to a store that fails: rows of a table, and peers."""
