"""Adds a line to a project, and changes one: a name, and the addresses that belong to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_API_TOKEN, CONF_NAME, UnitOfTime
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import voluptuous as vol
from yarl import URL

from .api import RetryPolicy, SignalWireClient, SignalWireError
from .const import (
    CONF_ADDRESSES,
    CONF_PROJECT_ID,
    CONF_RETENTION_DAYS,
    CONF_SPACE,
    MAX_RETENTION_DAYS,
    SUBENTRY_LINE,
)
from .project.addresses import address_key, canonical_address
from .project.lines import line_addresses

# A person waits for the form, which is of use without what is offered.
_OFFERS_TIMEOUT = 5.0
_OFFERS_RETRIES = RetryPolicy(attempts=1, total=_OFFERS_TIMEOUT, attempt=_OFFERS_TIMEOUT)
_MAX_OFFERED = 200
_MAX_NAME = 100
_MAX_ADDRESS = 255
_RETENTION_DAYS = vol.All(
    NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=MAX_RETENTION_DAYS,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfTime.DAYS,
        )
    ),
    vol.Coerce(int),
)


class LineFlow(ConfigSubentryFlow):
    """Asks for the name and the addresses of a line.

    Offered are the project's own numbers, and the ends of the latest calls.
    """

    def __init__(self) -> None:
        self._offers: list[SelectOptionDict] | None = None

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a line."""
        return await self._async_step("user", user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a line."""
        if (line := self._line) is None:
            return self.async_abort(reason="line_removed")
        shown = {**line.data, CONF_NAME: line.title, CONF_ADDRESSES: line_addresses(line)}
        return await self._async_step("reconfigure", user_input, shown)

    @property
    def _line(self) -> ConfigSubentry | None:
        """Return the line that is changed, None if it was removed since the form was opened."""
        return self._get_entry().subentries.get(self._reconfigure_subentry_id)

    async def _async_step(
        self, step: str, user_input: dict[str, Any] | None, shown: dict[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            name = " ".join(user_input[CONF_NAME].split())
            addresses = await self._async_check(name, user_input, errors, placeholders)
            if not errors:
                return self._save(name, addresses, user_input.get(CONF_RETENTION_DAYS))
            shown = user_input
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(await self._async_schema(), shown),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _save(self, name: str, addresses: list[str], days: int | None) -> SubentryFlowResult:
        data: dict[str, Any] = {CONF_ADDRESSES: addresses}
        if days is not None:
            data[CONF_RETENTION_DAYS] = days
        if self.source == "user":
            return self.async_create_entry(title=name, data=data)
        if (line := self._line) is None:
            return self.async_abort(reason="line_removed")
        # The entry is reloaded as for any change of its lines.
        return self.async_update_and_abort(self._get_entry(), line, title=name, data=data)

    async def _async_check(
        self,
        name: str,
        user_input: dict[str, Any],
        errors: dict[str, str],
        placeholders: dict[str, str],
    ) -> list[str]:
        """Return the addresses as they are stored; note what is wrong with them or the name."""
        canonical = {
            text: await self.hass.async_add_executor_job(
                canonical_address, text, self.hass.config.country
            )
            for text in user_input.get(CONF_ADDRESSES, ())
            if len(text) <= _MAX_ADDRESS
        }
        # From here on nothing is waited for: another flow may add a line meanwhile.
        line_id = None if self.source == "user" else self._reconfigure_subentry_id
        others = [
            line
            for line in self._get_entry().get_subentries_of_type(SUBENTRY_LINE)
            if line.subentry_id != line_id
        ]
        if not name or len(name) > _MAX_NAME:
            errors[CONF_NAME] = "invalid_name"
        elif name.casefold() in {line.title.casefold() for line in others}:
            errors[CONF_NAME] = "name_taken"
        taken = {
            address_key(address): line.title for line in others for address in line_addresses(line)
        }
        addresses: dict[str, str] = {}
        for text in user_input.get(CONF_ADDRESSES, ()):
            if (address := canonical.get(text)) is None:
                errors[CONF_ADDRESSES] = "invalid_address"
                placeholders["address"] = text
                break
            if (line := taken.get(key := address_key(address))) is not None:
                errors[CONF_ADDRESSES] = "address_taken"
                placeholders |= {"address": address, "line": line}
                break
            addresses[key] = address
        if not addresses and CONF_ADDRESSES not in errors:
            errors[CONF_ADDRESSES] = "no_address"
        return list(addresses.values())

    async def _async_schema(self) -> vol.Schema:
        if self._offers is None:
            self._offers = await self._async_offers()
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_ADDRESSES, default=list): SelectSelector(
                    SelectSelectorConfig(options=self._offers, multiple=True, custom_value=True)
                ),
                vol.Optional(CONF_RETENTION_DAYS): _RETENTION_DAYS,
            }
        )

    async def _async_offers(self) -> list[SelectOptionDict]:
        """Return what can be chosen; nothing if the service does not answer soon."""
        entry = self._get_entry()
        client = SignalWireClient(
            async_get_clientsession(self.hass),
            URL(entry.data[CONF_SPACE]),
            entry.data[CONF_PROJECT_ID],
            entry.data[CONF_API_TOKEN],
            retry_policy=_OFFERS_RETRIES,
        )
        labels: dict[str, str] = {}
        for offers in (_own_numbers(client), _ends_of_calls(client)):
            with suppress(SignalWireError, TimeoutError):
                async with asyncio.timeout(_OFFERS_TIMEOUT):
                    async for address, label in offers:
                        labels.setdefault(address, label)
                        if len(labels) >= _MAX_OFFERED:
                            break
        return [SelectOptionDict(value=value, label=label) for value, label in labels.items()]


async def _own_numbers(client: SignalWireClient) -> AsyncIterator[tuple[str, str]]:
    async for own in client.iter_phone_numbers():
        if own.number is not None:
            is_named = own.friendly_name not in (None, own.number)
            yield own.number, f"{own.number} ({own.friendly_name})" if is_named else own.number


async def _ends_of_calls(client: SignalWireClient) -> AsyncIterator[tuple[str, str]]:
    async for call in client.iter_calls(page_size=_MAX_OFFERED):
        for end in call.numbers:
            yield end, end
