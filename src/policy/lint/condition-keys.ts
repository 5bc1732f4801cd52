/** The global condition keys. Source: IAM User Guide, "AWS global condition context keys". */

/** In lower case; one that ends in `/` stands for every tag. */
const GLOBAL_KEYS = new Set(
  `aws:assumedroot aws:calledvia aws:calledviafirst aws:calledvialast aws:chatbotsourcearn aws:currenttime
  aws:ec2instancesourceprivateipv4 aws:ec2instancesourcevpc aws:epochtime aws:federatedprovider
  aws:ismcpserviceaction aws:multifactorauthage aws:multifactorauthpresent aws:principalaccount aws:principalarn
  aws:principalisawsservice aws:principalorgid aws:principalorgpaths aws:principalservicename
  aws:principalservicenameslist aws:principaltag/ aws:principaltype aws:referer aws:requestedregion
  aws:requesttag/ aws:resourceaccount aws:resourceorgid aws:resourceorgpaths aws:resourcetag/
  aws:securetransport aws:signinsessionarn aws:sourceaccount aws:sourcearn aws:sourceidentity aws:sourceip
  aws:sourceorgid aws:sourceorgpaths aws:sourceowner aws:sourcevpc aws:sourcevpcarn aws:sourcevpce aws:tagkeys
  aws:tokenissuetime aws:useragent aws:userid aws:username aws:viaawsservice aws:vpceaccount aws:vpceorgid
  aws:vpceorgpaths aws:vpcsourceip`.split(/\s+/),
);

const MANY_VALUED = new Set([
  'aws:calledvia',
  'aws:principalorgpaths',
  'aws:principalservicenameslist',
  'aws:resourceorgpaths',
  'aws:sourceorgpaths',
  'aws:tagkeys',
  'sts:transitivetagkeys',
  'sts:requestcontextproviders',
]);

/** Keys that every request has, or every request of the actions that have them. */
const ALWAYS_THERE = new Set([
  'aws:currenttime',
  'aws:epochtime',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalisawsservice',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:resourceaccount',
  'aws:securetransport',
  'aws:sourceip',
  'aws:userid',
  'aws:viaawsservice',
  'iam:policyarn',
  'redshift:dbuser',
  'redshift:durationseconds',
]);

export function isGlobalKey(key: string): boolean {
  const folded = key.toLowerCase();
  const slash = folded.indexOf('/');
  return GLOBAL_KEYS.has(slash < 0 ? folded : folded.slice(0, slash + 1));
}

/** Whether the key can have several values. Tag keys of providers' own are not listed, and have one. */
export function isManyValued(key: string): boolean {
  const folded = key.toLowerCase();
  return MANY_VALUED.has(folded) || (!isGlobalKey(folded) && !/^(?:redshift|iam|sts|keyshift):/.test(folded));
}

/** `key` is in lower case. */
export function isAlwaysThere(key: string): boolean {
  return ALWAYS_THERE.has(key);
}
