import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Debian installs servers into folders that are not on an ordinary user's PATH. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];

/** The file of a program, by its path or by its name on `path` and in the folders of servers; undefined when there is none. */
export function findProgram(program: string, path: string | undefined): string | undefined {
  if (isAbsolute(program) || program.includes('/'))
    return isExecutable(resolve(program)) ? resolve(program) : undefined;
  const folders = [...(path ?? '').split(delimiter), ...SERVER_FOLDERS];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // Absent, hidden and not executable mean the same here: it cannot be run.
  }
}
