"""What the contractor looks at: what needs him, the rows of the inbox, the day's numbers, a thread from top to end.

Reading only; whatever changes something lives with the thing that changes.
"""
