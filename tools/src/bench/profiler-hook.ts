/**
 * Loaded into a measured process with `node --import`: profiles it from SIGUSR2 on and writes `<pid>.cpuprofile` into BENCH_PROFILE_DIR
 * when it exits. Node 20 does not allow --cpu-prof in NODE_OPTIONS, which is all that a launcher passes on.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { environmentOver } from '@parlance/config';

const INTERVAL_US = 500;

const folder = environmentOver({})['BENCH_PROFILE_DIR'];
if (folder !== undefined) {
  process.once('SIGUSR2', () => {
    const session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    session.post('Profiler.start');
    // The session answers before `post` returns, so this works in an exit handler.
    process.once('exit', () => {
      session.post('Profiler.stop', (error, result) => {
        if (error === null) writeFileSync(join(folder, `${process.pid}.cpuprofile`), JSON.stringify(result.profile));
      });
    });
  });
}
