"""Servers to test against: moto in this process, SeaweedFS as a process of its own."""

from s3pipes.testing.moto import MotoServer
from s3pipes.testing.seaweedfs import SeaweedServer

__all__ = ["MotoServer", "SeaweedServer"]
