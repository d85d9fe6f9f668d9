/** Work that waits until somebody looks at the page. */

/**
 * Runs `work` once the page is visible: at once, or when its tab comes to the front. A
 * page that is rendered ahead counts as hidden. Returns how to call it off.
 */
export function whenSeen(work: () => void): () => void {
  if (document.visibilityState === 'visible') {
    work();
    return () => {};
  }
  const stop = new AbortController();
  const look = () => {
    if (document.visibilityState !== 'visible') return;
    stop.abort();
    work();
  };
  document.addEventListener('visibilitychange', look, { signal: stop.signal });
  return () => stop.abort();
}
