// What came out of a run: the matrix of clients and scenarios, what failed, what was skipped, and what is not tried.
import { LATER, SCENARIOS } from './scenarios.mjs';

/** The scenarios of a client that failed; none when it was skipped. */
export function failures({ client, result }) {
  if (result.skipped !== undefined) return [];
  return client.scenarios.filter((scenario) => result.cells?.get(scenario) !== 'ok');
}

/** A client in a few words, for those who watch. */
export function summary(row) {
  if (row.result.skipped !== undefined) return `skipped: ${row.result.skipped}`;
  const failed = failures(row);
  return failed.length === 0 ? 'ok' : `failed: ${failed.join(', ')}`;
}

/** How many cells passed and failed, and which clients were skipped. */
export function count(rows) {
  const tried = rows.filter(({ result }) => result.skipped === undefined);
  const cells = tried.flatMap(({ client }) => client.scenarios).length;
  const failed = rows.flatMap(failures).length;
  const skipped = rows
    .filter(({ result }) => result.skipped !== undefined)
    .map(({ client, result }) => ({ client: client.name, why: result.skipped }));
  return { passed: cells - failed, failed, skipped };
}

export function print(rows) {
  const scenarios = Object.keys(SCENARIOS);
  const width = Math.max(...rows.map(({ client }) => client.name.length));
  const line = (name, cells) => console.log([name.padEnd(width), ...cells].join('  '));
  line('', scenarios);
  for (const row of rows) {
    const { client, result } = row;
    const failed = new Set(failures(row));
    const cell = (scenario) => {
      if (!client.scenarios.includes(scenario)) return '·';
      return failed.has(scenario) ? 'FAIL' : 'ok';
    };
    if (result.skipped !== undefined) line(client.name, [`skipped: ${result.skipped}`]);
    else
      line(
        client.name,
        scenarios.map((scenario) => cell(scenario).padEnd(scenario.length)),
      );
  }
  printReasons(rows);
  for (const row of rows) printFailures(row);
  const { passed, failed, skipped } = count(rows);
  for (const { client, why } of skipped) console.log(`skipped: ${client}: ${why}`);
  console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
}

/** What a client said of each scenario that failed; of all those that it said nothing of, its last lines once. */
function printFailures(row) {
  const { client, result } = row;
  const said = (scenario) => result.cells?.get(scenario);
  const silent = failures(row).filter((scenario) => said(scenario) === undefined);
  for (const scenario of failures(row)) {
    if (said(scenario) !== undefined)
      console.log(`\n${client.name}, ${scenario} (${SCENARIOS[scenario]}):\n${said(scenario)}`);
  }
  if (silent.length === 0) return;
  const why = result.failed ?? `said nothing, and ended with ${result.code}:\n${result.tail}`;
  console.log(`\n${client.name}, ${silent.join(', ')}:\n${why}`);
}

/** The dots of the matrix: each reason once, with the cells that it is for. */
function printReasons(rows) {
  const reasons = new Map();
  for (const { client } of rows) {
    for (const [scenario, why] of Object.entries(client.without)) {
      const clients = reasons.get(why) ?? new Map();
      clients.set(client.name, [...(clients.get(client.name) ?? []), scenario]);
      reasons.set(why, clients);
    }
  }
  console.log('\nNot tried:');
  for (const [scenario, why] of Object.entries(LATER)) console.log(`- ${why}: every client (${scenario})`);
  for (const [why, clients] of reasons) {
    const cells = [...clients].map(([name, scenarios]) => `${name} (${scenarios.join(', ')})`);
    console.log(`- ${why}: ${cells.join('; ')}`);
  }
}
