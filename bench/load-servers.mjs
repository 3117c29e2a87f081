// The servers whose load is compared: ours, s3rver (npm) and nginx (Debian's, unpacked for this alone). Each is one process that serves.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DEFAULT_DIST_DIR, LOAD_DIR, LOAD_STATE_DIR, S3RVER_PROCESS } from './paths.mjs';
import { forkPinned, nextMessage, stop } from './processes.mjs';
import { CREDENTIALS, startServer } from './server.mjs';

/**
 * @typedef {object} LoadServer
 * @property {'s3lect' | 's3rver' | 'nginx'} name
 * @property {number} port
 * @property {number} pid of the process that serves
 * @property {{ accessKeyId: string, secretAccessKey: string } | undefined} credentials none: it takes requests that nobody signed
 * @property {() => Promise<void>} close
 */

/** @param {{ root: string, cpus: number[], distDir: string }} options @returns {Promise<LoadServer>} */
export async function startOurs({ root, cpus, distDir }) {
  const server = await startServer({ cpus, distDir, served: root, state: LOAD_STATE_DIR });
  return { ...server, name: 's3lect', credentials: CREDENTIALS };
}

/** @param {{ root: string, bucket: string, cpus: number[] }} options @returns {Promise<LoadServer>} */
export async function startS3rver({ root, bucket, cpus }) {
  const child = forkPinned(S3RVER_PROCESS, [root, bucket], { cpus });
  const { port } = await nextMessage(child);
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  return { name: 's3rver', port, pid: child.pid, credentials, close: () => stop(child) };
}

/**
 * nginx with sendfile and one worker. Raises an error that says why where it cannot be had.
 * @param {{ root: string, cpus: number[] }} options
 * @returns {Promise<LoadServer>}
 */
export async function startNginx({ root, cpus }) {
  const { program, env } = await nginxProgram();
  const port = await freePort();
  const prefix = join(LOAD_DIR, 'nginx');
  for (const folder of ['logs', 'tmp']) mkdirSync(join(prefix, folder), { recursive: true });
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path tmp/${name};`).join(' ');
  writeFileSync(
    join(prefix, 'nginx.conf'),
    `daemon off; master_process off; pid nginx.pid; error_log logs/error.log;
events { worker_connections 1024; }
http { ${paths} access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type binary/octet-stream;
  server { listen 127.0.0.1:${port}; root ${root}; } }\n`,
  );
  const args = ['-c', cpus.join(','), program, '-p', prefix, '-c', 'nginx.conf', '-e', 'logs/error.log'];
  const child = spawn('taskset', args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  await untilOpen(child, port);
  return { name: 'nginx', port, pid: child.pid, credentials: undefined, close: () => stop(child) };
}

/** Processor time a process has taken so far. @param {number} pid @returns {number} ms, to ten of them */
export function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Memory of a process that is in RAM now. @param {number} pid @returns {number} bytes */
export function memoryBytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024;
}

async function nginxProgram() {
  const { Packages } = await import(join(DEFAULT_DIST_DIR, 'test/clients/install.js'));
  const packages = new Packages(join(LOAD_DIR, 'packages'));
  packages.addDebian(['nginx-light']);
  const { DEBIAN_ROOT, LD_LIBRARY_PATH } = packages.env();
  return { program: join(DEBIAN_ROOT, 'usr/sbin/nginx'), env: { ...process.env, LD_LIBRARY_PATH } };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function untilOpen(child, port) {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`nginx ended (${child.exitCode})`);
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('nginx was not ready after 5 s');
}
