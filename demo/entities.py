"""The integration's entities, as Home Assistant's registries name them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import re
from typing import Any, Self

_FIRST = re.compile(r"_1(?=_|$)")


@dataclass(frozen=True, slots=True)
class Entities:
    """The entities of one device, by what they are for: `domain.translation_key`."""

    ids: Mapping[str, str]

    @classmethod
    def of(cls, device: Mapping[str, Any], registry: Iterable[Mapping[str, Any]]) -> Self:
        """Take a device's entities out of the registry, but for those that are off."""
        return cls(
            {
                _role(entity): entity["entity_id"]
                for entity in registry
                if entity["device_id"] == device["id"] and entity["disabled_by"] is None
            }
        )

    def get(self, role: str) -> str | None:
        """Return the ID of the entity for something, if there is one."""
        return self.ids.get(role)

    def first(self, domain: str) -> str:
        """Return the ID of the one entity of a domain."""
        return next(entity for entity in self.ids.values() if entity.startswith(f"{domain}."))

    def of_slot(self, number: int) -> Self:
        """Return what another slot's entities will be called, given those of the first."""
        return type(self)(
            {role: _FIRST.sub(f"_{number}", entity, count=1) for role, entity in self.ids.items()}
        )


@dataclass(frozen=True, slots=True)
class Devices:
    """The project and its first slot."""

    project: Entities
    slot: Entities

    @classmethod
    def find(
        cls,
        devices: Iterable[Mapping[str, Any]],
        registry: Iterable[Mapping[str, Any]],
        entry_id: str,
    ) -> Self | None:
        """Find both in the registries; None until they are there."""
        ours = [entity for entity in registry if entity["config_entry_id"] == entry_id]
        project = slot = None
        for device in sorted(devices, key=lambda device: str(device["name"])):
            entities = Entities.of(device, ours)
            if not entities.ids:
                continue
            if device.get("via_device_id") is None and device.get("parent_device_id") is None:
                project = project or entities
            elif "sensor.state" in entities.ids:
                slot = slot or entities
        return cls(project, slot) if project and slot else None


def _role(entity: Mapping[str, Any]) -> str:
    domain, _, _ = entity["entity_id"].partition(".")
    key = entity["translation_key"]
    return f"{domain}.{key}" if key else domain
