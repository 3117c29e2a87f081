// s3rver in a process of its own. Started by load-servers.mjs: node s3rver-process.mjs DIRECTORY BUCKET
import S3rver from 's3rver';

const [directory, name] = process.argv.slice(2);
const server = new S3rver({ directory, address: '127.0.0.1', port: 0, silent: true, configureBuckets: [{ name }] });
const { port } = await server.run();
process.send({ port });
process.on('disconnect', () => process.exit());
