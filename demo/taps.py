"""How long a person waits to see what a tap on the card has done."""

from playwright.async_api import Page

PAUSED = "li[data-state=off]"
"""What the card shows once a pause is confirmed."""
ASKED = "li [aria-busy=true]"
"""What it shows until then."""

# Painted: the first task after the frame that follows the change.
_MEASURE = """async ([card, times, shown]) => {
  const root = card.shadowRoot;
  const painted = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  }));
  const until = isTrue => new Promise(done => {
    const look = () => isTrue() && (observer.disconnect(), done());
    const observer = new MutationObserver(look);
    observer.observe(root, {subtree: true, childList: true, attributes: true});
    look();
  });
  const button = what => root.querySelector(`li:not(:has([aria-busy])) .button[data-do=${what}]`);
  const tap = async what => {
    await until(() => button(what));
    // For the guard, and at another moment of the frame each time.
    await new Promise(done => setTimeout(done, 400 + Math.random() * 17));
    const click = new MouseEvent("click", {bubbles: true, composed: true, detail: 1});
    const start = performance.now();
    button(what).dispatchEvent(click);
    return start;
  };
  const took = [];
  for (let time = 0; time < times; time += 1) {
    const start = await tap("pause");
    await until(() => root.querySelector(shown));
    took.push(await painted() - start);
    // Resumed without a tap, which would take as long as the tap that is measured.
    const { hass } = document.querySelector("home-assistant");
    await until(() => button("resume"));
    await hass.callService("switch", "turn_on", {entity_id: "switch.recording_1"});
  }
  return took;
}"""


async def measure_taps(page: Page, shown: str, times: int) -> list[float]:
    """Return the milliseconds from taps on Pause until what a selector finds is painted.

    The card shows one recording, on the first slot, which is resumed in between.
    """
    card = await page.locator("signalwire-recordings-card").element_handle()
    took: list[float] = await page.evaluate(_MEASURE, [card, times, shown])
    return took
