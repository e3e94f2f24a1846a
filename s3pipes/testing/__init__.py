"""Servers to test against: moto and a scripted one in this process, SeaweedFS as its own."""

from s3pipes.testing.moto import MotoServer
from s3pipes.testing.scripted import ScriptedServer
from s3pipes.testing.seaweedfs import SeaweedServer

__all__ = ["MotoServer", "ScriptedServer", "SeaweedServer"]
