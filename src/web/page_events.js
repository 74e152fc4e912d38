// What happens to the page around a connection. Without a page (in a worker, in tests) nothing does.

/** Calls those of {shown, online, left, back} that are given; returns what ends it. */
export function watchPage({ shown, online, left, back }) {
  const page = globalThis.document;
  const ends = [];
  const listen = (target, type, action) => {
    if (!target?.addEventListener || !action) return;
    target.addEventListener(type, action);
    ends.push(() => target.removeEventListener(type, action));
  };
  listen(page, 'visibilitychange', shown && (() => { if (page.visibilityState === 'visible') shown(); }));
  listen(page, 'resume', shown);  // it was frozen
  listen(globalThis, 'online', online);
  // A page that goes into the back/forward cache may hold no connection, and comes back as it was left.
  listen(globalThis, 'pagehide', left);
  listen(globalThis, 'pageshow', back && ((event) => { if (event.persisted) back(); }));
  return () => ends.splice(0).forEach((end) => end());
}

export function pageIsVisible() {
  return globalThis.document?.visibilityState !== 'hidden';
}
