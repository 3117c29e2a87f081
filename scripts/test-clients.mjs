/** `npm run test:clients`: builds when the build is stale, and runs `test/clients/main.ts` with the arguments it was given. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { ensureBuilt, root } from './build.mjs';

ensureBuilt();
const { status } = spawnSync(process.execPath, [join(root, 'dist/test/clients/main.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
