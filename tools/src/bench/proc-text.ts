/** Ticks per second in /proc; Linux fixes it at 100 for user space. */
const MS_PER_TICK = 10;

/** CPU time in ms, from the text of /proc/<pid>/stat; the name in parentheses may hold anything. */
export function cpuMsOfStat(text: string): { readonly own: number; readonly ofEndedChildren: number } {
  const [user, system, childUser, childSystem] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11);
  const ms = (...fields: readonly (string | undefined)[]): number =>
    fields.reduce((sum, field) => sum + number(field), 0) * MS_PER_TICK;
  return { own: ms(user, system), ofEndedChildren: ms(childUser, childSystem) };
}

/** Pids, from the text of /proc/<pid>/task/<tid>/children. */
export function pidsOfChildren(text: string): readonly number[] {
  return text
    .split(' ')
    .filter((word) => /^\d+$/.test(word))
    .map(Number);
}

/** Time in ms that the machine's cores worked altogether, from the text of /proc/stat: not idle, not waiting, not stolen. */
export function busyMsOfMachine(text: string): number {
  const [line = ''] = text.split('\n');
  // user nice system idle iowait irq softirq steal; guest time is part of user.
  const [user, nice, system, , , irq, softirq] = line.trim().split(/\s+/).slice(1);
  return [user, nice, system, irq, softirq].reduce((sum, field) => sum + number(field), 0) * MS_PER_TICK;
}

/** Memory in kB, from a line such as `VmRSS:  1234 kB` of /proc/<pid>/status or `Pss:` of smaps_rollup; 0 when there is none. */
export function kilobytesOf(name: 'VmRSS' | 'Pss', text: string): number {
  return number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
}

function number(field: string | undefined): number {
  const value = Number(field);
  return Number.isFinite(value) ? value : 0;
}
