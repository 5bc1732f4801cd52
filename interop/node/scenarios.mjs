// Runs the scenarios of one client: each is a function, and each prints one line.
import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export const FACTS = JSON.parse(process.env.INTEROP);
export const CA = readFileSync(FACTS.caFile, 'utf8');
export const OTHER_CA = readFileSync(FACTS.otherCaFile, 'utf8');

export function check(condition, why) {
  if (!condition) throw new Error(typeof why === 'string' ? why : JSON.stringify(why));
}

/** Runs what must fail, with all of these words in what the client shows of it. */
export async function refused(work, ...words) {
  try {
    await work();
  } catch (error) {
    const text = `${error.name} ${error.code} ${error.message} ${error.detail ?? ''} ${error.hint ?? ''}`;
    for (const word of words) check(text.includes(word), `the error does not say "${word}": ${text}`);
    return;
  }
  throw new Error('it was not refused');
}

/** Does something with the credentials of an assumed role, where every AWS SDK looks for them. */
export async function asRole(work) {
  const present = { ...process.env };
  const { accessKeyId, secretAccessKey, sessionToken } = FACTS.session;
  process.env.AWS_ACCESS_KEY_ID = accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
  process.env.AWS_SESSION_TOKEN = sessionToken;
  try {
    await work();
  } finally {
    process.env = present;
  }
}

export function moveClock(by) {
  execSync(`${FACTS.clock} ${by}`, { stdio: 'ignore' });
}

export async function run(scenarios) {
  for (const [name, work] of Object.entries(scenarios)) {
    try {
      await work();
      console.log(`ok ${name}`);
    } catch (error) {
      console.error(error);
      console.log(`failed ${name}: ${String(error).replaceAll(/\s+/g, ' ').slice(0, 600)}`);
    }
  }
  process.exit(0);
}
