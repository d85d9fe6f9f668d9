/**
 * Whether the server still has the files of this page. An update of the server
 * replaces them; a page that was loaded before cannot fetch its workers and other
 * late parts any more, and only a reload helps.
 */

export type BuildState =
  | 'current'
  | 'outdated' // the server has another build
  | 'unreachable'; // nobody answered: says nothing about the build

/** `script` is the address of the page's main script, as its own document has it. */
export async function buildState(
  script: string | null = mainScript(),
  ask: typeof fetch = fetch,
): Promise<BuildState> {
  if (script === null) return 'current';
  try {
    const response = await ask('/', {
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(5_000),
    });
    // A proxy answers 502 and the like while the server restarts.
    if (!response.ok) return 'unreachable';
    const page = await response.text();
    return page.includes(new URL(script).pathname) ? 'current' : 'outdated';
  } catch {
    return 'unreachable';
  }
}

function mainScript(): string | null {
  return document.querySelector<HTMLScriptElement>('script[type=module][src]')?.src ?? null;
}
