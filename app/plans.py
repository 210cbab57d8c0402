"""What is sold: three plans, their limits and what lies beyond them (interfaces.md, GET /plans)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    code: str
    price_cents: int
    sms_segments: int
    ai_turns: int
    phone_numbers: int
    users: int


PLANS = {
    plan.code: plan
    for plan in (
        Plan("starter", 4_900, 300, 200, 1, 2),
        Plan("professional", 9_900, 1_000, 800, 3, 5),
        Plan("enterprise", 24_900, 4_000, 3_000, 10, 20),
    )
}
TRIAL_DAYS = 14
OVERAGE_CENTS = {"sms_segments": 3, "ai_turns": 5}
