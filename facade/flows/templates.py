"""Templates: flow files to begin with, for `portico flow new`; each calls the demo's pet store."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Template:
    """One flow file to begin with."""

    about: str
    """What it is for, in a line."""
    text: str
    """YAML with comments."""


SEED: Final = Template(
    "By the clock: calls an action, normalises what it answers, saves it and tells of it.",
    """\
# Every quarter of an hour: asks for the pets, brings them into a form of one's own, keeps them
# and tells of them. docs/flows.md explains every field.
title: Pets, normalised
trigger:
  schedule:
    cron: "*/15 * * * *"           # minute, hour, day, month, day of the week
    time_zone: Europe/Berlin
    catch_up: last                 # of ticks that were missed, the last is made up for
env:
  limit: "20"                      # written once, read as env.limit; secrets never stand here
steps:
  # 1. The action. Portico knows its URL, its credentials and its arguments; a wrong argument
  #    is refused when the flow is published.
  - id: fetch
    action: petstore/listPets      # CONNECTOR/ACTION, of the version that serves live calls
    arguments:
      limit: 20                    # texts may hold slots: "{{ input.tag }}"
    timeout: 10s
    retry: {attempts: 3, base: 1s, cap: 30s}

  # 2. The transformation: JMESPath, by field of each pet.
  - id: normal
    from: steps.fetch.output
    map: "[].{id: id, nombre: upper(name), activo: status == 'available'}"

  # 3. The validation. The first rule that does not hold is named, and nothing is saved.
  - id: check
    from: steps.normal.output
    validate:
      - {status: [200], of: fetch}
      - {type: "@", is: array}
      - {that: "steps.normal.output.all(each, each.id > 0)", message: "A pet has no id."}

# 4. The output: each does its work though another fails.
output:
  - id: saved
    save: pets                     # a later run replaces the record
    value: steps.normal.output
  - id: told
    notify:
      event: pets.normalised       # or {webhook: https://..., secret: secret:NAME}, or {mail: ...}
      content: {pets: "{{ steps.normal.output }}"}
result: steps.normal.output
""",
)

PULL: Final = Template(
    "Asks a backend again and again, and does something for each thing that is new.",
    """\
# Pull: looks for new pets every five minutes, and keeps each of them once.
title: New pets
trigger:
  poll:
    call:
      action: petstore/findPetsByStatus
      arguments: {status: [available]}
    every: 5m
    items: body                    # JMESPath over {status, headers, body}: the list
    key: id                        # what makes an item the same as one that was seen before
steps:
  - id: normal
    from: trigger.item             # the new pet
    map:                           # JMESPath by field; one that lacks its value is skipped
      id: id
      name: upper(name)
      seen: "'yes'"                # a literal stands in quotes of its own
output:
  - id: saved
    save: "pet-{{ trigger.item.id }}"
    value: steps.normal.output
""",
)

PUSH: Final = Template(
    "Takes signed messages at an address of its own, and calls an action for each.",
    """\
# Push: another system sends a signed message (Standard Webhooks); it becomes a pet.
# `portico trigger get NAME` tells the address, `portico trigger rotate NAME` makes its secret.
title: Pets that are sent to us
trigger:
  webhook:
    filter: "has(body.name)"       # CEL over body and headers; false: the message is dropped
steps:
  - id: check
    from: trigger.body
    validate:                      # early, before anything is called
      - {required: name, message: "A pet needs a name."}
      - {type: name, is: string}
  - id: add
    action: petstore/addPet
    arguments:
      name: "{{ trigger.body.name }}"
      status: available
    success: [200, 201]
    messages: {409: "The pet is there already.", default: "The shop did not take the pet."}
result: steps.add.output
""",
)

BIDIRECTIONAL: Final = Template(
    "Writes what another system sends into a backend, and sends back what became of it.",
    """\
# Bidirectional: a message comes in, the backend is changed, and the sender is told the outcome.
title: Pets in both directions
trigger:
  webhook: {}
steps:
  - id: find
    action: petstore/getPetById
    arguments: {petId: "{{ trigger.body.id }}"}
    success: [200, 404]            # that there is no such pet is no end; a shop that is down is
  - id: write
    choose:
      - when: "steps.find.status == 200"               # CEL
        steps:
          - id: replace
            action: petstore/replacePet
            arguments: {petId: "{{ trigger.body.id }}", name: "{{ trigger.body.name }}"}
      - steps:                     # without `when`: else
          - id: add
            action: petstore/addPet
            arguments: {name: "{{ trigger.body.name }}"}
output:
  - id: answer
    notify:
      webhook: https://app.example.com/hooks/pets
      secret: secret:app-hooks     # signs it; `portico secret set app-hooks`
      content: {id: "{{ steps.write.output.id }}", name: "{{ steps.write.output.name }}"}
""",
)

EVENTS: Final = Template(
    "Runs for events of the gateway: runs that failed, connections that changed, one's own.",
    """\
# Event-driven: when a run of a flow fails, somebody gets a mail, and the shop is looked at.
title: Failed runs
trigger:
  event:
    types: [run.failed]            # or run.*, connection.state_changed, one's own
steps:
  - id: stock
    action: petstore/getInventory
    on_failure: continue
  - id: told
    notify:
      mail: operators@example.com
      subject: "A run failed: {{ trigger.event.source }}"
      content: |
        At {{ trigger.event.time }}.
        Available: {{ steps.stock.output.available | default('?') }}.
bounds:
  rate: 10                         # runs a minute: a storm of events is no storm of mails
""",
)

TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType(
    {"seed": SEED, "pull": PULL, "push": PUSH, "bidirectional": BIDIRECTIONAL, "event": EVENTS}
)
"""By the name that `portico flow new --template` takes."""
