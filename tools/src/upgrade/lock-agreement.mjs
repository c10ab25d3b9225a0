/** Whether a tree can run with the packages that another tree's lock file has installed. Pure. */
import { z } from 'zod';

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });
const Lock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional() })),
});

/**
 * What keeps the packages of `ours` from serving a tree with this package.json and this lock file: a dependency that is missing, older,
 * or of another major version (of another minor one below 1.0).
 *
 * @param {{ readonly manifest: unknown, readonly lock: unknown }} theirs @param {unknown} ours
 * @returns {readonly string[]}
 */
export function disagreements(theirs, ours) {
  const [wanted, installed] = [Lock.parse(theirs.lock).packages, Lock.parse(ours).packages];
  return Object.keys(Manifest.parse(theirs.manifest).dependencies).flatMap((name) => {
    const [before, now] = [wanted[`node_modules/${name}`]?.version, installed[`node_modules/${name}`]?.version];
    if (before === undefined || before === now) return [];
    if (now === undefined) return [`${name} ${before} is gone`];
    return canReplace(before, now) ? [] : [`${name} ${before} is now ${now}`];
  });
}

/** @param {string} before @param {string} now */
function canReplace(before, now) {
  const [was, is] = [numbersOf(before), numbersOf(now)];
  const firm = was[0] === 0 ? 2 : 1;
  return was.every((number, place) => place >= firm || number === is[place]) && isAtLeast(is, was);
}

/** @param {readonly number[]} one @param {readonly number[]} other */
function isAtLeast(one, other) {
  const place = other.findIndex((number, index) => number !== one[index]);
  return place === -1 || (one[place] ?? 0) > (other[place] ?? 0);
}

/** @param {string} version @returns {readonly number[]} major, minor, patch */
function numbersOf(version) {
  return (
    version
      .split(/[-+]/)[0]
      ?.split('.')
      .map((part) => Number.parseInt(part, 10)) ?? []
  );
}
