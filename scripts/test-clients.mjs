/** `npm run test:clients`: builds when the build is stale, and runs `test/clients/main.ts` with the arguments it was given. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { ensureBuilt, root } from './build.mjs';

ensureBuilt();
const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(root, 'test/fixtures/tls/first.crt') };
const script = join(root, 'dist/test/clients/main.js');
const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
