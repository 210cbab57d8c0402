"""The steps of the dispatcher's policy in plain English: why a turn went the way it went."""

STEPS = {
    # what happened
    "missed_call": "A call was missed: it greeted the caller.",
    "message": "A text came, and was not to be answered.",
    "timeout": "Nothing was heard: it decided whether to remind, to close or to wait.",
    "booking_refused": "The chosen time had just been taken by somebody else: it apologised and looked for others.",
    "human_takeover": "A person took the conversation: it is silent from here on.",
    "returned_to_ai": "The person gave the conversation back.",
    # in the order in which they are tried
    "opt_out": "The customer wants no texts, or wants them again: that goes before everything else.",
    "hazard_answer": "The customer said yes to the question whether there is danger.",
    "life_safety": "Somebody may be in danger: the fixed safety text goes out at once, before anything else.",
    "help_keyword": "The customer wrote HELP or INFO.",
    "auto_reply": "A telephone answered by itself: no machine answers a machine.",
    "spam": "It is advertising: no answer and no lead.",
    "wrong_number": "The customer has the wrong number.",
    "after_handover": "A person has the matter already: what came now was passed on.",
    "until_safe": "The danger is not over: no price and no time before everybody is safe.",
    "away": "The business is away: a message is taken, and an emergency goes to a person.",
    "complaint": "It is a complaint: an apology, and a person.",
    "ask_human": "The customer wants to speak with a person.",
    "about_visit": "It is about a visit that stands already: when it is, another time, or no visit at all.",
    "not_needed": "The customer needs nothing any more.",
    "wrong_trade": "The work belongs to another trade, which this business does not do.",
    "out_of_area": "The address is outside the area that this business serves, or too far to drive.",
    "closed_with_valve": "It is outside phone hours: it said when we answer, and how to stop running water.",
    "courtesy": "The customer only thanked or said goodbye.",
    "defer": "The customer wants to think about it, or to come back later.",
    "safety_question": "A word may mean danger: it asked once whether anybody is in danger.",
    "too_unclear": "Too much stayed unclear, or the talk went on for too long: a person goes on.",
    "questions": "A question beside the matter was answered first.",
    "choice": "The text chooses among the times that were offered, now or a while ago.",
    "booked_already": "What is wanted is booked already: it said when the visit is.",
    "price_first": "The customer asked for the price before giving an address: the price and the first times.",
    "unclear": "The text could not be read: one short question.",
    "missing": "Something is still missing: it asked for that, and for nothing that was said before.",
    "consent": "Somebody can come at once at a higher rate: it asked for a yes to the price, or got it.",
    "offer": "Everything needed was known: it offered the free times that fit best.",
}
"""A sentence for each step, by its name in app/dispatch/policy."""


def sentence(step: str | None) -> str:
    """The sentence of a step; one for a step of an older version that is known no more."""
    if step is None:
        return "Which step of the policy answered was not kept for this turn."
    return STEPS.get(step, f"The step was called {step.replace('_', ' ')}.")
