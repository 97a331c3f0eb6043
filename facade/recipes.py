"""Recipes: how the calls of each action are made and answered, compiled at the first of them."""

import logging

from msgspec import structs

from facade.journey import Journey
from facade.model.action import Action
from facade.model.call import CacheStatus, Outcome, Plan, Recalled, Reply
from facade.recent import Living
from facade.transcode.decode import decode
from facade.transcode.encode import Recipe, compile_recipe

LOGGER = logging.getLogger(__name__)

HIT = CacheStatus.HIT


class Recipes:
    """Keeps what is compiled of an action for as long as the action lives."""

    def __init__(self) -> None:
        self._recipes: Living[Recipe] = Living()
        self.find = self._recipes.find
        """That of the action of an id; None where it is yet to be compiled."""

    def get(self, action: Action) -> Recipe:
        """How the action's calls are made; raises ActionUnsupported."""
        recipe = self._recipes.find(id(action))
        return self._recipes.put(action, compile_recipe(action)) if recipe is None else recipe

    def outcome(self, plan: Plan, reply: Reply, journey: Journey) -> Outcome:
        """What a reply comes to.

        Logs the first, second, fourth, … of an action's answers that do not fit their schema.
        """
        answers = (journey.recipe or self.get(plan.action)).answers
        before = answers.unfit
        outcome = decode(
            plan,
            reply,
            journey.exchange(),
            journey.secrets,
            answers,
            seen=journey.call.full_view,
        )
        if answers.unfit > before and answers.unfit.bit_count() == 1:
            LOGGER.warning(
                "%s/actions/%s: %d of %d answers that were held to their schema did not fit: %s",
                plan.version.name,
                plan.action.id,
                answers.unfit,
                answers.checked,
                outcome.exchange.warnings[-1],
            )
        if journey.cache is HIT and journey.unsigned and not journey.call.request_id:
            return Recalled(**structs.asdict(outcome), plan=plan, remembered=reply.body)
        return outcome
