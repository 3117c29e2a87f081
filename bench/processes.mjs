// Starting, pinning and looking at processes.
import { fork, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Peak resident memory of a process. Not getrusage's figure: that one is inherited over fork and exec, so a child would
 * report the bench's own memory.
 * @param {number | 'self'} pid
 * @returns {number} bytes
 */
export function peakMemoryBytes(pid) {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024;
}

/** CPU time of the threads that a process has now. @param {number} pid @returns {number} ms */
export function threadsCpuMs(pid) {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'), 10),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** The CPUs this process may run on. @returns {number[]} */
export function allowedCpus() {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))[1];
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/**
 * Starts a Node program pinned to some CPUs, with a message channel.
 * @param {string} program @param {string[]} args @param {{ cpus: number[], env?: Record<string, string> }} options
 */
export function forkPinned(program, args, { cpus, env = {} }) {
  return fork(program, args, {
    execPath: 'taskset',
    execArgv: ['-c', cpus.join(','), process.execPath],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/**
 * Starts a Node program pinned to some CPUs; its standard output is for the caller to read.
 * @param {string} program @param {string[]} args @param {{ cpus: number[], env?: Record<string, string> }} options
 */
export function spawnPinned(program, args, { cpus, env = {} }) {
  return spawn('taskset', ['-c', cpus.join(','), process.execPath, program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The next message of a child; rejects if it ends instead. @param {import('node:child_process').ChildProcess} child */
export function nextMessage(child) {
  return new Promise((resolve, reject) => {
    const settle = (done) => (value) => {
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      done(value);
    };
    const onMessage = settle((message) => ('error' in message ? reject(new Error(message.error)) : resolve(message)));
    const onExit = settle((code) => reject(new Error(`process ended (${code}) before it answered`)));
    const onError = settle(reject);
    child.on('message', onMessage).on('exit', onExit).on('error', onError);
  });
}

/** Ends a child and waits for it. @param {import('node:child_process').ChildProcess} child */
export function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}
