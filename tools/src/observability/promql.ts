/** Words of PromQL that are no metric; functions are known by their bracket. */
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);
/** What takes labels in brackets. */
const LABELLED = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;

/** The metrics an expression reads, each once, in the order of their names. */
export function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/"[^"]*"|'[^']*'/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(LABELLED, ' ');
  const names = [...bare.matchAll(/(?<![\w.])[a-zA-Z_:][\w:]*(?!\w|\s*\()/g)].map(([name]) => name);
  return [...new Set(names)].filter((name) => !WORDS.has(name)).sort();
}

/** A histogram is one metric with three series. */
export function metricOf(series: string): string {
  return series.replace(/_(?:bucket|sum|count)$/, '');
}
