/**
 * Serves saved searches to netwiz, page by page.
 *
 * GET takes `search` (script id or Internal ID of a saved search) and, all optional, `after` (only records with a larger
 * Internal ID), `since` (only records modified at or after that moment), `size` (rows per page) and `page` (counted from 0
 * behind `after`). A call uses 15 units: it loads the search, runs it and fetches one page.
 *
 * To install: upload it, make a RESTlet of it with the ids `customscript_netwiz_search` and `customdeploy_netwiz_search`,
 * release the deployment and add the role of the integration to its audience. The role needs to see the saved search and
 * the records it lists.
 *
 * @NApiVersion 2.1
 * @NScriptType Restlet
 * @NModuleScope SameAccount
 */
define(['N/error', 'N/format', 'N/runtime', 'N/search'], (error, format, runtime, search) => {
  /** What runPaged takes. */
  const SMALLEST_PAGE = 5;
  const LARGEST_PAGE = 1000;
  const MOST_PAGES = 1000;
  /** NetSuite vouches for answers of 10 MB; a character may take several bytes. */
  const MOST_CHARACTERS = 3000000;
  /** Below this a page ends early, as long as there is enough left to end it well. */
  const FEWEST_UNITS = 20;
  /** The search field of the last change is named by the type that is searched. */
  const MODIFIED = { item: 'modified' };
  const MODIFIED_ELSEWHERE = 'lastmodifieddate';

  /** Makes an error that arrives as `{"error": {"code", "message"}}`; nobody needs a mail for it. */
  const refusal = (name, message) => error.create({ name, message, notifyOff: true });

  const wholeNumber = (parameters, name, least, most) => {
    const text = parameters[name];
    if (text === undefined || text === '') return null;
    const number = Number(text);
    if (!/^-?\d{1,15}$/.test(text) || number < least || number > most) {
      throw refusal('INVALID_PARAMETER', `${name} must be a whole number from ${least} to ${most}, not "${text}"`);
    }
    return number;
  };

  const moment = (parameters, name) => {
    const text = parameters[name];
    if (text === undefined || text === '') return null;
    const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
    const time = isWhole ? new Date(text) : new Date(NaN);
    // Without a zone it would be read in the server's, which is nobody's.
    if (Number.isNaN(time.getTime())) {
      throw refusal('INVALID_PARAMETER', `${name} must be a moment like 2026-01-31T18:04:00Z, not "${text}"`);
    }
    return time;
  };

  const read = (parameters) => {
    if (!parameters.search) throw refusal('SSS_MISSING_REQD_ARGUMENT', 'get: Missing a required argument: search');
    const id = Number.MAX_SAFE_INTEGER;
    return {
      id: parameters.search,
      page: wholeNumber(parameters, 'page', 0, MOST_PAGES - 1) || 0,
      size: wholeNumber(parameters, 'size', SMALLEST_PAGE, LARGEST_PAGE) || LARGEST_PAGE,
      after: wholeNumber(parameters, 'after', -id, id),
      since: moment(parameters, 'since'),
    };
  };

  /** Writes a moment as a filter takes it: in the format and zone of the user, and without seconds, which are refused. */
  const filterTime = (time) => {
    // Seconds are cut off, not rounded: a record too many is harmless, one too few is lost.
    const minute = new Date(Math.floor(time.getTime() / 60000) * 60000);
    const text = format.format({ value: minute, type: format.Type.DATETIME });
    return text.replace(/(\d{1,2}([:-])\d\d)\2\d\d(?=\D*$)/, '$1');
  };

  const narrow = (saved, asked) => {
    const conditions = [];
    if (asked.after !== null) conditions.push(['internalidnumber', 'greaterthan', asked.after]);
    if (asked.since !== null) {
      const field = MODIFIED[String(saved.searchType).toLowerCase()] || MODIFIED_ELSEWHERE;
      conditions.push([field, 'onorafter', filterTime(asked.since)]);
    }
    const own = saved.filterExpression || [];
    // In brackets of its own, so that an OR in the search does not swallow what is added.
    if (own.length > 0) conditions.unshift(own);
    saved.filterExpression = conditions.flatMap((condition, at) => (at > 0 ? ['AND', condition] : [condition]));
  };

  /** Pages continue behind the last id, so the id has to be the only order: any other would lose records. */
  const sortById = (saved) => {
    const columns = saved.columns || [];
    columns.forEach((column) => {
      column.sort = search.Sort.NONE;
    });
    const key = columns.find((column) => column.name === 'internalid' && !column.join && !column.function);
    if (key) key.sort = search.Sort.ASC;
    saved.columns = key ? columns : [...columns, search.createColumn({ name: 'internalid', sort: search.Sort.ASC })];
  };

  /** The type of a column is not among its properties, but it is in its JSON. */
  const typeOf = (column) => JSON.parse(JSON.stringify(column) || '{}').type || null;

  const describe = (columns) => {
    const taken = new Set();
    return columns.map((column, at) => {
      const name = column.join ? `${column.join}.${column.name}` : column.name;
      const key = column.summary ? `${name}:${column.summary}` : name;
      // Two formulas have the same name; the place in the search tells them apart.
      const unique = taken.has(key) ? `${key}#${at}` : key;
      taken.add(unique);
      return {
        key: unique,
        name: column.name,
        join: column.join || null,
        summary: column.summary || null,
        label: column.label || null,
        type: typeOf(column),
      };
    });
  };

  const twoDigits = (number) => String(number).padStart(2, '0');

  /** Writes dates so that they do not depend on the user's preferences; what cannot be read stays as it is. */
  const independent = (value, type) => {
    if (value === true) return 'T';
    if (value === false) return 'F';
    if (type === 'date') {
      const day = format.parse({ value, type: format.Type.DATE });
      // A day has no zone: taken as a moment it could become the day before.
      if (typeof day.getTime === 'function') {
        return `${day.getFullYear()}-${twoDigits(day.getMonth() + 1)}-${twoDigits(day.getDate())}`;
      }
    }
    if (type === 'datetime' || type === 'datetimetz') {
      const time = format.parse({ value, type: format.Type.DATETIME });
      if (typeof time.toISOString === 'function') return time.toISOString();
    }
    return String(value);
  };

  const valuesOf = (result, columns, described) => {
    const values = {};
    columns.forEach((column, at) => {
      const value = result.getValue(column);
      if (value === null || value === undefined || value === '') return;
      const cell = { v: independent(value, described[at].type) };
      // Only what is chosen from a list has a text beside its value.
      const text = result.getText(column);
      if (text && text !== value) cell.t = text;
      values[described[at].key] = cell;
    });
    return values;
  };

  const get = (parameters) => {
    const asked = read(parameters);
    const script = runtime.getCurrentScript();
    const saved = search.load({ id: asked.id });
    if ((saved.columns || []).some((column) => column.summary)) {
      throw refusal(
        'NETWIZ_SUMMARY_SEARCH',
        `The saved search ${asked.id} summarizes its results, so its rows are not records: ` +
          'set the summary type of every column in its Results to none.'
      );
    }
    narrow(saved, asked);
    sortById(saved);

    const paged = saved.runPaged({ pageSize: asked.size });
    const pageCount = paged.pageRanges.length;
    const results = asked.page < pageCount ? paged.fetch({ index: asked.page }).data : [];
    const described = describe(saved.columns);
    const rows = [];
    let characters = 0;
    for (const result of results) {
      const row = {
        id: String(result.id),
        recordType: result.recordType,
        values: valuesOf(result, saved.columns, described),
      };
      characters += JSON.stringify(row).length;
      // The first row always goes: a page without rows would not get anyone further.
      if (rows.length > 0 && (characters > MOST_CHARACTERS || script.getRemainingUsage() < FEWEST_UNITS)) break;
      rows.push(row);
    }
    const last = rows[rows.length - 1];
    return {
      ok: true,
      search: asked.id,
      recordType: saved.searchType,
      columns: described,
      page: asked.page,
      pageCount,
      pageSize: asked.size,
      count: paged.count,
      rows,
      nextAfterId: last ? last.id : null,
      hasMore: rows.length < results.length || asked.page + 1 < pageCount,
      units: { remaining: script.getRemainingUsage() },
      serverTime: new Date().toISOString(),
    };
  };

  return { get };
});
