export type Alignment = 'left' | 'right';

/** Rows of one width per column, two spaces apart; `alignments` for the first columns, the others are right-aligned. */
export function table(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return alignments[column] === 'left' ? text.padEnd(width) : text.padStart(width);
  };
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
