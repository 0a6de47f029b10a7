"""What the kit makes of `random`: run as `python3 chance.py sdk/python/countersign/chance.py`."""

import copy
import importlib.util
import random
import sys
from random import Random

spec = importlib.util.spec_from_file_location("chance", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
from random import choice, gauss, getrandbits, getstate, randbytes, randint, sample, seed, setstate, shuffle
from random import random as number

# As a call begins that was made with this state.
before = random._inst.getstate()
asked = [number, lambda: getrandbits(64), lambda: randint(0, 10**9), lambda: randbytes(8), lambda: gauss(0, 1),
         lambda: sample(range(10**9), 3), lambda: choice(range(10**9)), getstate, lambda: [shuffle(all := [*range(99)]), all],
         lambda: [randint(0, 2) for _ in range(99)], random.random, lambda: random.randint(0, 10**9)]
for ask in asked:
    setstate(before)
    seed()
    one = ask()
    setstate(before)
    assert one != ask(), "the state that it was made with is not asked"
    setstate(before)
    seed()
    assert one != ask(), "every call has its own"
for a in (7, "seven", b"seven"):
    seed(a)
    assert [number(), randint(0, 9), getrandbits(9)] == (lambda r: [r.random(), r.randint(0, 9), r.getrandbits(9)])(Random(a))
kept = getstate()
one = number()
seed()
setstate(kept)
assert number() == one
# The second number of a pair is of the call that made the first.
gauss(0, 1)
assert random._inst.gauss_next is not None
seed()
assert random._inst.gauss_next is None
# What somebody kept of the machine's own does what it did.
for own in (random._inst, copy.copy(random._inst)):
    seed()
    own.seed(7)
    assert own.random() == Random(7).random()
seed()
kept = copy.copy(random._inst)
assert kept.random() == number()
