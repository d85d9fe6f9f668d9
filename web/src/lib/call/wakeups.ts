/** Subscribes to changes of network and page life cycle. Returns a function that unsubscribes. */

interface NetworkInformation extends EventTarget {
  type?: string;
}

export interface WakeUps {
  /** Probably another network. */
  network(): void;
  /** Seen again after a while, or hidden. */
  shown(visible: boolean): void;
  /** The page goes away. */
  gone(): void;
}

export function listen({ network, shown, gone }: WakeUps): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  window.addEventListener('online', network, { signal });
  window.addEventListener('pagehide', gone, { signal });
  document.addEventListener(
    'visibilitychange',
    () => shown(document.visibilityState === 'visible'),
    { signal },
  );
  const information = (navigator as { connection?: NetworkInformation }).connection;
  let type = information?.type;
  information?.addEventListener(
    'change',
    () => {
      // It also fires for every new estimate of the speed.
      if (information.type === type) return;
      type = information.type;
      network();
    },
    { signal },
  );
  return () => stop.abort();
}
