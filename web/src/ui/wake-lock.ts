/** Keeps the screen on, taking the lock again whenever the page comes back. */
import { unwaited, within } from '../lib/browser/deadline';

const lockLimit = 5_000;

export function stayAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let over = false;
  const take = async () => {
    if (over || document.hidden || !('wakeLock' in navigator)) return;
    try {
      const late = (taken: WakeLockSentinel) => unwaited(taken.release());
      const taken = await within(lockLimit, navigator.wakeLock.request('screen'), { late });
      if (over) late(taken);
      else lock = taken;
    } catch {
      // Refused (low battery): the call goes on.
    }
  };
  const onVisible = () => void take();
  document.addEventListener('visibilitychange', onVisible);
  void take();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', onVisible);
    unwaited(lock?.release());
  };
}
