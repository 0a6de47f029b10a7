"""Seeds `random` when it is first asked, and not at the beginning of every call: that alone is a third of a small one.

The kit comes before the plugin, so that what a plugin imports from `random` is what stands here.
"""

import random
from random import Random

_chance = random._inst


class _Late(Random):
    """Not seeded yet."""

    def random(self):
        return Random.random(_seeded(self))

    def getrandbits(self, k):
        return Random.getrandbits(_seeded(self), k)

    def getstate(self):
        return Random.getstate(_seeded(self))

    def __reduce__(self):
        return Random.__reduce__(_seeded(self))

    def seed(self, *seed, **version):
        self.__class__ = Random
        self.seed(*seed, **version)

    def setstate(self, state):
        self.__class__ = Random
        self.setstate(state)


def _seeded(chance):
    if type(chance) is _Late:
        chance.__class__ = Random
        chance.seed()
    return chance


def seed(a=None, version=2):
    """As `random.seed`; where nothing is said, the machine is asked when it is needed."""
    _chance.__class__, _chance.gauss_next = _Late if a is None else Random, None
    if a is not None:
        _chance.seed(a, version)


random.seed = seed
# The methods of a class do not ask the class of what they are called on later.
random.random, random.getrandbits = lambda: _chance.random(), lambda k: _chance.getrandbits(k)
random.getstate, random.setstate = lambda: _chance.getstate(), lambda state: _chance.setstate(state)
