const MIN_WIDTH = 80;
const MAX_WIDTH = 160;
const TIME_WIDTH = 6;
const GAP = '  ';
const BAR = ' | ';
const SECOND = 1_000;

export type Side = 'left' | 'right';

/** Lines for two clients side by side, on a terminal of 80 to 160 columns. */
export class Columns {
  private readonly width: number;

  constructor(terminalWidth: number) {
    const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, terminalWidth));
    this.width = Math.floor((width - TIME_WIDTH - GAP.length - BAR.length) / 2);
  }

  heading(left: string, right: string): string {
    const rule = '-'.repeat(this.width);
    return `${this.line('', left, right)}\n${this.line('', rule, rule)}`;
  }

  /** What one of them said or heard `ms` after the start. */
  event(ms: number, side: Side, text: string): string {
    const time = (ms / SECOND).toFixed(2).padStart(TIME_WIDTH);
    return side === 'left' ? this.line(time, text, '') : this.line(time, '', text);
  }

  private line(time: string, left: string, right: string): string {
    return `${time.padEnd(TIME_WIDTH)}${GAP}${this.cell(left)}${BAR}${this.cell(right)}`.trimEnd();
  }

  private cell(text: string): string {
    const characters = Array.from(text);
    if (characters.length <= this.width) return text.padEnd(this.width + text.length - characters.length);
    return `${characters.slice(0, this.width - 1).join('')}…`;
  }
}
