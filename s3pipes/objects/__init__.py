"""Objects as Python knows them: the client, streams, ranges, and their asyncio twins.

Complete without torch; a tensor is made only where it is asked for.
"""
