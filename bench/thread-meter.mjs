import { readdirSync, readFileSync } from 'node:fs';

/**
 * Returns a function that tells the microseconds of CPU that the threads of a process use from now on, on Linux. Threads
 * that begin are counted. One that has ended is not counted for what it has done since: in a JVM that is a compiler that
 * had nothing to do.
 */
export function threadMeter(pid, proc = '/proc') {
  const before = nanoseconds(`${proc}/${pid}/task`);
  return () => {
    let used = 0;
    for (const [thread, now] of nanoseconds(`${proc}/${pid}/task`)) used += now - (before.get(thread) ?? 0);
    return used / 1_000;
  };
}

/** The time on a processor of each thread. The file of the process has that of its first thread alone. */
function nanoseconds(tasks) {
  const threads = new Map();
  for (const thread of readdirSync(tasks)) {
    try {
      threads.set(thread, Number(readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ')[0]));
    } catch (error) {
      // it has ended
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    }
  }
  return threads;
}
