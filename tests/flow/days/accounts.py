"""What a service says of the account, before anything is bought there."""
from day import Bench, Day
from office import Office


def account(credits=1000, a_day=None):
    """An account with so many credits, and so many tasks left."""
    def when(bench):
        office = bench.office = Office(bench.rogue.clip)
        office.bought = bench.rogue.bought
        office.credits = credits
        if a_day is not None:
            office.allow("gen4.5", 3, a_day)
        bench.undo.append(office.close)
        bench.recipe(Bench.RECIPE)
        bench.gateway(url=office.url, dialect="official", prices={"*": 5}, poll_min=0.1)
    return when


def mended(bench):
    bench.office.credits, bench.office.models = 1000, {}


DAYS = [
    Day("The account has fewer credits than it costs", account(credits=20),
        ("tarmac: h: 20 credits",
         "✗ r/r: the 20 credits at 'h' do not suffice (it costs 25); it was not bought; "
         "add credits there and run again"),
        code=8, mend=mended),
    Day("The account has used up its day", account(a_day=0),
        ("tarmac: h: 1000 credits; gen4.5 3 at once, 0 left today",
         "✗ r/r: 'h' takes no more of gen4.5 today; it was not bought; run again tomorrow"),
        code=8, mend=mended),
]
