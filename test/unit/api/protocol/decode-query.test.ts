import { describe, expect, test } from 'vitest';
import { decodeQuery, operationFor, type QueryRequest } from '../../../../src/api/protocol/decode-query.ts';
import { iamTable, keyshiftTable, redshiftTable, stsTable } from '../../../../src/api/protocol/services.ts';
import { refusal } from './refusal.ts';

function form(text: string): QueryRequest {
  return decodeQuery('', Buffer.from(text));
}

describe('parameters are decoded', () => {
  test('with action and version set apart', () => {
    const request = form('Action=GetUser&Version=2010-05-08&UserName=alice');
    expect(request).toEqual({
      action: 'GetUser',
      version: '2010-05-08',
      parameters: new Map([['UserName', 'alice']]),
    });
  });

  test.each([
    ['a=b+c', 'b c'],
    ['a=b%20c', 'b c'],
    ['a=%2B', '+'],
    ['a=%F0%9F%99%82', '🙂'],
    ['a=é', 'é'],
    ['a=b=c', 'b=c'],
    ['a=', ''],
    ['a', ''],
    ['&&a=1&', '1'],
    ['%61=1', '1'],
    ['a=%EF%BB%BFx', '\ufeffx'],
  ])('from %j', (text, value) => {
    expect(form(text).parameters).toEqual(new Map([['a', value]]));
  });

  test('from the query and the body together, without those of a signature', () => {
    const request = decodeQuery('Action=A&X-Amz-Signature=00&b=1', Buffer.from('c=2'));
    expect(request.action).toBe('A');
    expect(request.parameters).toEqual(
      new Map([
        ['b', '1'],
        ['c', '2'],
      ]),
    );
  });

  test('with names that mean something to JavaScript', () => {
    expect(form('__proto__=1&constructor=2').parameters).toEqual(
      new Map([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]),
    );
  });
});

describe('parameters are refused', () => {
  test.each(['a=%', 'a=%4', 'a=%zz', 'a=%ff', 'a=%C0%80', 'a=%ED%A0%80', '%=1', 'a=%00', '%00=1'])(
    'when malformed: %s',
    (text) => {
      expect(refusal(() => form(text))).toMatch(/^MalformedQueryString 400 /);
    },
  );

  test('when the body is not UTF-8 or the query not ASCII', () => {
    expect(refusal(() => decodeQuery('', Uint8Array.of(0x61, 0x3d, 0xff)))).toMatch(
      /^MalformedQueryString 400 /,
    );
    expect(refusal(() => decodeQuery('a=é', new Uint8Array()))).toMatch(/^MalformedQueryString 400 /);
  });

  test.each(['a=1&a=2', 'a=1&a=1', 'a=1&%61=1', 'Action=A&Action=B'])(
    'when one is given twice: %s',
    (text) => {
      expect(refusal(() => form(text))).toMatch(
        /^InvalidQueryParameter 400 The parameter \w+ is given more than once\.$/,
      );
    },
  );

  test('when the query and the body both give one', () => {
    expect(refusal(() => decodeQuery('Action=A', Buffer.from('Action=B')))).toContain('Action is given more');
  });

  test('from the 4097th on', () => {
    const text = Array.from({ length: 4096 }, (_, n) => `p${n}=`).join('&');
    expect(form(text).parameters.size).toBe(4096);
    expect(refusal(() => form(`${text}&q=`))).toMatch(/^MalformedQueryString 400 .*4096/);
  });
});

describe('the operation', () => {
  test('is found by its exact name', () => {
    expect(operationFor(iamTable, form('Action=GetUser&Version=2010-05-08')).name).toBe('GetUser');
    expect(operationFor(iamTable, form('Action=GetUser')).name).toBe('GetUser');
  });

  test('is missing when there is no action', () => {
    expect(refusal(() => operationFor(iamTable, form('Version=2010-05-08')))).toBe(
      'MissingAction 400 The request must contain the parameter Action.',
    );
  });

  test.each([
    ['Action=getUser&Version=2010-05-08', 'getUser', '2010-05-08'],
    ['Action=GetUser&Version=2012-12-01', 'GetUser', '2012-12-01'],
    ['Action=constructor&Version=2010-05-08', 'constructor', '2010-05-08'],
  ])('is unknown: %s', (text, action, version) => {
    expect(refusal(() => operationFor(iamTable, form(text)))).toBe(
      `InvalidAction 400 Could not find operation ${action} for version ${version}`,
    );
  });
});

describe('the service', () => {
  test('has tables whose operations all resolve', () => {
    for (const table of [iamTable, stsTable, redshiftTable, keyshiftTable]) {
      const names = [...table.operationNames()];
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(table.operation(name)?.name).toBe(name);
    }
  });
});
