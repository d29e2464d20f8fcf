"""The bad days, by where they come from: title, what is common to them, rows."""
from days import accounts, disk, gateways, locks, official, recipes, scripts

SECTIONS = [
    ("Recipes", recipes.ABOUT, recipes.DAYS + locks.DAYS),
    ("Scripts", scripts.ABOUT, scripts.DAYS),
    ("Gateways", gateways.ABOUT, gateways.DAYS + accounts.DAYS + official.DAYS),
    ("Disks", disk.ABOUT, disk.DAYS),
]
