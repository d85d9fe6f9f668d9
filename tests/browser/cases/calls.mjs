// Two people see and hear each other, whatever the browsers and the way between.
import assert from 'node:assert/strict';
import { scenario } from '../lib/scenario.mjs';

const pairs = [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
  ['firefox', 'firefox'],
];

// Both sides are asked, so both ends of the pair are relayed ones. `prflx` is the
// other's relayed address too, when its check came in before its candidate did.
const relayed = ({ local, remote }) => local === 'relay' && ['relay', 'prflx'].includes(remote);

const ways = {
  direct: { shown: 'direct', holds: ({ local, remote }) => local !== 'relay' && remote !== 'relay' },
  'relay-udp': { shown: 'relayed', holds: (p) => relayed(p) && p.protocol === 'udp' },
  'relay-tcp': { shown: 'relayed', holds: (p) => relayed(p) && p.protocol === 'tcp' },
};

for (const kinds of pairs) {
  for (const [way, { shown, holds }] of Object.entries(ways)) {
    scenario(`${kinds.join(' and ')} talk, ${way}`, {}, async (stage) => {
      const { pair } = await stage.call(kinds, way === 'direct' ? {} : { route: way });
      for (const person of pair) {
        await person.receives(2);
        await person.until('member', 'data-route', shown);
        const [used] = (await person.stats()).pairs;
        assert.ok(used && holds(used), `${person.name} uses ${JSON.stringify(used)}`);
      }
    });
  }
}
