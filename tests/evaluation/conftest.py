import pytest
from tiny import blobs


@pytest.fixture(scope="session")
def bars():
    """(uint8 [240, 14, 14, 1], int32 [240]): images of three classes."""
    return blobs(240, side=14)
