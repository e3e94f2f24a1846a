"""Servers to test against: moto and a scripted one in this process, two in their own."""

from s3pipes.testing.injected import InjectedFault
from s3pipes.testing.moto import MotoServer
from s3pipes.testing.scripted import ScriptedServer
from s3pipes.testing.seaweedfs import SeaweedServer
from s3pipes.testing.simulated import SimulatedS3, SimulatedStats

__all__ = [
    "InjectedFault",
    "MotoServer",
    "ScriptedServer",
    "SeaweedServer",
    "SimulatedS3",
    "SimulatedStats",
]
