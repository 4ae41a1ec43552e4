import pytest
from cluster import Cluster


@pytest.fixture
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.close()
