// Samples of one page while its route to the others is cut, taken inside the page.

/** Notes ten times a second what arrives and what the page says. Runs in the page. */
function sample() {
  window.__samples = [];
  const texts = (selector) => [...document.querySelectorAll(selector)].map((e) => e.textContent.trim());
  setInterval(async () => {
    const at = Date.now();
    const sum = { pictures: 0, sound: 0 };
    for (const connection of window.__seen.connections) {
      if (connection.connectionState === 'closed') continue;
      for (const r of (await connection.getStats()).values()) {
        if (r.type !== 'inbound-rtp') continue;
        if (r.kind === 'video') sum.pictures += r.framesDecoded ?? 0;
        else sum.sound += r.packetsReceived ?? 0;
      }
    }
    window.__samples.push({
      at,
      ...sum,
      media: [...document.querySelectorAll('[data-testid="member"]')].map((e) => e.dataset.media),
      lock: document.querySelector('[data-testid="lock"]')?.textContent.trim() ?? '',
      interrupted: texts('[data-testid="interrupted"]'),
      shown: document.querySelectorAll('[data-testid="remote-video"]').length,
      words: texts('main').join(' '),
    });
  }, 100);
}

/** Whether the first remote picture on screen is a picture, and not black. Runs in the page. */
export function pictureShown() {
  const video = document.querySelector('[data-testid="remote-video"]');
  if (!video) return false;
  const canvas = document.createElement('canvas');
  canvas.width = 32;
  canvas.height = 24;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 32, 24);
  return context.getImageData(0, 0, 32, 24).data.some((value, i) => i % 4 !== 3 && value > 40);
}

export const startSampling = (people) => Promise.all(people.map(({ page }) => page.evaluate(sample)));

export const samplesOf = (person) => person.page.evaluate(() => window.__samples);

/** Ms from `since` until the page names who is cut off; null: never. */
export function wordsAfter(samples, since, name) {
  const said = ({ interrupted }) => interrupted.some((text) => text.includes(name) && /interrupted/.test(text));
  const first = samples.find((one) => one.at >= since && said(one));
  return first ? first.at - since : null;
}

/**
 * Ms from `since` until pictures and sound arrive again and the page says so; null:
 * never. Sums that became less are those of another connection, which counts anew.
 */
export function mediaAfter(samples, since) {
  const later = samples.filter((one) => one.at >= since);
  const grown = (what, least) => {
    let before = later[0]?.[what] ?? 0;
    for (const one of later) {
      if (one[what] >= before + least) return one.at;
      before = Math.min(before, one[what]);
    }
    return Number.POSITIVE_INFINITY;
  };
  const at = Math.max(grown('pictures', 3), grown('sound', 10));
  const said = later.find((one) => one.at >= at && one.media.every((state) => state === 'encrypted'));
  return said ? said.at - since : null;
}
