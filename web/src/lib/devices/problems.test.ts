import { expect, it } from 'vitest';
import { classify } from './problems';

it.each([
  ['NotAllowedError', '', 'denied', 'site-blocked'],
  ['NotAllowedError', '', 'unknown', 'site-blocked'],
  ['NotAllowedError', '', 'granted', 'system-blocked'],
  ['NotAllowedError', 'Permission denied by system', 'denied', 'system-blocked'],
  ['NotAllowedError', 'Permission dismissed', 'prompt', 'dismissed'],
  ['SecurityError', '', 'unknown', 'site-blocked'],
  ['NotFoundError', '', 'granted', 'missing'],
  ['OverconstrainedError', '', 'granted', 'missing'],
  ['NotReadableError', 'Could not start video source', 'granted', 'in-use'],
  ['AbortError', '', 'granted', 'in-use'],
  ['SomethingNewError', '', 'granted', 'in-use'],
] as const)('%s (%s) with permission %s is %s', (name, message, permission, problem) => {
  expect(classify({ name, message }, permission)).toBe(problem);
});
