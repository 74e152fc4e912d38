// What the examples' pages do alike.

export const byId = (id) => document.getElementById(id);

/** Shows what is wrong in the place for it; nothing is wrong: hides it. */
export function complain(id, text = '') {
  byId(id).textContent = text;
  byId(id).hidden = text === '';
}

/** The id in the URL's fragment, so that a reload, a bookmark or another device goes on watching. Empty: none. */
export function jobInUrl() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return location.hash.slice(1);
  }
}
