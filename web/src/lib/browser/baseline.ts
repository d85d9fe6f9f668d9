/** The oldest browsers in which calls work; the app is built for them and names them. */
export const baseline = { chrome: '141', firefox: '153', safari: '17.4' } as const;

/** As bundlers name them, `chrome141`. */
export const buildTargets = Object.entries(baseline).map(([name, version]) => `${name}${version}`);
