// For how long nothing arrived, seen from inside the pages.

/** Notes every so many ms what arrives and what the page says of itself. Runs in the page. */
function record(every) {
  window.__record = [];
  setInterval(async () => {
    const at = Date.now();
    const sum = { sound: 0, pictures: 0, lost: 0 };
    for (const connection of window.__seen.connections) {
      if (connection.connectionState === 'closed') continue;
      for (const r of (await connection.getStats()).values()) {
        if (r.type !== 'inbound-rtp') continue;
        if (r.kind === 'video') sum.pictures += r.framesDecoded ?? 0;
        if (r.kind !== 'audio') continue;
        sum.sound += r.packetsReceived ?? 0;
        sum.lost += r.packetsLost ?? 0;
      }
    }
    const phase = document.querySelector('[data-testid="phase"]')?.dataset.phase;
    window.__record.push({ at, phase, told: document.querySelector('[data-testid="draining"]') !== null, ...sum });
  }, every);
}

export async function startRecording(people, every = 100) {
  await Promise.all(people.map(({ page }) => page.evaluate(record, every)));
}

export function recorded(person) {
  return person.page.evaluate(() => window.__record);
}

/** When `what` ('sound' or 'pictures') stood still for longest: how long, and until when. */
export function longestPause(samples, what) {
  let moved = samples[0];
  let longest = { ms: 0, until: 0 };
  for (const sample of samples) {
    if (sample[what] === moved[what]) continue;
    if (sample.at - moved.at > longest.ms) longest = { ms: sample.at - moved.at, until: sample.at };
    moved = sample;
  }
  const last = samples.at(-1);
  return last.at - moved.at > longest.ms ? { ms: last.at - moved.at, until: Number.POSITIVE_INFINITY } : longest;
}
