// What is tried with every client that can do it. A cell of the matrix is one of these with one client.

export const SCENARIOS = {
  api: 'credentials, clusters and errors over the API',
  iam: 'GetClusterCredentialsWithIAM, and the serverless twin where the client knows it',
  data: 'SQL over the Data API, without a connection of its own',
  token: 'credentials of an assumed role, which have a session token',
  documented: 'the strings of its page in docs/clients, letter by letter',
  host: 'connect by host',
  describe: 'connect where DescribeClusters says',
  groups: 'a user who is made at login, with a group for the session only',
  expired: 'an expired credential is refused, and the client sees why',
  database: 'a credential for another database is refused, and the client sees why',
  plain: 'without TLS nobody gets in',
  verify: 'the certificate is verified: trusted by our authority and no other',
  metadata: 'calls that list tables and columns',
  cancel: 'a running statement is cancelled',
  prepared: 'prepared statements and typed values',
  copy: 'COPY in and out',
  pool: 'a pool lives through three lifetimes of its credentials',
  lifecycle: 'a cluster is made, changed and deleted, and a second plan is empty',
};

/** What is tried with no client yet, each with the reason. */
export const LATER = {
  saml: 'signing in with SAML at an identity provider is not built yet',
};
