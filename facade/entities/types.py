"""Which entity types there are for a caller, and which actions their verbs are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from facade.access.authorize import Authority
from facade.access.methods import WHOLE
from facade.catalog.catalog import Catalog
from facade.catalog.matching import VERSION_KEY, wanted_of
from facade.catalog.missing import no_entity_type
from facade.catalog.notice import NOTHING
from facade.catalog.request import invalid
from facade.entities.asked import Asking
from facade.entities.conditions import literal
from facade.entities.derive import Derived
from facade.entities.shape import shape_of
from facade.errors.caller import ActionUnsupported, EntityNotFound
from facade.errors.fault import Violation
from facade.model.access import Identity, Permission, Target
from facade.model.action import Action, Location
from facade.model.call import Argument, Arguments
from facade.model.entity import BETWEEN, EntityType, EntityTypeName, Verb
from facade.model.names import LIVE, ActionName, VersionName
from facade.model.version import Version
from facade.spec.path import bare, variables
from facade.spec.spec import Spec
from facade.transcode.arguments import argument


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownType:
    """An entity type of one version, with its document."""

    name: EntityTypeName
    """Canonical."""
    spec: Spec
    type: EntityType
    authority: Authority

    def seen(self, identity: Identity) -> "KnownType | None":
        """The type as somebody sees it: with the actions that he may view; None where none is left.

        Its schema is then of those actions alone.
        """
        operations = {
            verb: each
            for verb, each in self.type.operations.items()
            if identity.allows(
                Permission.VIEW, Target(connector=self.name.version.connector, action=each)
            )
        }
        return replace(self, type=replace(self.type, operations=operations)) if operations else None

    def action(self, verb: Verb, asking: Asking) -> Action:
        """What the verb does; raises ActionUnsupported, CallerForbidden.

        Whoever may not call the action may not do it by another name.
        """
        action_id = self.type.operations.get(verb)
        if action_id is None:
            raise ActionUnsupported(
                f"`{self.name}` has no {verb}: the document has no operation for it"
            )
        target = Target(
            connector=self.name.version.connector,
            action=action_id,
            connection=asking.caller.connection or WHOLE,
        )
        self.authority.check_target(f"{verb} entity", asking.identity, Permission.INVOKE, target)
        return self.spec.action(action_id)

    def called(self, action: Action, asking: Asking) -> ActionName:
        """The action's name: of this version, unless a connection says which one."""
        name = self.name.version
        if asking.caller.connection:
            name = VersionName(name.connector, LIVE, name.tenant)
            name = wanted_of(name, asking.metadata.get(VERSION_KEY, ""))
        return ActionName(name.connector, name.version, action.id, name.tenant)

    def keys(self, action: Action, values: tuple[str, ...], field: str) -> Arguments:
        """The arguments of an action's path; raises InvalidRequest where they are too few or many.

        Variables are told by their places: paths may have other names for the same ones.
        """
        names = [bare(each) for each in variables(action.path)]
        if len(values) != len(names):
            wanted = BETWEEN.join(f"{{{each}}}" for each in names) or "nothing"
            raise invalid(Violation(field=field, description=f"must be {wanted}"))
        found: dict[str, Argument] = {}
        for each in action.parameters:
            if each.location is Location.PATH and each.name in names:
                text = values[names.index(each.name)]
                found[each.key] = literal(text, shape_of(each.schema)) or argument(text)
        return found


class Types:
    """Finds entity types."""

    def __init__(self, catalog: Catalog, derived: Derived, authority: Authority) -> None:
        """Takes what has the documents, what derives types of them, and who may call what."""
        self._catalog = catalog
        self._derived = derived
        self._authority = authority

    async def all(self, parent: VersionName) -> tuple[KnownType, ...]:
        """Those of a version, by name; raises ConnectorNotFound, VersionNotFound."""
        version = self._catalog.snapshot.likely(parent)
        return self._all(version, await self._catalog.spec(version))

    async def seen(self, name: EntityTypeName, identity: Identity) -> KnownType:
        """One as somebody sees it; raises what `find` raises, also where he may see none of it."""
        version, spec, found = await self._find(name)
        seen = self._known(version, spec, found).seen(identity) if found is not None else None
        if seen is None:
            raise self._missing(name, version, spec, identity)
        return seen

    async def find(
        self, name: EntityTypeName, identity: Identity, beside: Mapping[str, str] = NOTHING
    ) -> KnownType:
        """One by its id or alias, of the version that fits what came beside somebody's request.

        Raises EntityNotFound, ConnectorNotFound, VersionNotFound.
        """
        version, spec, found = await self._find(name, beside)
        if found is None:
            raise self._missing(name, version, spec, identity)
        return self._known(version, spec, found)

    async def _find(
        self, name: EntityTypeName, beside: Mapping[str, str] = NOTHING
    ) -> tuple[Version, Spec, EntityType | None]:
        wanted = wanted_of(name.version, beside.get(VERSION_KEY, ""))
        version = self._catalog.snapshot.likely(wanted, beside)
        spec = await self._catalog.spec(version)
        return version, spec, self._derived.find(spec, name.entity_type)

    def _all(self, version: Version, spec: Spec) -> tuple[KnownType, ...]:
        types = self._derived.types(spec).values()
        return tuple(self._known(version, spec, each) for each in types)

    def _known(self, version: Version, spec: Spec, kind: EntityType) -> KnownType:
        name = EntityTypeName(version.name, kind.id)
        return KnownType(name=name, spec=spec, type=kind, authority=self._authority)

    def _missing(
        self, name: EntityTypeName, version: Version, spec: Spec, identity: Identity
    ) -> EntityNotFound:
        """Suggests nothing that the caller does not see."""
        seen = (each.type.id for each in self._all(version, spec) if each.seen(identity))
        return no_entity_type(name, seen)
