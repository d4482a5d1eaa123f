/** What the browser keeps between visits: ticks, notes, and a few preferences. Where it keeps nothing, neither do we. */

const PREFIX = "plimsoll:";

export function recall<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Forbidden, full, or a page from the disk: it lasts as long as the page then.
  }
}
