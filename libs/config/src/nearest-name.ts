/** A name further away than this is no typo of it. */
const MAX_DISTANCE = 4;

/** The known name that was most likely meant, or undefined when none is close. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = MAX_DISTANCE + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Levenshtein distance, row by row. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) previous = nextRow(previous, row, left.charAt(row - 1), right);
  return previous[right.length] ?? 0;
}

function nextRow(previous: readonly number[], row: number, letter: string, right: string): number[] {
  const current = [row];
  for (let column = 1; column <= right.length; column += 1) {
    const replaced = (previous[column - 1] ?? 0) + (right.charAt(column - 1) === letter ? 0 : 1);
    current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
  }
  return current;
}
