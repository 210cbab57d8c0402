"""The facts that decide about missed calls, read for many calls with a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app import bulk, tenants, usage
from app.calls import Call, MissedReason
from app.calls.texting import Facts
from app.clock import now
from app.consent import Contact, ContactRule, OptOut
from app.conversations import LIVE, Conversation
from app.customers import Customer
from app.extensions import db
from app.messages import Message, MessageStatus, Purpose
from app.numbers import Number, NumberStatus
from app.registrations import Registration, RegistrationStatus
from app.settings import TenantSettings
from app.subscriptions import Access, Subscription
from app.tenants import Tenant
from app.users import User

Key = tuple[UUID, str]
LONGEST_COOLDOWN = timedelta(days=7)


@dataclass(frozen=True)
class Ring:
    """How long a phone rang, and whether the caller heard the greeting."""

    seconds: float
    heard_greeting: bool


@dataclass(frozen=True)
class Standing:
    """What holds for every call to one business at this moment."""

    settings: TenantSettings
    access: Access
    is_over_quota: bool
    is_open_now: bool


@dataclass(frozen=True)
class Gathered:
    """Everything that was read, by business and phone."""

    rings: dict[UUID, Ring]
    tenants: dict[UUID, Tenant]
    standings: dict[UUID, Standing]
    registered: set[UUID]
    ours: set[str]
    contractors: set[Key]
    opted_out: dict[Key, datetime]
    rules: dict[Key, ContactRule]
    not_textable: dict[Key, str]
    live: dict[Key, UUID]
    greeted: dict[Key, datetime]

    def live_thread(self, call: Call) -> UUID | None:
        """The open thread with the caller before this call."""
        return self.live.get((call.tenant_id, call.customer_phone))

    def of(self, call: Call) -> Facts:
        """The facts about one call."""
        key, tenant = (call.tenant_id, call.customer_phone), self.tenants[call.tenant_id]
        standing, ring, greeted = self.standings[call.tenant_id], self.rings[call.id], self.greeted.get(key)
        return Facts(
            phone=call.customer_phone,
            settings=standing.settings,
            is_ours=call.customer_phone in self.ours,
            is_contractor=key in self.contractors or call.missed_reason == MissedReason.own_number,
            is_loop=call.missed_reason == MissedReason.forwarding_loop,
            rule=self.rules.get(key),
            opted_out_at=self.opted_out.get(key),
            not_textable=self.not_textable.get(key),
            caller_verified=call.caller_verified,
            business_phone=call.business_phone,
            rang_seconds=ring.seconds,
            heard_greeting=ring.heard_greeting,
            registration_open=call.tenant_id in self.registered,
            access=standing.access,
            over_quota=standing.is_over_quota,
            paused_reason=tenant.texting_paused_reason,
            in_conversation=key in self.live,
            minutes_since_greeting=(now() - greeted).total_seconds() / 60 if greeted else None,
            is_open_now=standing.is_open_now,
        )


def gather(missed: Sequence[tuple[Call, Ring]]) -> Gathered:
    """Read the facts about these calls."""
    keys = {(call.tenant_id, call.customer_phone) for call, _ in missed}
    ids, people = {key[0] for key in keys}, {key[1] for key in keys}
    businesses = {tenant.id: tenant for tenant in db.session.scalars(select(Tenant).where(Tenant.id.in_(ids)))}
    return Gathered(
        rings={call.id: ring for call, ring in missed},
        tenants=businesses,
        standings=_standings(businesses),
        registered=_registered(ids),
        ours=set(
            db.session.scalars(
                select(Number.e164).where(bulk.one_of(Number.e164, people), Number.status != NumberStatus.released)
            )
        ),
        contractors=_contractors(ids, people),
        opted_out=_by_key(
            select(OptOut.tenant_id, OptOut.phone, OptOut.at).where(
                OptOut.lifted_at.is_(None), _in(OptOut, ids, people)
            )
        ),
        rules=_by_key(select(Contact.tenant_id, Contact.phone, Contact.rule).where(_in(Contact, ids, people))),
        not_textable=_by_key(
            select(Customer.tenant_id, Customer.phone, Customer.not_textable_reason).where(
                _in(Customer, ids, people), Customer.not_textable_reason.is_not(None)
            )
        ),
        live=_by_key(
            select(Conversation.tenant_id, Conversation.customer_phone, Conversation.id).where(
                Conversation.status.in_(LIVE),
                bulk.one_of(Conversation.tenant_id, ids),
                bulk.one_of(Conversation.customer_phone, people),
            )
        ),
        greeted=_greeted(ids, people),
    )


def _standings(businesses: dict[UUID, Tenant]) -> dict[UUID, Standing]:
    moment = now()
    bought = {
        one.tenant_id: one
        for one in db.session.scalars(select(Subscription).where(Subscription.tenant_id.in_(businesses.keys())))
    }
    return {
        tenant_id: Standing(
            settings=tenant.settings,
            access=bought[tenant_id].access_at(moment) if tenant_id in bought else Access.none,
            is_over_quota=usage.is_over_quota(bought.get(tenant_id)),
            is_open_now=tenants.is_open(tenant, moment),
        )
        for tenant_id, tenant in businesses.items()
    }


def _in(table: type[OptOut] | type[Contact] | type[Customer], ids: set[UUID], people: set[str]) -> ColumnElement[bool]:
    # A few pairs too many may come back; they are looked up by pair, so they do no harm.
    return bulk.one_of(table.tenant_id, ids) & bulk.one_of(table.phone, people)


def _by_key(wanted: Any) -> dict[Key, Any]:
    return {(tenant_id, phone): value for tenant_id, phone, value in db.session.execute(wanted)}


def _registered(ids: set[UUID]) -> set[UUID]:
    approved = select(Registration.tenant_id).where(
        Registration.tenant_id.in_(ids), Registration.status == RegistrationStatus.approved
    )
    return set(db.session.scalars(approved))


def _contractors(ids: set[UUID], people: set[str]) -> set[Key]:
    own = select(User.tenant_id, User.phone_number).where(
        User.tenant_id.in_(ids), bulk.one_of(User.phone_number, people), User.is_active
    )
    return {(tenant_id, phone) for tenant_id, phone in db.session.execute(own) if phone}


def _greeted(ids: set[UUID], people: set[str]) -> dict[Key, datetime]:
    latest = (
        select(Message.tenant_id, Message.customer_phone, func.max(Message.created_at))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            bulk.one_of(Conversation.tenant_id, ids),
            bulk.one_of(Conversation.customer_phone, people),
            Message.purpose == Purpose.greeting,
            Message.status.not_in((MessageStatus.discarded, MessageStatus.failed)),
            Message.created_at > now() - LONGEST_COOLDOWN,
        )
        .group_by(Message.tenant_id, Message.customer_phone)
    )
    return _by_key(latest)
