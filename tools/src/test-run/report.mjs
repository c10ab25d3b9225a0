/** What a test run may leave out, and what it says and answers at its end. Pure: no file, no process, no clock. */
import { SERVERS } from './servers.mjs';

/**
 * @typedef {object} LeftOut a spec file that cannot run on this machine
 * @property {string} file path from the root of the repository
 * @property {readonly string[]} missing the servers it needs and the machine lacks
 *
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed failed tests, and files that broke before or around their tests
 * @property {readonly string[]} skipped names of the tests that this machine is not fit for
 *
 * @typedef {object} FileResult one file of vitest's JSON report
 * @property {'passed' | 'failed'} status
 * @property {readonly { readonly status: string, readonly fullName: string }[]} assertionResults
 *
 * @typedef {object} Outcome
 * @property {Counts} counts
 * @property {readonly LeftOut[]} leftOut
 * @property {number} runnerStatus vitest's own exit code
 * @property {boolean} strict whether anything left out or skipped is a failure
 */

/** @param {string} text of a spec file @returns {readonly string[]} the servers its `// needs:` line names */
export function neededServers(text) {
  const names = /^\/\/ needs:(.*)$/m.exec(text)?.[1] ?? '';
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/**
 * @param {ReadonlyMap<string, string>} specs text of each spec file by its path
 * @param {ReadonlySet<string>} available
 * @returns {readonly LeftOut[]}
 * @throws {Error} when a file needs a server this runner does not know: it would be left out everywhere, for ever
 */
export function findLeftOut(specs, available) {
  return [...specs].flatMap(([file, text]) => {
    const needed = neededServers(text);
    const unknown = needed.find((name) => !SERVERS.has(name));
    if (unknown !== undefined)
      throw new Error(`${file} needs '${unknown}', which is none of ${[...SERVERS.keys()].join(', ')}`);
    const missing = needed.filter((name) => !available.has(name));
    return missing.length > 0 ? [{ file, missing }] : [];
  });
}

/** @param {readonly FileResult[]} files @returns {Counts} */
export function countResults(files) {
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const count = (/** @type {string} */ wanted) => tests.filter(({ status }) => status === wanted).length;
  const broken = files.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: count('passed'),
    failed: count('failed') + broken.length,
    skipped: tests.filter(({ status }) => !['passed', 'failed'].includes(status)).map(({ fullName }) => fullName),
  };
}

/** @param {Outcome} outcome @returns {{ readonly lines: readonly string[], readonly exitCode: 0 | 1 }} */
export function conclude({ counts, leftOut, runnerStatus, strict }) {
  const { passed, failed, skipped } = counts;
  const faults = [
    ...(strict && leftOut.length > 0 ? ['strict: nothing may be left out'] : []),
    ...(strict && skipped.length > 0 ? ['strict: no test may be skipped'] : []),
    ...(passed + failed === 0 ? ['no test was run'] : []),
    ...(runnerStatus !== 0 && failed === 0 ? [`vitest ended with code ${runnerStatus}: see its errors above`] : []),
  ];
  const total = `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
  return {
    lines: [...skipped.map((name) => `skipped here: ${name}`), ...describeLeftOut(leftOut), ...faults, total],
    exitCode: failed > 0 || faults.length > 0 ? 1 : 0,
  };
}

/** @param {readonly LeftOut[]} leftOut @returns {readonly string[]} */
function describeLeftOut(leftOut) {
  if (leftOut.length === 0) return [];
  const servers = [...new Set(leftOut.flatMap(({ missing }) => missing))].sort();
  const packages = servers.map((name) => SERVERS.get(name)?.package ?? name);
  const starts = new Set(servers.flatMap((name) => SERVERS.get(name)?.start ?? []));
  const named = servers.map((name, index) => `${name} (Debian package ${packages[index]})`);
  const files = leftOut.length === 1 ? '1 file that needs' : `${leftOut.length} files that need`;
  return [
    `left out: ${files} ${named.join(', ')}`,
    ...leftOut.map(({ file, missing }) => `  ${file} (${missing.join(', ')})`),
    `to include them: ${[`apt-get install ${packages.join(' ')}`, ...starts].join(', ')}, then run the same command again`,
  ];
}
