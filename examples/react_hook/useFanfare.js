// useFanfare: a job's state in a React component, live.

import { connect, jobStore } from 'fanfare';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';

/** -> {state, link}: what is known of the job, and how it stands with the connection (see fanfare.d.ts). */
export function useFanfare(url, options = {}) {
  const store = useMemo(() => jobStore(), [url]);  // another job begins with nothing
  const state = useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot);
  const [link, setLink] = useState({ phase: 'connecting', transport: 'sse', shared: '' });
  useEffect(() => {
    const connection = connect(url, { ...options, store, onLink: setLink });
    return () => connection.close();
  }, [url, store]);  // the options of the first time count
  return { state, link };
}
