"""The address that SignalWire is given to call back."""

from contextlib import suppress
from typing import Any

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError

from ..const import CONF_CLOUDHOOK_URL


@callback
def async_ensure_webhook_id(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give the config entry the secret part of its address, once and for all."""
    if CONF_WEBHOOK_ID not in entry.data:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_WEBHOOK_ID: webhook.async_generate_id()}
        )


async def async_webhook_address(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str | None:
    """Return the address to give to SignalWire, or None if it could not reach any.

    Home Assistant Cloud's where there is a subscription, else the external one.
    """
    if "cloud" in hass.config.components:
        # Not at the top: to load it takes seconds, where nobody uses it.
        from homeassistant.components import cloud  # noqa: PLC0415

        if cloud.async_active_subscription(hass):
            with suppress(*_cloud_errors()):
                address = await cloud.async_get_or_create_cloudhook(
                    hass, entry.data[CONF_WEBHOOK_ID]
                )
                hass.config_entries.async_update_entry(
                    entry, data={**entry.data, CONF_CLOUDHOOK_URL: address}
                )
                return address
            if CONF_CLOUDHOOK_URL in entry.data:
                return str(entry.data[CONF_CLOUDHOOK_URL])
    with suppress(NoURLAvailableError):
        return webhook.async_generate_url(hass, entry.data[CONF_WEBHOOK_ID], allow_internal=False)
    return None


async def async_remove_cloudhook(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give back the address at Home Assistant Cloud, if there is one."""
    if CONF_CLOUDHOOK_URL not in entry.data or "cloud" not in hass.config.components:
        return
    from homeassistant.components import cloud  # noqa: PLC0415 (as above)

    with suppress(*_cloud_errors()):
        await cloud.async_delete_cloudhook(hass, entry.data[CONF_WEBHOOK_ID])


def _cloud_errors() -> tuple[type[Exception], ...]:
    """Return what Home Assistant Cloud raises where it can't be used, or does not answer."""
    from hass_nabucasa import CloudError  # noqa: PLC0415 (as above)
    from homeassistant.components import cloud  # noqa: PLC0415

    return cloud.CloudNotAvailable, CloudError, TimeoutError, ValueError


def known_addresses(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[str]:
    """Return the addresses that SignalWire may have been given, the best known first."""
    addresses = [entry.data[CONF_CLOUDHOOK_URL]] if CONF_CLOUDHOOK_URL in entry.data else []
    for external in (True, False):
        try:
            addresses.append(
                webhook.async_generate_url(
                    hass,
                    entry.data[CONF_WEBHOOK_ID],
                    allow_internal=not external,
                    allow_external=external,
                )
            )
        except NoURLAvailableError:
            continue
    return addresses
