"""The sweep that the tests buy of what a run leaves behind."""

# Its values of motion.r are to be filled in.
GRID = """
tarmac: 1
name: grid
gateway: h
request: {model: gen2, prompt: a harbour, seconds: 5}
sweep:
  motion.x: [-4, 0, 4]
  motion.r: %s
limits: {in_flight: 3}
outputs: {name: "grid/x${motion.x}_r${motion.r}"}
"""
