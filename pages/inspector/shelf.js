// Owns where what is not saved yet lies in the browser, and when two values of a box are the same.

// Lists and objects go by what is in them.
function sameValue(one, other) {
  if (typeof one === "string" && typeof other === "string") return one.normalize("NFC").trim() === other.normalize("NFC").trim();
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => sameValue(one[name], other[name]));
}

// What is not saved yet, one entry for a box; in memory only where the browser keeps nothing or has no more room.
function shelfOfUnsaved() {
  const PREFIX = "studio-unsaved/";
  const here = new Map();
  const name = ({ shot, field }) => `${PREFIX}${shot}/${field}`;
  const stored = (act, otherwise) => {
    try {
      return act(window.localStorage);
    } catch {
      return otherwise;
    }
  };
  const parsed = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  };
  const at = (key) => here.get(key) ?? parsed(stored((storage) => storage.getItem(key), null));
  return {
    read: (shot, field) => at(name({ shot, field })),
    write(entry) {
      const key = name(entry);
      const kept = stored((storage) => (storage.setItem(key, JSON.stringify(entry)), true), false);
      if (kept) here.delete(key);
      else here.set(key, entry);
    },
    remove(entry) {
      here.delete(name(entry));
      stored((storage) => storage.removeItem(name(entry)));
    },
    all() {
      const keys = stored((storage) => Object.keys(storage), []).filter((key) => key.startsWith(PREFIX));
      return [...new Set([...keys, ...here.keys()])].map(at).filter(Boolean);
    },
    named(key) {
      const [shot, field] = key?.startsWith(PREFIX) ? key.slice(PREFIX.length).split("/") : [];
      return field ? { shot, field } : null;
    },
  };
}
