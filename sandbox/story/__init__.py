"""The story that the demo plays: people call and text over the phone network, the product is watched from outside.

What it knows of the product is what anybody can see: the texts and calls at the carrier, the mails, the pages, the
event stream, and the rows that were written.
"""
