// The floor: what no server can leave out that verifies a signature, mints a credential and answers only when the event
// is durable. Our own listener and audit log, the two hashes and the HMAC of the signature, the HMAC and the id of the
// credential; no reading of the request, no identity, no policy, no XML. Arguments: a folder of its own, the answer.
import { hash } from 'node:crypto';
import { listenHttp } from '../dist/api/listen.js';
import { AuditWriter } from '../dist/audit/writer.js';
import { HmacKey } from '../dist/core/hmac-key.js';
import { requestId, systemRandom } from '../dist/core/ids.js';
import { silentLogger } from '../dist/core/logger.js';
import { startEmbedded } from '../dist/postgres/embedded.js';
import { openStore } from '../dist/store/open-store.js';

const [dataDir, answer64] = process.argv.slice(2);
const { headers, body } = JSON.parse(Buffer.from(answer64, 'base64').toString());
const embedded = await startEmbedded({
  ...{ dataDir, name: 'keyshift-floor', durable: true, maxConnections: 20 },
  ...{ logger: silentLogger, onExit: () => process.exit(1) },
});
const { socketDir, port } = embedded;
const store = await openStore({ socketDir, port, user: 'keyshift_admin', database: 'postgres' });
const audit = new AuditWriter(store);
const key = new HmacKey(Buffer.alloc(32, 1));
/** Of the length that a canonical request and a credential have. */
const canonical = 'c'.repeat(250);
const claims = Buffer.alloc(150, 1);

const listener = await listenHttp({
  ...{ host: '127.0.0.1', port: 0, tls: undefined },
  answer: async (request) => {
    key.sign(hash('sha256', request.body) + hash('sha256', canonical));
    key.sign(claims);
    const id = systemRandom(12).toString('hex');
    await audit.record({
      ...{ accountId: '123456789012', eventId: requestId(), at: new Date(), kind: 'api', outcome: 'success' },
      ...{ name: 'redshift:GetClusterCredentials', code: undefined, requestId: requestId() },
      ...{ principalArn: 'arn:aws:iam::123456789012:user/alice', sourceIp: request.sourceIp },
      details: { credentialId: id, loginName: 'IAMA:temp_creds_user:example_group' },
    });
    return { status: 200, headers, body };
  },
});
process.once('SIGTERM', async () => {
  await listener.close();
  await audit.close();
  await store.close();
  await embedded.stop();
  process.exit(0);
});
console.log(listener.port);
