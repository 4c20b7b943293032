// Runs the RESTlet of src/netsuite/saved_search.js under Node, over a small account in memory.
//
// `node run.mjs` takes stand-ins for the modules of SuiteScript; `node run.mjs FOLDER` takes Oracle's own stubs from the
// package @oracle/suitecloud-unit-testing in that node_modules folder. Stubs have names and no behaviour, so the
// behaviour is this file's in both cases; what Oracle's stubs add is that a name they do not know fails the test.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..', '..');
const source = fs.readFileSync(path.join(root, 'src/netsuite/saved_search.js'), 'utf8');
const golden = path.join(root, 'fixtures/netsuite/saved-search.json');
const folder = process.argv[2];

// --- The names of SuiteScript -------------------------------------------------------------------------------------------

const OWN = {
  'error/error': ['create'],
  'format/format': ['parse', 'format', 'Type'],
  'runtime/runtime': ['getCurrentScript'],
  'runtime/Script': ['getRemainingUsage'],
  'search/search': ['load', 'createColumn', 'Sort'],
  'search/SearchInstance': ['searchType', 'searchId', 'filters', 'filterExpression', 'columns', 'runPaged'],
  'search/SearchPagedData': ['count', 'pageRanges', 'pageSize', 'fetch'],
  'search/Result': ['id', 'recordType', 'columns', 'getValue', 'getText'],
  'search/Column': ['name', 'join', 'summary', 'formula', 'function', 'label', 'sort', 'toJSON'],
};
const ENUMS = {
  'format/format': { Type: { DATE: 'date', DATETIME: 'datetime' } },
  'search/search': { Sort: { ASC: 'ASC', DESC: 'DESC', NONE: 'NONE' } },
};
// The pages themselves are missing from Oracle's stubs, though documented.
const FORGOTTEN = { 'search/SearchPagedData': ['fetch'] };

/** Loads one of Oracle's stubs: AMD modules that name each other by relative paths. */
const oracles = (file) => {
  let made;
  const define = (needed, factory) => {
    made = factory(...needed.map((name) => oracles(path.join(path.dirname(file), name))));
  };
  new Function('define', fs.readFileSync(`${file}.js`, 'utf8'))(define);
  return made;
};

const stub = (name) => {
  if (!folder) return Object.fromEntries(OWN[name].map((member) => [member, ENUMS[name]?.[member]]));
  const made = oracles(path.join(folder, '@oracle/suitecloud-unit-testing/stubs', name));
  (FORGOTTEN[name] || []).forEach((member) => {
    made[member] = undefined;
  });
  return made;
};

/** Gives a stub some behaviour; touching a name that it does not have is a mistake. */
const behaving = (name, members) => {
  const known = stub(name);
  Object.entries(members).forEach(([member, value]) => {
    assert.ok(member in known, `${name} has no ${member}`);
    known[member] = value;
  });
  const check = (target, member) => {
    if (typeof member === 'string') assert.ok(member in target, `${name} has no ${member}`);
  };
  return new Proxy(known, {
    get: (target, member) => (check(target, member), target[member]),
    set: (target, member, value) => (check(target, member), (target[member] = value), true),
  });
};

// --- An account ---------------------------------------------------------------------------------------------------------

// The user lives five hours behind UTC and writes 1/31/2026 6:04:11 pm.
const ZONE = 5 * 3600 * 1000;

const writeTime = (moment) => {
  const local = new Date(moment.getTime() - ZONE);
  const two = (number) => String(number).padStart(2, '0');
  const [hour, minute, second] = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()];
  const day = `${local.getUTCMonth() + 1}/${local.getUTCDate()}/${local.getUTCFullYear()}`;
  return `${day} ${hour % 12 || 12}:${two(minute)}:${two(second)} ${hour < 12 ? 'am' : 'pm'}`;
};

const readTime = (text) => {
  const [, month, day, year, hour, minute, second, half] = text.match(
    /^(\d+)\/(\d+)\/(\d+) (\d+):(\d\d)(?::(\d\d))? (am|pm)$/
  );
  return new Date(Date.UTC(year, month - 1, day, (hour % 12) + (half === 'pm' ? 12 : 0), minute, second || 0) + ZONE);
};

const readDay = (text) => {
  const [month, day, year] = text.split('/').map(Number);
  return new Date(year, month - 1, day);
};

const column = (members) =>
  behaving('search/Column', {
    join: null,
    summary: undefined,
    sort: 'NONE',
    toJSON: () => ({ name: members.name, type: members.type }),
    ...Object.fromEntries(Object.entries(members).filter(([name]) => name !== 'type')),
  });

/** Says whether a record passes a filter expression, AND before OR. */
const passes = (record, expression) => {
  if (typeof expression[0] === 'string' && expression[0].toUpperCase() !== 'NOT') {
    const [field, operator, value] = expression;
    const own = record[field];
    if (field === 'internalidnumber' && operator === 'greaterthan') return Number(record.id) > value;
    if (operator === 'is') return own === value;
    if (operator === 'onorafter') {
      assert.doesNotMatch(value, /\d:\d\d:\d\d/, 'a filter takes no seconds');
      // Minutes are as fine as it compares.
      return Math.floor(own.getTime() / 60000) >= Math.floor(readTime(value).getTime() / 60000);
    }
    throw new Error(`the account does not know the filter ${JSON.stringify(expression)}`);
  }
  const alternatives = [[]];
  expression.forEach((term) => {
    if (term === 'OR') alternatives.push([]);
    else if (term !== 'AND') alternatives[alternatives.length - 1].push(term);
  });
  return alternatives.some((terms) => terms.every((term) => passes(record, term)));
};

const compare = (left, right, columns) => {
  for (const { name, sort } of columns) {
    if (sort !== 'ASC' && sort !== 'DESC') continue;
    const value = (record) => (name === 'internalid' ? Number(record.id) : record.values[name]);
    const [low, high] = sort === 'ASC' ? [left, right] : [right, left];
    if (value(low) !== value(high)) return value(low) < value(high) ? -1 : 1;
  }
  return 0;
};

const keyOf = ({ join, name }) => (join ? `${join}.${name}` : name);

/** Makes the RESTlet with an account behind it: one saved search over some records. */
const install = (account) => {
  const used = { units: 5000, fetched: [] };
  const spend = (units) => {
    used.units -= units;
  };
  const runPaged = function ({ pageSize }) {
    spend(5);
    assert.ok(pageSize >= 5 && pageSize <= 1000);
    const columns = used.search.columns;
    const found = account.records
      .filter((record) => used.search.filterExpression.length === 0 || passes(record, used.search.filterExpression))
      .sort((left, right) => compare(left, right, columns));
    const pageCount = Math.ceil(found.length / pageSize);
    const fetch = ({ index }) => {
      spend(5);
      used.fetched.push(index);
      assert.ok(index < pageCount, 'a page that is not there cannot be fetched');
      const data = found.slice(index * pageSize, (index + 1) * pageSize).map((record) =>
        behaving('search/Result', {
          id: record.id,
          recordType: record.recordType,
          getValue: (asked) => (asked.name === 'internalid' ? record.id : record.values[keyOf(asked)]) ?? '',
          getText: (asked) => record.texts?.[keyOf(asked)] ?? null,
        })
      );
      return { data };
    };
    return behaving('search/SearchPagedData', {
      count: found.length,
      pageRanges: Array.from({ length: pageCount }, (_, index) => ({ index })),
      fetch,
    });
  };
  const load = ({ id }) => {
    spend(5);
    if (id !== 'customsearch_items') throw refused({ name: 'INVALID_SEARCH', message: 'That search does not exist.' });
    used.search = behaving('search/SearchInstance', {
      searchType: account.searchType,
      filterExpression: account.filterExpression,
      columns: account.columns.map(column),
      runPaged,
    });
    return used.search;
  };
  const refused = ({ name, message }) => Object.assign(new Error(message), { name });
  const script = behaving('runtime/Script', { getRemainingUsage: () => account.units ?? used.units });
  const dates = { date: readDay, datetime: readTime };
  const modules = {
    'N/error': behaving('error/error', { create: refused }),
    'N/format': behaving('format/format', {
      format: ({ value, type }) => (assert.equal(type, 'datetime'), writeTime(value)),
      parse: ({ value, type }) => (value === 'not a date' ? value : dates[type](value)),
    }),
    'N/runtime': behaving('runtime/runtime', { getCurrentScript: () => script }),
    'N/search': behaving('search/search', { load, createColumn: column }),
  };
  let restlet;
  new Function('define', source)((needed, factory) => {
    restlet = factory(...needed.map((name) => modules[name]));
  });
  const get = (parameters) => restlet.get({ search: 'customsearch_items', ...parameters });
  return { get, used };
};

const items = (count) =>
  Array.from({ length: count }, (_, at) => ({
    id: String(at + 1),
    recordType: 'inventoryitem',
    // Names run against the ids, so an order by name shows.
    values: { itemid: `SKU-${String(count - at).padStart(5, '0')}` },
    isinactive: at % 2 === 0 ? 'F' : 'T',
    modified: new Date(Date.UTC(2026, 0, 1, 0, at, 30)),
  }));

const account = (records, others) => ({
  searchType: 'item',
  filterExpression: [],
  columns: [{ name: 'itemid', label: 'Name', type: 'text', sort: 'ASC' }],
  records,
  ...others,
});

const walk = (get, parameters) => {
  const ids = [];
  let after;
  for (let pages = 0; pages < 100; pages += 1) {
    const page = JSON.parse(JSON.stringify(get({ ...parameters, ...(after && { after }) })));
    assert.ok(page.rows.length > 0 || !page.hasMore, 'a page without rows is the last');
    ids.push(...page.rows.map((row) => Number(row.id)));
    if (!page.hasMore) return { ids, pages: pages + 1 };
    after = page.nextAfterId;
  }
  throw new Error('the pages do not end');
};

const numbers = (count) => Array.from({ length: count }, (_, at) => at + 1);

// --- The tests ----------------------------------------------------------------------------------------------------------

test('pages by id give every record once, whatever order the search has', () => {
  const { get, used } = install(account(items(47)));
  assert.deepEqual(walk(get, { size: '10' }), { ids: numbers(47), pages: 5 });
  assert.ok(used.fetched.every((index) => index === 0));
});

test('a record that leaves between two pages moves no other out of sight', () => {
  const records = items(30);
  const { get } = install(account(records));
  const first = get({ size: '10' });
  records.shift();
  const second = get({ size: '10', after: first.nextAfterId });
  assert.deepEqual(second.rows.map((row) => row.id), numbers(20).slice(10).map(String));
});

test('an OR in the search does not let records before the page in', () => {
  const filterExpression = [['isinactive', 'is', 'F'], 'OR', ['isinactive', 'is', 'T']];
  const { get } = install(account(items(25), { filterExpression }));
  assert.deepEqual(walk(get, { size: '10' }).ids, numbers(25));
});

test('the search keeps its own filters', () => {
  const { get } = install(account(items(25), { filterExpression: [['isinactive', 'is', 'F']] }));
  assert.deepEqual(walk(get, { size: '5' }).ids, numbers(25).filter((id) => id % 2 === 1));
});

test('a call takes 15 units', () => {
  const { get, used } = install(account(items(40)));
  assert.equal(get({}).units.remaining, 4985);
  assert.equal(used.units, 4985);
});

test('since compares in the zone of the user and cuts seconds off', () => {
  const { get, used } = install(account(items(20)));
  const page = get({ since: '2026-01-01T00:10:45Z' });
  assert.deepEqual(used.search.filterExpression, [['modified', 'onorafter', '12/31/2025 7:10 pm']]);
  assert.equal(page.rows[0].id, '11');
});

test('since names the field of the type', () => {
  const records = items(3).map((record) => ({ ...record, lastmodifieddate: record.modified }));
  const { get, used } = install(account(records, { searchType: 'customer' }));
  get({ after: '1', since: '2026-01-01T02:00:00+02:00' });
  assert.deepEqual(used.search.filterExpression, [
    ['internalidnumber', 'greaterthan', 1],
    'AND',
    ['lastmodifieddate', 'onorafter', '12/31/2025 7:00 pm'],
  ]);
});

test('an answer ends early when it grows too large or units run out, and goes on', () => {
  const records = items(12).map((record) => ({ ...record, values: { itemid: 'x'.repeat(1000000) } }));
  const large = install(account(records));
  const page = large.get({});
  assert.deepEqual([page.rows.length, page.hasMore, page.nextAfterId], [2, true, '2']);
  assert.deepEqual(walk(large.get, {}), { ids: numbers(12), pages: 6 });
  const poor = install(account(items(3), { units: 19 }));
  assert.deepEqual(walk(poor.get, {}), { ids: numbers(3), pages: 3 });
});

test('nothing found is a page without rows', () => {
  const { get, used } = install(account([]));
  const { rows, hasMore, nextAfterId, count, pageCount } = get({});
  assert.deepEqual({ rows, hasMore, nextAfterId, count, pageCount }, { rows: [], hasMore: false, nextAfterId: null, count: 0, pageCount: 0 });
  assert.deepEqual(used.fetched, []);
});

test('a later page behind the same id can be asked for', () => {
  const { get } = install(account(items(25)));
  const page = get({ size: '10', page: '2' });
  assert.deepEqual([page.rows[0].id, page.rows.length, page.hasMore, page.page], ['21', 5, false, 2]);
  assert.deepEqual(get({ size: '10', page: '3' }).rows, []);
});

test('what cannot be served is refused by name', () => {
  const { get } = install(account(items(3)));
  const fails = (parameters, name) => assert.throws(() => get(parameters), (error) => error.name === name && error.message.length > 20);
  fails({ search: '' }, 'SSS_MISSING_REQD_ARGUMENT');
  fails({ search: 'customsearch_gone' }, 'INVALID_SEARCH');
  for (const size of ['4', '1001', 'ten', '1e2', '-5', '10.5']) fails({ size }, 'INVALID_PARAMETER');
  for (const page of ['-1', '1000']) fails({ page }, 'INVALID_PARAMETER');
  for (const after of ['x', '1 OR 1', '99999999999999999']) fails({ after }, 'INVALID_PARAMETER');
  for (const since of ['yesterday', '2026-01-01', '2026-01-01T00:00:00', '2026-13-01T00:00:00Z']) fails({ since }, 'INVALID_PARAMETER');
  const columns = [{ name: 'itemid', summary: 'GROUP' }];
  assert.throws(() => install(account([], { columns })).get({}), { name: 'NETWIZ_SUMMARY_SEARCH' });
});

test('values, texts, dates and keys are those of the contract', () => {
  const columns = [
    { name: 'internalid', label: 'Internal ID', type: 'select' },
    { name: 'itemid', label: 'Name', type: 'text', sort: 'DESC' },
    { name: 'itemid', join: 'parent', label: 'Parent', type: 'text' },
    { name: 'location', label: 'Location', type: 'select' },
    { name: 'modified', label: 'Last Modified', type: 'datetime' },
    { name: 'custitem_launch', label: 'Launch', type: 'date' },
    { name: 'isinactive', label: 'Inactive', type: 'checkbox' },
    { name: 'formulatext', label: 'One', type: 'text' },
    { name: 'formulatext', label: 'Two', type: 'text' },
    { name: 'created', label: 'Created', type: 'datetime' },
  ];
  const records = [
    {
      id: '328',
      recordType: 'inventoryitem',
      values: {
        itemid: 'MUG-RED',
        'parent.itemid': 'MUG',
        location: '2',
        modified: '1/31/2026 8:04 pm',
        custitem_launch: '2/1/2026',
        isinactive: false,
        formulatext: 'a',
        created: 'not a date',
      },
      texts: { location: 'West', itemid: 'MUG-RED' },
    },
    { id: '41', recordType: 'kititem', values: { itemid: 'SET "A" Ä', isinactive: true } },
  ];
  const { get } = install(account(records, { columns }));
  const page = JSON.parse(JSON.stringify(get({ size: '1000' })));
  assert.match(page.serverTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  page.serverTime = '2026-02-03T18:04:11.000Z';
  if (process.env.UPDATE_GOLDEN === '1') fs.writeFileSync(golden, `${JSON.stringify(page, null, 1)}\n`);
  assert.deepEqual(page, JSON.parse(fs.readFileSync(golden, 'utf8')));
});
