// Prints a fresh temporary password of the example's user with its group, for programs that ask nobody themselves.
import { getClusterCredentials } from '../dist/client/index.js';
import { Secret } from '../dist/core/secret.js';

const facts = JSON.parse(process.env.INTEROP);
const credentials = await getClusterCredentials(
  {
    url: facts.endpoint,
    region: facts.region,
    accessKeyId: facts.accessKeyId,
    secretAccessKey: new Secret(facts.secretAccessKey),
  },
  {
    clusterIdentifier: facts.cluster,
    dbUser: facts.dbUser,
    dbGroups: [facts.dbGroup],
    durationSeconds: 3600,
  },
  new Date(),
);
console.log(credentials.dbPassword.reveal());
